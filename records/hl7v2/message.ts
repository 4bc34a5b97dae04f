/** One HL7 v2 message, parsed lazily: segment ends are found once, a field only when it is asked for. */
import { decodeText } from '../charset.ts';
import { readDelimiters, type Delimiters } from './delimiters.ts';
import { unescapeHl7 } from './escape.ts';

/** Where in a segment; all count from 1. Without a component the whole field is meant, and so on. */
export interface FieldPath {
  readonly field: number;
  readonly repetition?: number | undefined;
  readonly component?: number | undefined;
  readonly subcomponent?: number | undefined;
}

/** HL7's explicit null: the sender says that there is no value. */
const HL7_NULL = '""';

/** MSH-18 (HL7 table 0211) to WHATWG labels. */
const CHARSETS: Readonly<Record<string, string>> = {
  ASCII: 'windows-1252',
  'UNICODE UTF-8': 'utf-8',
  'UTF-8': 'utf-8',
  '8859/1': 'windows-1252',
  '8859/2': 'iso-8859-2',
  '8859/3': 'iso-8859-3',
  '8859/4': 'iso-8859-4',
  '8859/5': 'iso-8859-5',
  '8859/6': 'iso-8859-6',
  '8859/7': 'iso-8859-7',
  '8859/8': 'iso-8859-8',
  '8859/9': 'windows-1254',
  '8859/15': 'iso-8859-15',
};
const CHARSET_FIELD = 18;

export class Hl7Message {
  /** The original, byte for byte. */
  readonly bytes: Buffer;
  readonly text: string;
  readonly delimiters: Delimiters;
  /** False where the bytes are not in the charset MSH-18 declares. */
  readonly charsetKept: boolean;
  /** Segment ids in order; '' for a line that is no segment. */
  readonly ids: readonly string[];
  readonly #starts: readonly number[];
  readonly #ends: readonly number[];
  readonly #separators: (readonly number[] | undefined)[] = [];

  private constructor(bytes: Buffer, text: string, delimiters: Delimiters, charsetKept: boolean) {
    this.bytes = bytes;
    this.text = text;
    this.delimiters = delimiters;
    this.charsetKept = charsetKept;
    const lines = findSegments(text, delimiters.field);
    this.ids = lines.ids;
    this.#starts = lines.starts;
    this.#ends = lines.ends;
  }

  /** Reads one message; undefined where there is no MSH with delimiters at its beginning. */
  static read(bytes: Buffer): Hl7Message | undefined {
    const first = decodeText(bytes);
    const start = first.text.search(/[^\s\v\x1c\0\ufeff]/);
    if (start === -1 || !first.text.startsWith('MSH', start)) return undefined;
    const text = start === 0 ? first.text : first.text.slice(start);
    const delimiters = readDelimiters(text);
    if (delimiters === undefined) return undefined;
    const message = new Hl7Message(bytes, text, delimiters, true);
    if (first.charset !== 'windows-1252' && first.text.length === bytes.length) return message;
    return message.#inDeclaredCharset(first.charset);
  }

