/**
 * `npm run mutations [-- EACH]`: seeds EACH (20 where absent) of every class of loss and defect into a practice, and
 * into real samples where WAYBILL_SAMPLES names them; lets the real reconciliation and checks look at it, and prints
 * what was found. Exits with 1 where a critical one was not, or where more than one in a thousand clean records had
 * an alarm.
 */
import { table } from '../../cli/table.ts';
import { measureFeeds } from './feeds.ts';
import { type ClassFound, measureMutations } from './measure.ts';
import { measureSamples } from './samples.ts';

const EACH = 20;
const FALSE_ALARM_SHARE_MAX = 0.001;

const each = Number(process.argv[2] ?? EACH);
const practice = await measureMutations(each);
const feeds = await measureFeeds(each);
const folder = process.env['WAYBILL_SAMPLES'];
const samples = folder === undefined ? undefined : await measureSamples(folder, each);
const classes = [
  ...practice.classes,
  ...feeds.found,
  ...(samples?.classes.map((one) => ({ ...one, name: `samples: ${one.name}` })) ?? []),
];

print(classes);
const alarms = [...practice.clean.alarms, ...feeds.alarms, ...(samples?.alarms ?? [])];
const units = practice.clean.units + feeds.units + (samples?.units ?? 0);
for (const alarm of new Set([...alarms, ...practice.unexplained])) console.log(`not seeded: ${alarm}`);
if (samples === undefined) console.log('real samples: left out, WAYBILL_SAMPLES names no folder');
const critical = classes.filter(({ isCritical }) => isCritical);
console.log(`critical defects found: ${shareOf(critical)}`);
console.log(`all found: ${shareOf(classes)}`);
console.log(`false alarms: ${percent(alarms.length, units)}, ${alarms.length} in ${units} clean records and items`);
console.log(`exceptions beside the seeded: ${practice.unexplained.length}`);
const isMissed = critical.some(({ seeded, found }) => found < seeded);
if (isMissed || alarms.length / units > FALSE_ALARM_SHARE_MAX) process.exitCode = 1;

function print(list: readonly ClassFound[]): void {
  const rows = list.map(({ name, isCritical, seeded, found }) => [
    ...[name, isCritical ? 'critical' : '', String(seeded), String(found), percent(found, seeded)],
  ]);
  console.log(table(['class', '', 'seeded', 'found', 'rate'], rows));
}

function shareOf(list: readonly ClassFound[]): string {
  const [seeded, found] = [total(list, 'seeded'), total(list, 'found')];
  return `${percent(found, seeded)}, ${found} of ${seeded}`;
}

function total(list: readonly ClassFound[], member: 'seeded' | 'found'): number {
  return list.reduce((sum, one) => sum + one[member], 0);
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(2)} %`;
}
