/** A source's date to FHIR's, with the precision it was written with. */
import { formatDate, parseHl7Date, parseIsoDate, possibleDate, type PartialDate } from '../partial-date.ts';
import type { DateShape } from './language.ts';
import { offsetAt } from './zone.ts';

type Reader = (text: string) => PartialDate | undefined;

const READERS: Readonly<Record<DateShape, Reader>> = {
  hl7: parseHl7Date,
  iso: parseIsoDate,
  yyyyMMdd: shaped(/^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)$/),
  'MM/dd/yyyy': shaped(/^(?<month>\d\d)\/(?<day>\d\d)\/(?<year>\d{4})$/),
  'M/d/yyyy': shaped(/^(?<month>\d\d?)\/(?<day>\d\d?)\/(?<year>\d{4})$/),
  'dd/MM/yyyy': shaped(/^(?<day>\d\d)\/(?<month>\d\d)\/(?<year>\d{4})$/),
  'dd.MM.yyyy': shaped(/^(?<day>\d\d)\.(?<month>\d\d)\.(?<year>\d{4})$/),
  'MM-dd-yyyy': shaped(/^(?<month>\d\d)-(?<day>\d\d)-(?<year>\d{4})$/),
  'MM/dd/yyyy HH:mm': shaped(/^(?<month>\d\d)\/(?<day>\d\d)\/(?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d)$/),
  'MM/dd/yyyy HH:mm:ss': shaped(
    /^(?<month>\d\d)\/(?<day>\d\d)\/(?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)$/,
  ),
};

function shaped(pattern: RegExp): Reader {
  return (text) => {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) return undefined;
    const numbers = Object.fromEntries(Object.entries(groups).map(([name, digits]) => [name, Number(digits)]));
    return possibleDate({ year: 0, ...numbers });
  };
}

export interface DateReading {
  readonly shapes: readonly DateShape[];
  readonly as: 'date' | 'dateTime';
  /** The zone of a time written without an offset; undefined where none is declared. */
  readonly zone: string | undefined;
}

export type ReadDate = { readonly value: string } | { readonly code: string; readonly why: string };

/** The FHIR date or dateTime of a source text, or why there is none. */
export function readDate(text: string, { shapes, as, zone }: DateReading): ReadDate {
  const readings = new Map<string, PartialDate>();
  for (const shape of shapes) {
    const date = READERS[shape](text);
    if (date !== undefined) readings.set(formatDate(date), date);
  }
  const [date] = readings.values();
  if (date === undefined) {
    return { code: 'DATE_INVALID', why: `not a possible date of the shape ${shapes.join(' or ')}` };
  }
  if (readings.size > 1) return { code: 'DATE_AMBIGUOUS', why: 'the shapes declared read it as different days' };
  if (as === 'date' || date.hour === undefined) {
    const { year, month, day } = date;
    return { value: formatDate({ year, month, day }) };
  }
  if (date.minute === undefined) return { code: 'DATE_PRECISION', why: 'an hour without minutes is no FHIR dateTime' };
  return withOffset({ ...date, second: date.second ?? 0 }, zone);
}

function withOffset(date: PartialDate, zone: string | undefined): ReadDate {
  if (date.offsetMinutes !== undefined) return { value: formatDate(date) };
  if (zone === undefined) return { code: 'ZONE_UNKNOWN', why: 'a time without offset, and no zone is declared' };
  const offset = offsetAt(zone, date);
  if (offset === 'gap') return { code: 'DATE_IN_GAP', why: `clocks in ${zone} skipped this time` };
  if (offset === 'overlap') return { code: 'DATE_AMBIGUOUS', why: `clocks in ${zone} showed this time twice` };
  return { value: formatDate({ ...date, offsetMinutes: offset }) };
}
