/** Feeds that come in a rhythm of their own, and of which every message of some time is missing. */
import type { Json } from '../../kernel/canonical-json.ts';
import { adt, queue } from '../../test/validation/practice.ts';
import type { DatasetGiven } from '../../test/validation/carrier.ts';
import { type ClassFound, exceptionsOf, namesOf } from './measure.ts';

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2026, 0, 5);
const DAYS = 150;
/** The days from the first in which nothing of a feed that is dropped was kept. */
const DROPPED_FROM = 50;
const DROPPED_TO = 85;

/** What is left of a feed that was dropped. */
export const isKept = (day: number): boolean => day < DROPPED_FROM || day >= DROPPED_TO;
/** What is left of one that was taken up late, or given up early. */
export const isKeptLate = (day: number): boolean => day >= DROPPED_TO - DROPPED_FROM;
export const isKeptEarly = (day: number): boolean => day < DAYS - (DROPPED_TO - DROPPED_FROM);

const dayOf = (day: number): string => new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10);

/** What the plan says of each of them. */
export const DECLARED = { messages: 'ADT^A04', from: dayOf(0), until: dayOf(DAYS - 1) };

/** Whether a feed has a message on a day, counted from a Monday: daily, on weekdays, on three days, every fifth day. */
const RHYTHMS: readonly ((day: number) => boolean)[] = [
  () => true,
  (day) => day % 7 < 5,
  (day) => [0, 2, 4].includes(day % 7),
  (day) => day % 5 === 0,
];

/** Control ids that count nothing: a gap in a series would be told as well. */
const wordOf = (number: number): string =>
  String(number).replaceAll(/\d/g, (digit) => 'ABCDEFGHIJ'[Number(digit)] ?? '');

/** One dataset a feed; `declared`: what the plan says of it. */
export function feedsOf(
  count: number,
  isSent: (day: number, feed: number) => boolean,
  declared?: Json,
): readonly DatasetGiven[] {
  return Array.from({ length: count }, (_, feed) => {
    const comes = RHYTHMS[feed % RHYTHMS.length];
    const days = Array.from({ length: DAYS }, (_unused, day) => day).filter((day) => comes?.(day) && isSent(day, feed));
    const messages = days.map((day) => {
      const date = dayOf(day).replaceAll('-', '');
      return [`feed-${feed}/${date}.hl7`, adt(`F${wordOf(feed)}X${wordOf(day)}`, '0001', `${date}101500-0500`)];
    });
    return queue(Object.fromEntries(messages) as DatasetGiven['files'], {
      name: `feed-${feed}`,
      select: `feed-${feed}/**`,
      ...(declared !== undefined && { feeds: [declared] }),
    });
  });
}

export interface FeedsMeasured {
  readonly found: readonly ClassFound[];
  readonly units: number;
  readonly alarms: readonly string[];
}

/** `count` feeds of every rhythm in turn: whole, and then each with the same weeks missing, inside and at an end. */
export async function measureFeeds(count: number): Promise<FeedsMeasured> {
  const whole = feedsOf(count, () => true, DECLARED);
  const clean = await exceptionsOf('clean-feeds', whole, () => {});
  const isAtAnEnd = (day: number, feed: number): boolean => (feed % 2 === 0 ? isKeptLate(day) : isKeptEarly(day));
  const classes = [
    { name: 'a feed dropped for some weeks', datasets: feedsOf(count, isKept) },
    { name: 'a feed dropped from its beginning, or to its end', datasets: feedsOf(count, isAtAnEnd, DECLARED) },
    { name: 'a feed of which nothing came', datasets: feedsOf(count, () => true, { messages: 'ORU^R01' }) },
  ];
  const found: ClassFound[] = [];
  const alarms = [...clean.rows];
  for (const { name, datasets } of classes) {
    const { rows } = await exceptionsOf(name.replaceAll(/[ ,]+/g, '-'), datasets, () => {});
    const silent = rows.filter(({ code }) => code === 'FEED_SILENT');
    const dropped = new Set(silent.map(({ datasetId }) => datasetId)).size;
    found.push({ name, isCritical: true, seeded: count, found: dropped });
    // A silence is told once a feed, and nothing else is wrong.
    alarms.push(...silent.slice(dropped), ...rows.filter((row) => !silent.includes(row)));
  }
  return { found, units: clean.units, alarms: namesOf(alarms) };
}
