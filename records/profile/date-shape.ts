/** Dates as extracts write them, recognised by their masks and read by the shape that fits. */
import { possibleDate } from '../partial-date.ts';

/** How the parts are ordered and divided: two of them in one field cannot be read by one rule. */
export type DateFamily = 'hl7' | 'iso' | 'year-slash' | 'slash' | 'dash' | 'dot' | 'month-name';

export interface DateShape {
  readonly family: DateFamily;
  /** For example `yyyy-MM-dd`; `?` where day and month cannot be told apart. */
  readonly name: string;
  /** Digits alone, which may be any number: a date only in a field that is for dates. */
  readonly isBare: boolean;
  readonly hasTwoDigitYear: boolean;
  readonly hasTime: boolean;
  readonly hasOffset: boolean;
}

const TIME = '[T ]9?9:99(?::99(?:[.,]9+)?)?(?: ?AA| ?aa)?';
const OFFSET = '(?:Z| ?[+-]99:?99)';
const FORMS: readonly (readonly [DateFamily, RegExp])[] = [
  ['iso', new RegExp(`^9999-99(?:-99(?:${TIME}${OFFSET}?)?)?$`)],
  ['year-slash', new RegExp(`^9999/99/99(?:${TIME})?$`)],
  ['slash', new RegExp(`^99?/99?/(?:9999|99)(?:${TIME})?$`)],
  ['dash', new RegExp(`^99?-99?-(?:9999|99)(?:${TIME})?$`)],
  ['dot', new RegExp(`^99?\\.99?\\.(?:9999|99)(?:${TIME})?$`)],
  ['month-name', new RegExp(`^99?[- ](?:Aaa|AAA|aaa)[- ](?:9999|99)(?:${TIME})?$`)],
  ['hl7', /^(?:9999|9{6}|9{8}|9{10}|9{12}|9{14}(?:\.9{1,4})?)$/],
  ['hl7', /^(?:9{8}|9{10}|9{12}|9{14}(?:\.9{1,4})?)[+-]9999$/],
];

/** The shape a mask (with T and Z written as they are) has; undefined where it is none of a date. */
export function dateShapeOf(mask: string): DateShape | undefined {
  const form = FORMS.find(([, pattern]) => pattern.test(mask));
  if (form === undefined) return undefined;
  const [family] = form;
  const date = mask.replace(/[T ]9?9:99.*$/, '');
  const hasOffset = family === 'hl7' ? /[+-]/.test(mask) : new RegExp(`${OFFSET}$`).test(mask) && date !== mask;
  const isBare = family === 'hl7' && !hasOffset;
  const hasTwoDigitYear = /^(?:slash|dash|dot|month-name)$/.test(family) && !/9999/.test(date);
  const hasTime = family === 'hl7' ? mask.replace(/[.+-].*$/, '').length > 8 : date !== mask;
  return { family, name: nameOf(family, mask, date, hasTime), isBare, hasTwoDigitYear, hasTime, hasOffset };
}

const HL7_DIGITS = 'yyyyMMddHHmmss';

function nameOf(family: DateFamily, mask: string, date: string, hasTime: boolean): string {
  if (family === 'hl7') {
    return mask
      .replace(/^9+/, (digits) => HL7_DIGITS.slice(0, digits.length))
      .replace(/\.9+/, '.S')
      .replace(/[+-]9+$/, 'Z');
  }
  const year = /9999/.test(date) ? 'yyyy' : 'yy';
  const time = hasTime
    ? ` ${mask
        .slice(date.length + 1)
        .replace(/9?9:99/, 'HH:mm')
        .replace(':99', ':ss')
        .replace(/[.,]9+/, '.S')
        .replace(/[+-]99:?99/, 'Z')
        .replace(/ ?(?:AA|aa)$/, ' a')}`
    : '';
  switch (family) {
    case 'iso':
      return `${'yyyy-MM-dd'.slice(0, date.length)}${time}`;
    case 'year-slash':
      return `yyyy/MM/dd${time}`;
    case 'month-name':
      return `dd MMM ${year}${time}`;
    case 'slash':
    case 'dash':
    case 'dot': {
      const mark = { slash: '/', dash: '-', dot: '.' }[family];
      return `?${mark}?${mark}${year}${time}`;
    }
    default:
      return family satisfies never;
  }
}

