/** A source's date to the target's: to FHIR's with the precision it was written with, or to a server's local time. */
import { formatDate, instantMs, parseHl7Date, parseIsoDate, possibleDate, type PartialDate } from '../partial-date.ts';
import type { DateRule, DateShape } from './rule.ts';
import { localAt, offsetAt } from './zone.ts';

type Reader = (text: string) => PartialDate | undefined;

/** What each shape reads; undefined where the text is none of it, or no possible moment. */
export const DATE_READERS: Readonly<Record<DateShape, Reader>> = {
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
  readonly as: DateRule['as'];
  /** The zone of a time written without an offset; undefined where none is declared. */
  readonly zone: string | undefined;
}

export type ReadDate = { readonly value: string } | { readonly code: string; readonly why: string };

/** The FHIR date or dateTime of a source text, or why there is none. */
export function readDate(text: string, { shapes, as, zone }: DateReading): ReadDate {
  const readings = shapes.map((shape) => DATE_READERS[shape](text)).filter((each) => each !== undefined);
  const [date, ...others] = readings;
  if (date === undefined) {
    return { code: 'DATE_INVALID', why: `not a possible date of the shape ${shapes.join(' or ')}` };
  }
  if (others.some((other) => formatDate(other) !== formatDate(date))) {
    return { code: 'DATE_AMBIGUOUS', why: 'the shapes declared read it as different days' };
  }
  if (as === 'localDate') return localDay(date);
  if (as === 'localDateTime') return localTime(date, zone);
  if (as === 'instant' && date.hour === undefined) return { code: 'DATE_PRECISION', why: 'a day is no instant' };
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

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The day as it was written: a birth is not moved to another day by where the server stands. */
function localDay({ year, month, day }: PartialDate): ReadDate {
  if (month === undefined || day === undefined) {
    return { code: 'DATE_PRECISION', why: 'the target takes whole days, and this is a month or a year' };
  }
  return {
    value: `${formatDate({ year, month, day }).slice(-2)}-${MONTHS[month - 1]}-${String(year).padStart(4, '0')}`,
  };
}

function localTime(date: PartialDate, zone: string | undefined): ReadDate {
  const moment = date.hour === undefined ? undefined : instantMs(date);
  if (date.hour === undefined) return { code: 'DATE_PRECISION', why: 'the target takes times, and this is a day' };
  if (moment === undefined)
    return { code: 'ZONE_UNKNOWN', why: 'a time without offset: which moment it is is not said' };
  if (zone === undefined) return { code: 'ZONE_UNKNOWN', why: "the zone of the target's clocks is not declared" };
  const local = localAt(zone, moment);
  if (offsetAt(zone, local) === 'overlap') {
    return { code: 'DATE_AMBIGUOUS', why: `clocks in ${zone} showed this time twice` };
  }
  return { value: formatDate(local).replace('T', ' ') };
}

/** Up to 999,999 minutes, which is nearly two years. */
const MINUTES = /^\d{1,6}$/;
const MINUTE_MS = 60_000;

/** The FHIR dateTime so many minutes behind another, on clocks with the same offset. */
export function minutesLater(value: string, minutes: string): ReadDate {
  if (!MINUTES.test(minutes.trim())) return { code: 'NUMBER_INVALID', why: 'no whole number of minutes' };
  const date = parseIsoDate(value);
  const moment = date?.hour === undefined ? undefined : instantMs(date);
  if (date?.offsetMinutes === undefined || moment === undefined) {
    return { code: 'DATE_PRECISION', why: 'a day is no time that something could begin at' };
  }
  const { offsetMinutes, fraction } = date;
  const local = localAt('+00:00', moment + (Number(minutes) + offsetMinutes) * MINUTE_MS);
  return { value: formatDate({ ...local, offsetMinutes, ...(fraction === undefined ? {} : { fraction }) }) };
}
