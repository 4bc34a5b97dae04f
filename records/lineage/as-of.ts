/** As of when the source says what a record says: a text that sorts the versions of one record. */
import { instantMs } from '../partial-date.ts';
import { DATE_READERS } from './date.ts';
import type { AsOf, LineageMap } from './language.ts';
import { sourcesOf } from './rule.ts';
import type { Source } from './source.ts';
import { offsetAt } from './zone.ts';
import type { DateShape } from './rule.ts';

/** Sorts before every version whose moment is known. */
export const UNDATED = '';

const SECOND_MS = 1000;
const FRACTION_DIGITS = 9;
const SEQUENCE_DIGITS_MAX = 18;
const SEQUENCE = /^\d{1,18}$/;

export type AsOfScope<Scope> = (scope: Scope) => string;

/** The paths an `asOf` reads. */
export function pathsOfAsOf({ from, sequence }: AsOf): readonly string[] {
  return [...(from === undefined ? [] : sourcesOf(from)), ...(sequence === undefined ? [] : [sequence])];
}

/** UNDATED where the moment is missing, impossible, or a time whose offset nobody says. */
export function compileAsOf<Scope>(
  asOf: AsOf,
  source: Source<Scope>,
  house: { readonly map: LineageMap; zone(scope: Scope): string | undefined },
): AsOfScope<Scope> {
  const reader = (path: string) => source.value({ path, repeats: 'first' });
  const times = asOf.from === undefined ? [] : sourcesOf(asOf.from).map(reader);
  const sequenceOf = asOf.sequence === undefined ? undefined : reader(asOf.sequence);
  const shapes = asOf.shapes ?? [house.map.format === 'hl7v2' ? 'hl7' : 'iso'];
  const wordOf = (read: ReturnType<typeof reader>, scope: Scope): string => read(scope, () => {})?.trim() ?? '';
  return (scope) => {
    const number = sequenceOf === undefined ? '' : wordOf(sequenceOf, scope);
    const place = SEQUENCE.test(number) ? number.padStart(SEQUENCE_DIGITS_MAX, '0') : '';
    if (times.length === 0) return place;
    const time = times.map((read) => wordOf(read, scope)).find((word) => word !== '');
    const moment = time === undefined ? undefined : momentOf(time, shapes, house.zone(scope));
    if (moment === undefined) return UNDATED;
    return place === '' ? moment : `${moment} ${place}`;
  };
}

/** In UTC, to the nanosecond; undefined for a text that names no one moment. A day alone is none. */
function momentOf(text: string, shapes: readonly DateShape[], zone: string | undefined): string | undefined {
  const dates = shapes.map((shape) => DATE_READERS[shape](text)).filter((each) => each !== undefined);
  const [date] = dates;
  if (date?.hour === undefined || dates.length > 1) return undefined;
  const offset = date.offsetMinutes ?? (zone === undefined ? 'gap' : offsetAt(zone, date));
  if (typeof offset === 'string') return undefined;
  const whole = instantMs({ ...date, fraction: undefined, offsetMinutes: offset });
  if (whole === undefined) return undefined;
  const second = new Date(Math.floor(whole / SECOND_MS) * SECOND_MS).toISOString().slice(0, -'.000Z'.length);
  return `${second}.${(date.fraction ?? '').padEnd(FRACTION_DIGITS, '0')}Z`;
}
