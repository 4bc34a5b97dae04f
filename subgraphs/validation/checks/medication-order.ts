/** The order medications are shown in, held against the dates that the source gives them: the newest first. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { parseIsoDate } from '../../../records/partial-date.ts';
import { membersOf, textOf } from './resource.ts';

export const MEDICATIONS = ['MedicationRequest', 'MedicationStatement'] as const;

/** When a medication was prescribed or taken, as its record says it; undefined for other records and undated ones. */
export function medicationDateOf(resource: Json): string | undefined {
  const { resourceType, authoredOn, effectiveDateTime, effectivePeriod, dateAsserted } = membersOf(resource);
  if (resourceType === 'MedicationRequest') return textOf(authoredOn);
  if (resourceType !== 'MedicationStatement') return undefined;
  return textOf(effectiveDateTime) ?? textOf(membersOf(effectivePeriod)['start']) ?? textOf(dateAsserted);
}

/** Milliseconds, the end not belonging to it. */
interface Span {
  readonly from: number;
  readonly to: number;
  /** Without a zone: as the clocks went wherever it was. */
  readonly isLocal: boolean;
}

const HOUR_MS = 3_600_000;
/** Zones reach from UTC-12 to UTC+14. */
const [EAST_MS, WEST_MS] = [14 * HOUR_MS, 12 * HOUR_MS];

function spanOf(text: string): Span | undefined {
  const date = parseIsoDate(text);
  if (date === undefined) return undefined;
  const { year, month, day, hour, minute = 0, second = 0, fraction = '', offsetMinutes } = date;
  const at = (years: number, months: number, days: number): number =>
    Date.UTC(year + years, (month ?? 1) - 1 + months, (day ?? 1) + days, hour ?? 0, minute, second);
  const from = at(0, 0, 0) + Number(`0.${fraction || 0}`) * 1_000 - (offsetMinutes ?? 0) * 60_000;
  const isLocal = offsetMinutes === undefined;
  if (hour !== undefined) return { from, to: from + 1, isLocal };
  const to = day !== undefined ? at(0, 0, 1) : month !== undefined ? at(0, 1, 0) : at(1, 0, 0);
  return { from, to, isLocal };
}

/**
 * Whether dates go from the newest to the oldest, as far as they tell: of a day and a moment within it, or within it in
 * some zone of the earth, neither is the older. What cannot be read as a date stands anywhere.
 */
export function isNewestFirst(dates: readonly string[]): boolean {
  // The earliest ends so far: of everything wherever it was, and of what has no zone among itself.
  let [anywhere, there] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const date of dates) {
    const span = spanOf(date);
    if (span === undefined) continue;
    const { from, to, isLocal } = span;
    if (anywhere <= (isLocal ? from - EAST_MS : from) || (isLocal && there <= from)) return false;
    anywhere = Math.min(anywhere, isLocal ? to + WEST_MS : to);
    if (isLocal) there = Math.min(there, to);
  }
  return true;
}