  #inDeclaredCharset(found: string): Hl7Message {
    const declared = this.rawField(0, CHARSET_FIELD).split(this.delimiters.repetition)[0]?.trim().toUpperCase() ?? '';
    if (declared === '' || found !== 'windows-1252') return this;
    const label = CHARSETS[declared];
    if (label === undefined) return new Hl7Message(this.bytes, this.text, this.delimiters, false);
    const { text, asDeclared } = decodeText(this.bytes, label);
    return new Hl7Message(this.bytes, text.slice(text.indexOf('MSH')), this.delimiters, asDeclared);
  }

  /** The text of a segment, without its end. */
  segmentText(segment: number): string {
    return this.text.slice(this.#starts[segment], this.#ends[segment]);
  }

  /** Index of the first segment with this id at or after `from`, or -1. */
  find(id: string, from = 0): number {
    return this.ids.indexOf(id, from);
  }

  /** A field as it is written, repetitions and escapes included; '' where there is none. */
  rawField(segment: number, field: number): string {
    const isHeader = this.ids[segment] === 'MSH';
    if (isHeader && field === 1) return this.delimiters.field;
    const separators = this.#separators[segment] ?? this.#findSeparators(segment);
    // In MSH the first separator is itself MSH-1, so counting starts one later.
    const before = separators[isHeader ? field - 2 : field - 1];
    if (before === undefined) return '';
    return this.text.slice(before + 1, separators[isHeader ? field - 1 : field] ?? this.#ends[segment]);
  }

  /** Offsets of the field separators of a segment, found when its first field is asked for. */
  #findSeparators(segment: number): readonly number[] {
    const found: number[] = [];
    const end = this.#ends[segment] ?? 0;
    let at = this.text.indexOf(this.delimiters.field, this.#starts[segment] ?? 0);
    for (; at !== -1 && at < end; at = this.text.indexOf(this.delimiters.field, at + 1)) found.push(at);
    this.#separators[segment] = found;
    return found;
  }

  /** How many repetitions the field has; 0 where it is empty. */
  repetitions(segment: number, field: number): number {
    const raw = this.rawField(segment, field);
    return raw === '' ? 0 : raw.split(this.delimiters.repetition).length;
  }

  /** A value with its escapes replaced; undefined where there is none, null for HL7's explicit null. */
  value(segment: number, path: FieldPath): string | null | undefined {
    let raw = this.rawField(segment, path.field);
    if (raw === '') return undefined;
    if (!(this.ids[segment] === 'MSH' && path.field <= 2)) {
      raw = part(raw, this.delimiters.repetition, path.repetition ?? 1);
      if (path.component !== undefined) raw = part(raw, this.delimiters.component, path.component);
      if (path.subcomponent !== undefined) raw = part(raw, this.delimiters.subcomponent, path.subcomponent);
      if (raw === '') return undefined;
      if (raw === HL7_NULL) return null;
      if (raw.includes(this.delimiters.escape)) return unescapeHl7(raw, this.delimiters);
    }
    return raw;
  }

  /** A trimmed value, '' where there is none. */
  word(segment: number, field: number, component = 1): string {
    return this.value(segment, { field, component })?.trim() ?? '';
  }

  /** MSH-9 as `ORU^R01`: the code and the trigger event, without the structure. */
  get type(): string {
    const code = this.word(0, 9, 1);
    const event = this.word(0, 9, 2);
    return event === '' ? code : `${code}^${event}`;
  }

  get controlId(): string {
    return this.word(0, 10);
  }
}

function part(raw: string, separator: string, wanted: number): string {
  let from = 0;
  for (let left = wanted - 1; left > 0; left--) {
    from = raw.indexOf(separator, from) + 1;
    if (from === 0) return '';
  }
  const end = raw.indexOf(separator, from);
  return end === -1 ? (from === 0 ? raw : raw.slice(from)) : raw.slice(from, end);
}

interface Segments {
  readonly ids: string[];
  readonly starts: number[];
  readonly ends: number[];
}

function findSegments(text: string, separator: string): Segments {
  const found: Segments = { ids: [], starts: [], ends: [] };
  const ends = new SegmentEnds(text, separator);
  let from = 0;
  while (from < text.length) {
    const end = ends.after(from);
    let last = end;
    while (last > from && isFraming(text.charCodeAt(last - 1))) last--;
    let first = from;
    while (first < last && isFraming(text.charCodeAt(first))) first++;
    if (first < last) {
      found.ids.push(segmentId(text, first, separator));
      found.starts.push(first);
      found.ends.push(last);
    }
    from = end + 1;
  }
  return found;
}

/** Finds segment ends from front to back, looking at every character once. */
class SegmentEnds {
  readonly #text: string;
  readonly #separator: string;
  /** The end of the first segment decides: after a carriage return, a lone line feed is part of the data. */
  readonly #newlineIsData: boolean;
  #return: number;
  #newline: number;

  constructor(text: string, separator: string) {
    this.#text = text;
    this.#separator = separator;
    this.#return = orEnd(text.indexOf('\r'), text);
    this.#newline = orEnd(text.indexOf('\n'), text);
    this.#newlineIsData = this.#return < this.#newline;
  }

  after(from: number): number {
    if (this.#return < from) this.#return = orEnd(this.#text.indexOf('\r', from), this.#text);
    if (this.#newline < from) this.#newline = orEnd(this.#text.indexOf('\n', from), this.#text);
    while (this.#newline < this.#return && !this.#ends(this.#newline, from)) {
      this.#newline = orEnd(this.#text.indexOf('\n', this.#newline + 1), this.#text);
    }
    return Math.min(this.#return, this.#newline);
  }

  #ends(newline: number, from: number): boolean {
    if (!this.#newlineIsData || newline === from) return true;
    return segmentId(this.#text, newline + 1, this.#separator) !== '';
  }
}

function orEnd(index: number, text: string): number {
  return index === -1 ? text.length : index;
}

/** The id of the segment that begins at `at`: a letter and two letters or digits; '' where none does. */
function segmentId(text: string, at: number, separator: string): string {
  if (!isUpper(text.charCodeAt(at)) || !isUpperOrDigit(text.charCodeAt(at + 1))) return '';
  if (!isUpperOrDigit(text.charCodeAt(at + 2))) return '';
  const next = text[at + 3];
  return next === undefined || next === separator || next === '\r' || next === '\n' ? text.slice(at, at + 3) : '';
}

function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

function isUpperOrDigit(code: number): boolean {
  return isUpper(code) || (code >= 0x30 && code <= 0x39);
}

/** MLLP's start and end of block, and NUL. */
function isFraming(code: number): boolean {
  return code === 0x0b || code === 0x1c || code === 0 || code === 0x0a || code === 0x0d;
}
