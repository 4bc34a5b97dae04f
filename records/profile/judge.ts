/** What one value adds to the profile of its field, and what is wrong with it. */
import { nameSystem } from './code-system.ts';
import { type Content, type ContentClass, contentOf } from './content.ts';
import { type ReadDate, readDate, SENTINEL_DAYS } from './date-shape.ts';
import { MASK_CHARS_MAX, OVERLONG_CHARS } from './limits.ts';
import type { Knowledge } from './phi.ts';
import { maskOf, Scan } from './scan.ts';

/** Codes that begin with `=` are not findings yet: they are found where a field has more than one of them. */
export const DATE_FAMILY = '=date ';
export const DATE_OFFSET = '=offset ';

export interface Judged {
  readonly high: number;
  readonly low: number;
  readonly length: number;
  readonly isBlank: boolean;
  /** Undefined where the value is too long for one. */
  readonly mask: string | undefined;
  readonly class: ContentClass | undefined;
  readonly number: number | undefined;
  readonly dateName: string | undefined;
  readonly year: number | undefined;
  readonly day: number | undefined;
  readonly system: string | undefined;
  readonly identifier: { readonly width: string; readonly high: number; readonly low: number } | undefined;
  /** What is to be noted where it stands. */
  readonly notes: readonly string[];
}

const SCAN = new Scan();
const NO_NOTES: readonly string[] = [];

interface KnownMask {
  readonly mask: string;
  readonly content: Content;
}

/** Masks by their hash; forgotten all at once when there are too many. */
const MASKS = new Map<number, KnownMask>();
const MASKS_MAX = 20_000;
const NOTHING: Content = { class: undefined, date: undefined, isNumber: false, isDigits: false };

const UUID: KnownMask = { mask: 'hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh', content: NOTHING };
const UUID_CHARS = 36;

/** Hexadecimal digits are letters and digits in turn; as masks no two UUIDs would be alike. */
function isUuid(text: string): boolean {
  if (text.length !== UUID_CHARS || text[8] !== '-' || text[13] !== '-') return false;
  return /^[\da-fA-F]{8}(?:-[\da-fA-F]{4}){3}-[\da-fA-F]{12}$/.test(text);
}

function maskFor(text: string, hash: number): KnownMask {
  if (isUuid(text)) return UUID;
  const known = MASKS.get(hash);
  if (known !== undefined) return known;
  if (MASKS.size >= MASKS_MAX) MASKS.clear();
  const mask = maskOf(text);
  const made = { mask, content: contentOf(mask) };
  MASKS.set(hash, made);
  return made;
}

/** `todayDay` counts days since 1970. */
export function judgeValue(text: string, knowledge: Knowledge, todayDay: number): Judged {
  SCAN.read(text);
  const { high, low, isBlank, hasControl, hasForeign, mask: hash } = SCAN;
  const known = text.length > MASK_CHARS_MAX ? undefined : maskFor(text, hash);
  const content = known?.content ?? NOTHING;
  const notes: string[] = [];
  if (hasControl) notes.push(text.includes('\0') ? 'CHARSET_DAMAGED' : 'CONTROL_CHARACTER');
  if (hasForeign && isDamaged(text)) notes.push('CHARSET_DAMAGED');
  if (text.length > OVERLONG_CHARS && !isEncoded(text)) notes.push('TEXT_OVERLONG');
  const date = isBlank ? undefined : judgeDate(text, content, knowledge, todayDay, notes);
  const { expected, codeSystem } = knowledge;
  if (expected !== undefined && content.class !== undefined && isUnlike(expected, content.class)) {
    notes.push('COLUMN_SWAPPED');
  }
  const system = codeSystem === undefined || isBlank ? undefined : nameSystem(text, codeSystem);
  if (system?.isKnown === false) notes.push('CODE_SYSTEM_UNKNOWN');
  const isSum = content.isNumber && knowledge.phi === 'none' && knowledge.codeSystem === undefined;
  return {
    high,
    low,
    length: text.length,
    isBlank,
    mask: known?.mask,
    class: content.class,
    number: isSum ? Number(text) : undefined,
    dateName: date?.name,
    year: date?.year,
    day: date?.day,
    system: system?.name,
    identifier: knowledge.isIdentifier === true && content.isDigits ? identifierOf(text, high, low) : undefined,
    notes: notes.length === 0 ? NO_NOTES : notes,
  };
}

