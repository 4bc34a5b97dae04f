/** Feeds that come in a rhythm of their own, and of which every message of some time is missing. */
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

/** One dataset a feed. */
export function feedsOf(count: number, isSent: (day: number) => boolean): readonly DatasetGiven[] {
  return Array.from({ length: count }, (_, feed) => {
    const comes = RHYTHMS[feed % RHYTHMS.length];
    const days = Array.from({ length: DAYS }, (_unused, day) => day).filter((day) => comes?.(day) && isSent(day));
    const messages = days.map((day) => {
      const date = new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
      return [`feed-${feed}/${date}.hl7`, adt(`F${wordOf(feed)}X${wordOf(day)}`, '0001', `${date}101500-0500`)];
    });
    return queue(Object.fromEntries(messages) as DatasetGiven['files'], {
      name: `feed-${feed}`,
      select: `feed-${feed}/**`,
    });
  });
}

export interface FeedsMeasured {
  readonly found: ClassFound;
  readonly units: number;
  readonly alarms: readonly string[];
}

/** `count` feeds of every rhythm in turn: whole, and then each with the same weeks missing. */
export async function measureFeeds(count: number): Promise<FeedsMeasured> {
  const clean = await exceptionsOf(
    'clean-feeds',
    feedsOf(count, () => true),
    () => {},
  );
  const { rows } = await exceptionsOf('dropped-feeds', feedsOf(count, isKept), () => {});
  const silent = rows.filter(({ code }) => code === 'FEED_SILENT');
  const found = new Set(silent.map(({ datasetId }) => datasetId)).size;
  return {
    found: { name: 'a feed dropped for some weeks', isCritical: true, seeded: count, found },
    units: clean.units,
    // A silence is told once a feed, and nothing else is wrong.
    alarms: [clean.rows, silent.slice(found), rows.filter((row) => !silent.includes(row))].flatMap(namesOf),
  };
}
