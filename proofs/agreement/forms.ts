/**
 * The ways in which one value may be written: two texts say the same where they share a form. Declared here and nowhere
 * else; whatever is written in any other way is another value.
 */
import { formatDate, parseHl7Date, parseIsoDate, wallClockMs, type PartialDate } from '../../records/partial-date.ts';
import { systemOf } from './systems.ts';

const DIGITS_OF_TELEPHONE_MIN = 7;
const MINUTE_MS = 60_000;
const MOMENT = /^moment (?<ms>-?\d+)$/;
const SCHEMES = /^(?:urn:(?:oid|uuid|id|waybill:[a-z-]+):|mailto:|tel:|sip:|#)/i;

/** `offsets`, in minutes, are those that a time written without one may have. */
export function formsOf(text: string, offsets: readonly number[]): readonly string[] {
  const value = text.trim().replaceAll(/\s+/g, ' ');
  if (value === '') return [];
  const bare = value.replace(SCHEMES, '');
  const words = [value, bare].map((each) => `text ${each.toLowerCase()}`);
  return [...new Set([...words, ...telephone(bare), ...quantity(value), ...system(value), ...time(value, offsets)])];
}

/** The words of a text, each as a text of its own: a name in one text is made of the parts of a name. */
export function wordForms(text: string): readonly string[] {
  const parts = text
    .replaceAll('--', ' ')
    .split(/[\s,;]+/)
    .filter((part) => part !== '' && part !== '-');
  return parts.map((part) => `text ${part.toLowerCase()}`);
}

function telephone(text: string): readonly string[] {
  if (!/^[+\d(][\d\s().+/x-]*$/i.test(text)) return [];
  const digits = text.replaceAll(/\D/g, '');
  return digits.length < DIGITS_OF_TELEPHONE_MIN ? [] : [`telephone ${digits}`];
}

function quantity(text: string): readonly string[] {
  return /^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? [`number ${Number(text)}`] : [];
}

/** A code system or a giver of numbers by its URI, OID, name or table. */
function system(text: string): readonly string[] {
  const name = systemOf(text);
  return name === `own ${text}` || !/^(?:[a-z][a-z0-9+.-]*:|own )/.test(name) ? [] : [`system ${name}`];
}

function time(text: string, offsets: readonly number[]): readonly string[] {
  const ms = MOMENT.exec(text)?.groups?.['ms'];
  if (ms !== undefined) return [`moment ${ms}`];
  const date = parseIsoDate(text) ?? (text.length >= 8 ? parseHl7Date(text) : undefined);
  if (date === undefined || date.year < 1850 || date.year > 2150) return [];
  const { year, month, day } = date;
  const days = [`day ${formatDate({ year, month, day })}`];
  return date.day === undefined ? days : [...days, ...moments(date, offsets).map((each) => `moment ${each}`)];
}

/** A day begins at its midnight: others write a moment where a source says a day. */
function moments(date: PartialDate, offsets: readonly number[]): readonly number[] {
  const wall = wallClockMs({ ...date, hour: date.hour ?? 0 });
  const fitting = date.offsetMinutes === undefined ? offsets : [date.offsetMinutes];
  return fitting.map((offset) => wall - offset * MINUTE_MS);
}
