/**
 * Short fingerprints of keys and of rows, by HalfSipHash-1-3 under a secret drawn for one run. Nobody can make two rows
 * that have one fingerprint; by chance two that differ have it once in 2^64. They only say what need not be looked at.
 */
import { randomBytes } from 'node:crypto';
import { viewOf } from '../../../records/delimited/scan.ts';

/** Cells of one row: cell i is `bytes[starts[i]..ends[i])`. */
export interface CellBytes {
  readonly bytes: Uint8Array;
  /** Of the same bytes. */
  readonly view: DataView;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** The columns of an extract, in an order that is the same on both sides. */
export interface ColumnOrder {
  readonly at: Int32Array;
  /** A number that stands for the name of each. */
  readonly names: Int32Array;
}

const SECRET_BYTES = 8;
const WORD_BYTES = 4;
const WORDS_FIRST = 4_096;
const STATE_WORDS = 4;
const ENDING_ROUNDS = 3;
const SPARE_BYTES = 2 * ENDING_ROUNDS * WORD_BYTES;
/** A column and the size of its cell share a word, where they are below these and not both the last. */
const SIZE_BITS = 20;
const NAMES_SHORT = 2 ** (32 - SIZE_BITS) - 1;
const SIZE_SHORT_BYTES = 2 ** SIZE_BITS;
const LONG_CELL = -1;
const CELL_WORDS_MAX = 4;
const TEXT_BYTES_FIRST = 4_096;
const UTF8_BYTES_PER_UNIT = 3;

export class Fingerprinter {
  readonly #low: number;
  readonly #high: number;
  #words = new Int32Array(WORDS_FIRST);
  readonly #state = new Int32Array(STATE_WORDS);
  readonly #names = new Map<string, number>();
  #text = Buffer.alloc(TEXT_BYTES_FIRST);
  #textView = viewOf(this.#text);
  /** The fingerprint taken last. */
  first = 0;
  second = 0;

  constructor(secret: Buffer = randomBytes(SECRET_BYTES)) {
    this.#low = secret.readInt32LE(0);
    this.#high = secret.readInt32LE(WORD_BYTES);
  }

  order(names: readonly string[]): ColumnOrder {
    const sorted = [...names.entries()].sort(([, one], [, other]) => (one < other ? -1 : one > other ? 1 : 0));
    const numbers = sorted.map(([, name]) => {
      const number = this.#names.get(name) ?? this.#names.size;
      this.#names.set(name, number);
      return number;
    });
    return { at: Int32Array.from(sorted, ([at]) => at), names: Int32Array.from(numbers) };
  }

  /** Takes the fingerprint of the bytes of `view` from `start` to `end`. */
  bytes(view: DataView, start: number, end: number): void {
    this.#room(end - start + WORD_BYTES);
    const words = this.#words;
    const count = putWords(words, 0, view, start, end);
    const whole = (end - start) >> 2;
    words[whole] = (count > whole ? (words[whole] as number) : 0) | ((end - start) << 24);
    this.#mix(whole + 1);
  }

  /** Takes the fingerprint of `text`, in UTF-8. */
  text(text: string): void {
    if (text.length * UTF8_BYTES_PER_UNIT > this.#text.length) {
      this.#text = Buffer.alloc(text.length * UTF8_BYTES_PER_UNIT);
      this.#textView = viewOf(this.#text);
    }
    this.bytes(this.#textView, 0, this.#text.write(text));
  }

  /** Takes the fingerprint of the cells that are not empty, each after its column and its size: no two rows are one. */
  cells({ view, starts, ends }: CellBytes, { at, names }: ColumnOrder): void {
    this.#room((ends[at.length - 1] ?? 0) - (starts[0] ?? 0) + at.length * CELL_WORDS_MAX * WORD_BYTES);
    const words = this.#words;
    let count = 0;
    for (let place = 0; place < at.length; place++) {
      const column = at[place] as number;
      const start = starts[column] as number;
      const end = ends[column] as number;
      if (start === end) continue;
      const name = names[place] as number;
      const sizeBytes = end - start;
      if (name < NAMES_SHORT && sizeBytes < SIZE_SHORT_BYTES) {
        words[count++] = (name << SIZE_BITS) | sizeBytes;
      } else {
        words[count++] = LONG_CELL;
        words[count++] = name;
        words[count++] = sizeBytes;
      }
      count = putWords(words, count, view, start, end);
    }
    this.#mix(count);
  }

  #room(sizeBytes: number): void {
    if (this.#words.byteLength < sizeBytes + SPARE_BYTES) this.#words = new Int32Array(sizeBytes);
  }

  /** SipHash with words of 32 bits: a round a word, three to end with, twice. */
  #mix(count: number): void {
    const [words, state] = [this.#words, this.#state];
    words.fill(0, count, count + 2 * ENDING_ROUNDS);
    state[0] = this.#low;
    state[1] = this.#high;
    state[2] = 0x6c796765 ^ this.#low;
    state[3] = 0x74656462 ^ this.#high;
    rounds(state, words, 0, count);
    state[2] ^= 0xff;
    rounds(state, words, count, count + ENDING_ROUNDS);
    this.first = state[1] ^ state[3];
    state[1] ^= 0xdd;
    rounds(state, words, count + ENDING_ROUNDS, count + 2 * ENDING_ROUNDS);
    this.second = state[1] ^ state[3];
  }
}

function rounds(state: Int32Array, words: Int32Array, from: number, to: number): void {
  let v0 = state[0] as number;
  let v1 = state[1] as number;
  let v2 = state[2] as number;
  let v3 = state[3] as number;
  for (let at = from; at < to; at++) {
    const word = words[at] as number;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  state[0] = v0;
  state[1] = v1;
  state[2] = v2;
  state[3] = v3;
}

/** Four bytes a word, the last one filled up with zeros; where the next word goes. */
function putWords(words: Int32Array, first: number, view: DataView, start: number, end: number): number {
  let count = first;
  let at = start;
  for (const whole = end - WORD_BYTES; at <= whole; at += WORD_BYTES) words[count++] = view.getInt32(at, true);
  if (at === end) return count;
  if (at + WORD_BYTES <= view.byteLength) {
    words[count++] = view.getInt32(at, true) & ((1 << ((end - at) << 3)) - 1);
    return count;
  }
  let last = 0;
  for (let shift = 0; at < end; at++, shift += 8) last |= view.getUint8(at) << shift;
  words[count++] = last;
  return count;
}
