/** Dates and times as precise as they were written: a year stays a year, an absent offset stays absent. */

export interface PartialDate {
  readonly year: number;
  readonly month?: number | undefined;
  readonly day?: number | undefined;
  readonly hour?: number | undefined;
  readonly minute?: number | undefined;
  readonly second?: number | undefined;
  /** The digits after the point. */
  readonly fraction?: string | undefined;
  readonly offsetMinutes?: number | undefined;
}

const HL7 = /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,9}))?)?)?)?)?)?([+-]\d{4})?$/;
const ISO = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$/;

/** HL7 v2's YYYY[MM[DD[HH[MM[SS[.S]]]]]][+ZZZZ]; undefined where the text is none or names no possible moment. */
export function parseHl7Date(text: string): PartialDate | undefined {
  return fromMatch(HL7.exec(text));
}

/** ISO 8601 as FHIR uses it; a space for the T and missing seconds are accepted. */
export function parseIsoDate(text: string): PartialDate | undefined {
  return fromMatch(ISO.exec(text));
}

function fromMatch(match: RegExpExecArray | null): PartialDate | undefined {
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  return possibleDate({
    year: Number(year),
    ...(month === undefined ? {} : { month: Number(month) }),
    ...(day === undefined ? {} : { day: Number(day) }),
    ...(hour === undefined ? {} : { hour: Number(hour) }),
    ...(minute === undefined ? {} : { minute: Number(minute) }),
    ...(second === undefined ? {} : { second: Number(second) }),
    ...(fraction === undefined ? {} : { fraction }),
    ...(offset === undefined ? {} : { offsetMinutes: offsetOf(offset) }),
  });
}

/** The date itself where there is such a moment in the calendar (leap seconds included), else undefined. */
export function possibleDate(date: PartialDate): PartialDate | undefined {
  const { year, month = 1, day = 1, hour = 0, minute = 0, second = 0, offsetMinutes = 0 } = date;
  const isDay = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  const isTime = hour <= 23 && minute <= 59 && second <= 60;
  return isDay && isTime && Math.abs(offsetMinutes) <= OFFSET_MINUTES_MAX ? date : undefined;
}

const OFFSET_MINUTES_MAX = 14 * 60;

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function offsetOf(text: string): number {
  if (text === 'Z') return 0;
  const digits = text.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return digits.startsWith('-') ? -minutes : minutes;
}

/** ISO 8601 with exactly the precision the date has. */
export function formatDate(date: PartialDate): string {
  let text = pad(date.year, 4);
  if (date.month === undefined) return text;
  text += `-${pad(date.month, 2)}`;
  if (date.day === undefined) return text;
  text += `-${pad(date.day, 2)}`;
  if (date.hour === undefined) return text;
  text += `T${pad(date.hour, 2)}`;
  if (date.minute !== undefined) text += `:${pad(date.minute, 2)}`;
  if (date.second !== undefined) text += `:${pad(date.second, 2)}`;
  if (date.fraction !== undefined) text += `.${date.fraction}`;
  return date.offsetMinutes === undefined ? text : text + formatOffset(date.offsetMinutes);
}

function formatOffset(minutes: number): string {
  if (minutes === 0) return 'Z';
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

/** How finely the date is written: `year`, `month`, `day` or `time`. */
export function precisionOf(date: PartialDate): 'year' | 'month' | 'day' | 'time' {
  if (date.hour !== undefined) return 'time';
  if (date.day !== undefined) return 'day';
  return date.month === undefined ? 'year' : 'month';
}

/** Milliseconds since 1970 of the date's beginning, its fields read as UTC whatever its offset. */
export function wallClockMs(date: PartialDate): number {
  const { year, month = 1, day = 1, hour = 0, minute = 0, second = 0, fraction = '0' } = date;
  // Date.UTC takes years below 100 for years of the twentieth century.
  const days = Date.UTC(2000 + (year % 400), month - 1, day) + Math.floor((year - 2000 - (year % 400)) / 400) * ERA_MS;
  return days + ((hour * 60 + minute) * 60 + second) * 1000 + Number(`0.${fraction}`) * 1000;
}

/** The Gregorian calendar repeats itself after 400 years. */
const ERA_MS = 146_097 * 86_400_000;

/** Milliseconds since 1970 of the moment; undefined for a time of day without an offset. */
export function instantMs(date: PartialDate): number | undefined {
  if (date.hour !== undefined && date.offsetMinutes === undefined) return undefined;
  return wallClockMs(date) - (date.offsetMinutes ?? 0) * 60_000;
}
