/** One HL7 v2 message, parsed lazily: segment ends are found once, a field only when it is asked for. */
import { decodeText } from '../charset.ts';
import { type CharsetFault, declaredCharset, DEFAULT_CHARSET, switchedCharset, switchesAlphabet } from './charsets.ts';
import { readDelimiters, type Delimiters } from './delimiters.ts';
import { unescapeHl7 } from './escape.ts';
import { SegmentIndex } from './segment-index.ts';

/** Where in a segment; all count from 1. Without a component the whole field is meant, and so on. */
export interface FieldPath {
  readonly field: number;
  readonly repetition?: number | undefined;
  readonly component?: number | undefined;
  readonly subcomponent?: number | undefined;
}

/** HL7's explicit null: the sender says that there is no value. */
export const HL7_NULL = '""';

const CHARSET_FIELD = 18;
/** ESC, which begins the alphabets of ISO 2022 inside text that is otherwise ASCII. */
const ESCAPE_CHARACTER = '\x1b';

export class Hl7Message {
  /** The original, byte for byte. */
  readonly bytes: Buffer;
  /** From MSH on; what stands before it is framing. */
  readonly text: string;
  readonly delimiters: Delimiters;
  /** Undefined where the text is what MSH-18 says it is, or the bytes show by themselves that they are UTF-8. */
  readonly charsetFault: CharsetFault | undefined;
  readonly #charset: string | undefined;
  readonly #segments: SegmentIndex;
  #ordinals: readonly number[] | undefined;
  /** By segment: offsets of the field separators found so far, and behind the last one the end of the segment. */
  readonly #separators: (number[] | undefined)[] = [];

  private constructor(
    bytes: Buffer,
    text: string,
    delimiters: Delimiters,
    charset: string | undefined,
    charsetFault: CharsetFault | undefined,
  ) {
    this.bytes = bytes;
    this.text = text;
    this.delimiters = delimiters;
    this.#charset = charset;
    this.charsetFault = charsetFault;
    this.#segments = new SegmentIndex(text, delimiters.field);
  }

  /** Reads one message; undefined where there is no MSH with delimiters at its beginning. */
  static read(bytes: Buffer): Hl7Message | undefined {
    const first = decodeText(bytes);
    const start = first.text.startsWith('MSH') ? 0 : first.text.search(/[^\s\v\x1c\0\ufeff]/);
    if (start === -1 || !first.text.startsWith('MSH', start)) return undefined;
    const text = start === 0 ? first.text : first.text.slice(start);
    const delimiters = readDelimiters(text);
    if (delimiters === undefined) return undefined;
    const isAscii = first.charset !== 'windows-1252' && first.text.length === bytes.length;
    const message = new Hl7Message(bytes, text, delimiters, isAscii ? undefined : first.charset, undefined);
    if (isAscii && !text.includes(ESCAPE_CHARACTER)) return message;
    return message.#inDeclaredCharset(first.charset);
  }

