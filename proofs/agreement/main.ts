/**
 * How far the shipped maps agree, fact by fact, with what others have published for the same messages and documents.
 * `npm run agreement`, or `npm run agreement -- ADT MDM^T02` for the types that begin so; `--all` lists every field and
 * not only those in which something differs. The samples are those WAYBILL_SAMPLES names. No value is ever printed.
 */
import { CLASSES } from './classes.ts';
import { AGREEMENT_MIN, measure, notShown, passes, type Measured } from './measure.ts';
import type { Origin } from './pairs.ts';
import { addTo, agreementOf, countsIn, noCounts, type Counts } from './tally.ts';

const FIELD_CHARACTERS = 84;
const CELL_CHARACTERS = 11;
const HEADINGS = [
  ...['expected', 'found', 'same', 'fed', 'missing', 'different', 'extra', 'no reason'],
  ...['raw', 'same fact', 'programme', 'explained'],
];

function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}

function line(name: string, cells: readonly (string | number)[]): string {
  return name.padEnd(FIELD_CHARACTERS) + cells.map((cell) => String(cell).padStart(CELL_CHARACTERS)).join('');
}

function cells(counts: Counts): readonly (string | number)[] {
  const { expected, found, same, fed, missing, different, extra, unexplained } = counts;
  const shares = agreementOf(counts);
  return [
    ...[expected, found, same, fed, missing, different, extra, unexplained],
    ...[shares.raw, shares.same, shares.programme, shares.explained].map(percent),
  ];
}

function printFields({ type, tally, map }: Measured, isWhole: boolean): void {
  console.log(`\n${line(`${type}: ${map === undefined ? 'no map' : `${map.name} ${map.version}`}`, HEADINGS)}`);
  for (const field of [...tally.fields.keys()].sort()) {
    const counts = tally.fields.get(field) ?? noCounts();
    if (isWhole || counts.unexplained > 0) console.log(line(`  ${field}`, cells(counts)));
  }
}

/** Every fact in the class a program has put it in, and the reverse: who carries the values of the sources. */
function printClasses(measured: readonly Measured[]): void {
  const headings = [...CLASSES, 'stated', 'carried', 'share', 'values', 'both', 'only ours', 'only theirs'];
  console.log(`\n${line('type', headings)}`);
  for (const { type, account } of measured) {
    const { classes, stated, carried, share, values } = account;
    const counts = CLASSES.map((each) => classes[each]);
    const { all, both, onlyOurs, onlyTheirs } = values;
    console.log(line(type, [...counts, stated, carried, percent(share), all, both, onlyOurs, onlyTheirs]));
  }
}

/** Fields, classes and what shows them, the most frequent first. */
function printProofs({ type, account }: Measured, isWhole: boolean): void {
  const proofs = [...account.proofs].sort(([, one], [, other]) => other - one);
  for (const [proof, count] of proofs) {
    if (isWhole || /^(?:missing|wrong)/.test(proof))
      console.log(`${type.padEnd(10)}${String(count).padStart(5)}  ${proof}`);
  }
}

/** What the publishers agree with, each, and how often each way of saying a fact otherwise was met. */
function printWays(measured: readonly Measured[]): void {
  const origins = new Map<Origin, Counts>();
  const ways = new Map<string, number>();
  for (const { tally } of measured) {
    for (const [origin, counts] of tally.origins) addTo(countsIn(origins, origin), counts);
    for (const [name, count] of tally.equivalences) ways.set(name, (ways.get(name) ?? 0) + count);
  }
  console.log('');
  for (const [origin, counts] of origins) console.log(line(`published by ${origin}`, cells(counts)));
  console.log(`\n${line('the same fact said otherwise', ['times'])}`);
  for (const [name, count] of [...ways].sort(([, one], [, other]) => other - one))
    console.log(line(`  ${name}`, [count]));
  console.log('');
}

async function main(samples: string | undefined, words: readonly string[]): Promise<void> {
  if (samples === undefined) {
    console.log('no samples: name their folder in WAYBILL_SAMPLES');
    process.exitCode = 1;
    return;
  }
  const isWhole = words.includes('--all');
  const types = words.filter((word) => !word.startsWith('--'));
  const measured = await measure(samples, (type) => types.length === 0 || types.some((each) => type.startsWith(each)));
  for (const each of measured) printFields(each, isWhole);
  for (const each of measured) printProofs(each, isWhole);
  for (const each of measured.flatMap(({ mended }) => mended)) console.log(`measured with something put in: ${each}`);
  for (const { problems } of measured) for (const problem of problems) console.log(problem);
  const stale = types.length > 0 ? [] : notShown(measured);
  for (const { map, departure } of stale) {
    const { kind, field, from, startsWith } = departure;
    const values = startsWith === undefined ? '' : ` beginning with ${startsWith}`;
    console.log(`${map}: nothing shows the departure ${kind} ${field} from ${from}${values}`);
  }
  const total = noCounts();
  console.log(`\n${line('type', HEADINGS)}`);
  for (const each of measured) {
    const verdict = each.map === undefined ? 'no map' : passes(each) ? each.map.name : `${each.map.name} FAILS`;
    console.log(line(`${each.type} (${verdict})`, cells(each.tally.total)));
    addTo(total, each.tally.total);
  }
  printWays(measured);
  printClasses(measured);
  console.log(line(`total; each type needs ${percent(AGREEMENT_MIN)} explained`, cells(total)));
  if (measured.length === 0 || stale.length > 0 || !measured.every(passes)) process.exitCode = 1;
}

if (import.meta.main) await main(process.env['WAYBILL_SAMPLES'], process.argv.slice(2));