function judgeDate(
  text: string,
  content: Content,
  { expected, moment }: Knowledge,
  todayDay: number,
  notes: string[],
): ReadDate | undefined {
  const shape = content.date;
  const isExpected = expected === 'date';
  if (shape === undefined || (!isExpected && content.class !== 'date')) {
    if (isExpected && content.class === undefined) notes.push('DATE_MALFORMED');
    return undefined;
  }
  const date = readDate(text, shape);
  if (date === undefined) {
    notes.push(isExpected ? 'DATE_MALFORMED' : 'DATE_IMPOSSIBLE');
    return undefined;
  }
  // A year alone is written alike everywhere.
  if (date.name !== 'yyyy') notes.push(DATE_FAMILY + familyOf(date.name, shape.family));
  if (shape.hasTime) notes.push(DATE_OFFSET + (shape.hasOffset ? 'with' : 'without'));
  if (shape.hasTwoDigitYear) notes.push('YEAR_TWO_DIGITS');
  if (date.day !== undefined && SENTINEL_DAYS.has(date.day)) notes.push('DATE_SENTINEL');
  else if (isExpected && moment !== 'coming' && (date.day ?? 0) > todayDay) notes.push('DATE_FUTURE');
  return date;
}

/** Day before month and month before day are two ways of writing dates, though they look alike. */
function familyOf(name: string, family: string): string {
  if (family !== 'slash' && family !== 'dash' && family !== 'dot') return family;
  return `${family} ${name.startsWith('?') ? '?' : name.slice(0, 2)}`;
}

/** What two spellings of the same thing may look like. */
function isUnlike(expected: string, found: ContentClass): boolean {
  if (expected === found) return false;
  // A ZIP code with its four digits and a social security number are told apart by their marks; both stay suspicious.
  return !(expected === 'url' && found === 'email');
}

/** The bytes 0x80 to 0xBF as windows-1252 and ISO 8859-1 read them. */
const CONTINUATION =
  '[\\u0080-\\u00bf\\u0152\\u0153\\u0160\\u0161\\u0178\\u017d\\u017e\\u0192' +
  '\\u02c6\\u02dc\\u2013-\\u203a\\u20ac\\u2122]';
const DAMAGED = new RegExp(`\\ufffd|[\\u00c2\\u00c3]${CONTINUATION}|\\u00e2\\u20ac|\\u00ef\\u00bf\\u00bd`);

/** The replacement character, or UTF-8 that was read as windows-1252. */
function isDamaged(text: string): boolean {
  return DAMAGED.test(text);
}

const ENCODED_SAMPLE_CHARS = 2_000;

/** Base64 and the like: a document, not a text somebody wrote. */
function isEncoded(text: string): boolean {
  return /^[A-Za-z0-9+/=_\r\n-]+$/.test(text.slice(0, ENCODED_SAMPLE_CHARS));
}

const ZERO = 0x30;

/** `high` and `low` are the hash of the text as it is written. */
function identifierOf(text: string, high: number, low: number): Judged['identifier'] {
  const isPadded = text.length > 1 && text.charCodeAt(0) === ZERO;
  if (!isPadded) return { width: widthOf(text.length), high, low };
  SCAN.read(text.replace(/^0+(?=\d)/, ''));
  return { width: `0${widthOf(text.length)}`, high: SCAN.high, low: SCAN.low };
}

const WIDTHS: string[] = [];

function widthOf(digits: number): string {
  return (WIDTHS[digits] ??= '9'.repeat(digits));
}