  #inDeclaredCharset(found: string): Hl7Message {
    const { repetition } = this.delimiters;
    const declared = this.rawField(0, CHARSET_FIELD).trim();
    const isSwitching = switchesAlphabet(this.text);
    const switched = isSwitching ? switchedCharset(declared, repetition) : undefined;
    const label = switched ?? declaredCharset(declared, repetition);
    const isPlain = this.#charset === undefined;
    const isAsRead = label === undefined || label === found || (isPlain && switched === undefined);
    if (!isAsRead) return this.#decodedAs(label);
    if (isSwitching) return this.#read(this.text, this.#charset, 'switched');
    if (isPlain || label !== undefined) return this;
    if (declared !== '') return this.#read(this.text, found, 'unknown');
    return found === 'utf-8' ? this : this.#read(this.text, found, 'undeclared');
  }

  #decodedAs(label: string): Hl7Message {
    const { text, charset, asDeclared } = decodeText(this.bytes, label);
    const unread = switchesAlphabet(text) ? 'switched' : undefined;
    return this.#read(text.slice(text.indexOf('MSH')), charset, asDeclared ? unread : 'mismatch');
  }

  #read(text: string, charset: string | undefined, fault: CharsetFault | undefined): Hl7Message {
    return new Hl7Message(this.bytes, text, this.delimiters, charset, fault);
  }

  /** The WHATWG label of the charset its bytes are in; of plain ASCII, of the charset MSH-18 declares, or UTF-8. */
  get charset(): string {
    return (
      this.#charset ?? declaredCharset(this.rawField(0, CHARSET_FIELD), this.delimiters.repetition) ?? DEFAULT_CHARSET
    );
  }

  /** Segment ids in order; '' for a line that is no segment. */
  get ids(): readonly string[] {
    this.#segments.findUntil(Number.POSITIVE_INFINITY);
    return this.#segments.ids;
  }

  /** Index of the first segment with this id at or after `from`, or -1. */
  find(id: string, from = 0): number {
    const { ids } = this.#segments;
    const known = ids.indexOf(id, from);
    if (known !== -1) return known;
    for (let next = this.#segments.next(); next !== undefined; next = this.#segments.next()) {
      if (next === id && ids.length > from) return ids.length - 1;
    }
    return -1;
  }

  /** Where a field stands in the text; undefined where its segment ends before. */
  fieldSpan(segment: number, field: number): { readonly start: number; readonly end: number } | undefined {
    const at = this.#isHeader(segment) ? field - 1 : field;
    const separators = this.#separatorsUntil(segment, at);
    const before = separators[at - 1];
    const end = separators[at];
    return before === undefined || end === undefined ? undefined : { start: before + 1, end };
  }

  /** Where a segment stands in the text, its end left out. */
  segmentSpan(segment: number): { readonly start: number; readonly end: number } {
    this.#segments.findUntil(segment + 1);
    return { start: this.#segments.starts[segment] ?? 0, end: this.#segments.ends[segment] ?? 0 };
  }

  /** How many fields a segment has, MSH-1 counted. */
  fieldCount(segment: number): number {
    const separators = this.#separatorsUntil(segment, Number.POSITIVE_INFINITY);
    return Math.max(0, separators.length - 1) + (this.#isHeader(segment) ? 1 : 0);
  }

  /** The text of a segment, without its end. */
  segmentText(segment: number): string {
    const { start, end } = this.segmentSpan(segment);
    return this.text.slice(start, end);
  }

  /** Which of the segments with its id a segment is, from 1. */
  ordinal(segment: number): number {
    this.#ordinals ??= ordinalsOf(this.ids);
    return this.#ordinals[segment] ?? 1;
  }

  /** A field as it is written, repetitions and escapes included; '' where there is none. */
  rawField(segment: number, field: number): string {
    const isHeader = this.#isHeader(segment);
    if (isHeader && field === 1) return this.delimiters.field;
    // In MSH the first separator is itself MSH-1, so counting starts one later.
    const at = isHeader ? field - 1 : field;
    const separators = this.#separatorsUntil(segment, at);
    const before = separators[at - 1];
    const end = separators[at];
    return before === undefined || end === undefined || end === before + 1 ? '' : this.text.slice(before + 1, end);
  }

  #isHeader(segment: number): boolean {
    this.#segments.findUntil(segment + 1);
    return this.#segments.ids[segment] === 'MSH';
  }

  /** Field separators of a segment, as many as are needed to know the one at `wanted`, or all there are. */
  #separatorsUntil(segment: number, wanted: number): readonly number[] {
    const found = (this.#separators[segment] ??= []);
    if (found.length > wanted) return found;
    this.#segments.findUntil(segment + 1);
    const end = this.#segments.ends[segment] ?? 0;
    let last = found[found.length - 1] ?? (this.#segments.starts[segment] ?? 0) - 1;
    while (found.length <= wanted && last !== end) {
      last = this.text.indexOf(this.delimiters.field, last + 1);
      if (last === -1 || last > end) last = end;
      found.push(last);
    }
    return found;
  }

  /** How many repetitions the field has; 0 where it is empty. */
  repetitions(segment: number, field: number): number {
    const raw = this.rawField(segment, field);
    return raw === '' ? 0 : raw.split(this.delimiters.repetition).length;
  }

  /** A value with its escapes replaced; undefined where there is none, null for HL7's explicit null. */
  value(segment: number, path: FieldPath): string | null | undefined {
    return this.valueIn(this.rawField(segment, path.field), segment, path);
  }

  /** The same, of the field at the path as it is written. */
  valueIn(field: string, segment: number, path: FieldPath): string | null | undefined {
    if (field === '') return undefined;
    if (path.field <= 2 && this.#isHeader(segment)) return field;
    const { repetition, component, subcomponent, escape } = this.delimiters;
    let raw = part(field, repetition, path.repetition ?? 1);
    if (path.component !== undefined) raw = part(raw, component, path.component);
    if (path.subcomponent !== undefined) raw = part(raw, subcomponent, path.subcomponent);
    if (raw === '') return undefined;
    if (raw === HL7_NULL) return null;
    return raw.includes(escape) ? unescapeHl7(raw, this.delimiters, this.charset) : raw;
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

function ordinalsOf(ids: readonly string[]): readonly number[] {
  const counts = new Map<string, number>();
  return ids.map((id) => {
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    return count;
  });
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
