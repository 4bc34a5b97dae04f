/** One field as it is told. */
import type { FieldProfile } from './field.ts';
import { DATE_OFFSET } from './judge.ts';
import { byText } from './kept-counts.ts';
import { AGE_TOLD_MAX_YEARS, PATTERNS_SHOWN_MAX } from './limits.ts';
import type { PhiClass } from './phi.ts';
import type { Counted, ProfiledField } from './report.ts';

/** `thisYear` is the year the profile is made in. */
export function tellField(field: FieldProfile, records: number, thisYear: number): ProfiledField {
  const { kind, path, populated, values, blanks, numbers, lengths, range, years } = field;
  const patterns = field.patterns.byCount();
  const masks = patterns.map(([mask]) => mask).sort(byText);
  const shown = patterns.slice(0, PATTERNS_SHOWN_MAX);
  const told = shown.reduce((sum, [, count]) => sum + count, 0);
  return {
    kind,
    path,
    records,
    populated,
    nullRate: records === 0 ? 0 : Math.round((1 - populated / records) * 1e6) / 1e6,
    values,
    blanks,
    distinct: field.distinct.count(),
    distinctError: Math.round(field.distinct.error * 1e6) / 1e6,
    lengthMin: lengths.any ? lengths.least : null,
    lengthMax: lengths.any ? lengths.greatest : null,
    numbers,
    numberMin: range.any ? twoDigits(range.least) : null,
    numberMax: range.any ? twoDigits(range.greatest) : null,
    yearMin: years.any ? Math.max(years.least, thisYear - AGE_TOLD_MAX_YEARS - 1) : null,
    yearMax: years.any ? Math.max(years.greatest, thisYear - AGE_TOLD_MAX_YEARS - 1) : null,
    maskMin: masks[0] ?? null,
    maskMax: masks.at(-1) ?? null,
    patterns: counted(shown),
    otherPatterns: values - told,
    dateShapes: counted(field.dates.byCount()),
    timesWithOffset: field.notes.get(`${DATE_OFFSET}with`)?.count ?? 0,
    timesWithoutOffset: field.notes.get(`${DATE_OFFSET}without`)?.count ?? 0,
    codeSystems: counted(field.systems.byCount()),
    phi: phiOf(field),
  };
}

/** By what is known of the field, else by what most of its values look like. */
function phiOf({ knowledge, classes, values }: FieldProfile): PhiClass {
  if (knowledge.phi !== 'none') return knowledge.phi;
  const [most] = classes.byCount();
  if (most === undefined || most[1] * 2 < values) return 'none';
  return most[0] === 'zip' ? 'address' : (most[0] as PhiClass);
}

function counted(counts: readonly (readonly [string, number])[]): readonly Counted[] {
  return counts.map(([name, count]) => ({ name, count }));
}

/** Two significant digits: enough for a range, too little for a value. */
function twoDigits(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(2)) : 0;
}