/** A date as it was read. `day` counts days since 1970; undefined where only a month or a year is written. */
export interface ReadDate {
  readonly year: number;
  readonly day: number | undefined;
  /** The shape's name, day and month put in where they can be told apart. */
  readonly name: string;
}

/** Two digits above this are of the last century. */
const PIVOT_YEAR = 50;
const MONTHS: readonly string[] = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');

/** Reads `text` by the shape of its mask; undefined where no calendar has such a day. */
export function readDate(text: string, shape: DateShape): ReadDate | undefined {
  const [year, month, day, name] = partsOf(text, shape);
  if (year === undefined) return undefined;
  const hour = shape.hasTime ? hourOf(text, shape) : 0;
  if (possibleDate({ year, month, day, hour }) === undefined) return undefined;
  if (month === undefined || day === undefined) return { year, day: undefined, name };
  return { year, day: dayNumber(year, month, day), name };
}

type Parts = readonly [year: number | undefined, month: number | undefined, day: number | undefined, name: string];

function partsOf(text: string, { family, name, hasTwoDigitYear }: DateShape): Parts {
  switch (family) {
    case 'hl7':
      return [digitsOf(text, 0, 4), digitsOf(text, 4, 6), digitsOf(text, 6, 8), name];
    case 'iso':
    case 'year-slash':
      return [digitsOf(text, 0, 4), digitsOf(text, 5, 7), digitsOf(text, 8, 10), name];
    case 'month-name': {
      const [day = '', month = '', year = ''] = text.split(/[- ]/);
      const ordinal = MONTHS.indexOf(month.toUpperCase()) + 1;
      return [ordinal === 0 ? undefined : fullYear(year, hasTwoDigitYear), ordinal, Number(day), name];
    }
    case 'slash':
    case 'dash':
    case 'dot': {
      const [first = '', second = '', year = ''] = text.split(/[ T]/, 1)[0]?.split(/[/.-]/) ?? [];
      const [one, two] = [Number(first), Number(second)];
      const isDayFirst = one > 12;
      const mark = name[1] ?? '';
      const told = isDayFirst ? `dd${mark}MM` : two > 12 ? `MM${mark}dd` : undefined;
      const shown = told === undefined ? name : told + name.slice(3);
      return [fullYear(year, hasTwoDigitYear), isDayFirst ? two : one, isDayFirst ? one : two, shown];
    }
    default:
      return family satisfies never;
  }
}

/** The number written from `from` up to `to`; undefined where the text is shorter, or holds anything else there. */
function digitsOf(text: string, from: number, to: number): number | undefined {
  if (text.length < to) return undefined;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

const ZERO = 0x30;

function fullYear(text: string, hasTwoDigits: boolean): number {
  const year = Number(text);
  return !hasTwoDigits ? year : year > PIVOT_YEAR ? 1900 + year : 2000 + year;
}

function hourOf(text: string, { family }: DateShape): number {
  if (family === 'hl7') return Number(text.slice(8, 10));
  return Number(/[T ](\d\d?):/.exec(text)?.[1] ?? '0');
}

const DAY_MS = 86_400_000;

export function dayNumber(year: number, month: number, day: number): number {
  // Years below 100 would be taken for years of the twentieth century; the calendar repeats after 400 years.
  return (
    Date.UTC(2000 + (year % 400), month - 1, day) / DAY_MS + Math.floor((year - (2000 + (year % 400))) / 400) * 146_097
  );
}

const SENTINELS: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1753, 1, 1],
  [1800, 1, 1],
  [1899, 12, 30],
  [1899, 12, 31],
  [1900, 1, 1],
  [1901, 1, 1],
  [1970, 1, 1],
  [2999, 12, 31],
  [9999, 12, 31],
];

/** Days that systems write where they know none: the zero of a calendar or the end of it. */
export const SENTINEL_DAYS: ReadonlySet<number> = new Set(SENTINELS.map((parts) => dayNumber(...parts)));
