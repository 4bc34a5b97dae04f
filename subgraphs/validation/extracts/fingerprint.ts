/**
 * Short fingerprints of keys and of rows, by HalfSipHash-1-3 under a secret drawn for one run. Nobody can make two rows
 * that have one fingerprint; by chance two that differ have it once in 2^64. They only say what need not be looked at.
 */
import { randomBytes } from 'node:crypto';

/** Cells of one row: cell i is `bytes[starts[i]..ends[i])`. */
export interface CellBytes {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** The columns of an extract, in an order that is the same on both sides. */
export interface ColumnOrder {
  readonly at: Int32Array;
  /** A word that stands for the name of each. */
  readonly names: Int32Array;
}

const SECRET_BYTES = 8;
const WORD_BYTES = 4;
const WORDS_FIRST = 4_096;

export class Fingerprinter {
  readonly #low: number;
  readonly #high: number;
  #words = new Int32Array(WORDS_FIRST);
  /** The fingerprint taken last. */
  first = 0;
  second = 0;

  constructor(secret: Buffer = randomBytes(SECRET_BYTES)) {
    this.#low = secret.readInt32LE(0);
    this.#high = secret.readInt32LE(WORD_BYTES);
  }

  order(names: readonly string[]): ColumnOrder {
    const sorted = [...names.entries()].sort(([, one], [, other]) => (one < other ? -1 : one > other ? 1 : 0));
    const words = sorted.map(([, name]) => {
      const bytes = Buffer.from(name);
      this.bytes(bytes, 0, bytes.length);
      return this.first;
    });
    return { at: Int32Array.from(sorted, ([at]) => at), names: Int32Array.from(words) };
  }

  /** Takes the fingerprint of `bytes[start..end)`. */
  bytes(bytes: Uint8Array, start: number, end: number): void {
    this.#room(end - start + WORD_BYTES);
    this.#mix(putWords(this.#words, 0, bytes, start, end));
  }

  /** Takes the fingerprint of the cells that are not empty, each after the name of its column. */
  cells({ bytes, starts, ends }: CellBytes, { at, names }: ColumnOrder): void {
    this.#room((ends[at.length - 1] ?? 0) - (starts[0] ?? 0) + at.length * 2 * WORD_BYTES);
    const words = this.#words;
    let count = 0;
    for (let place = 0; place < at.length; place++) {
      const column = at[place] as number;
      const start = starts[column] as number;
      const end = ends[column] as number;
      if (start === end) continue;
      words[count++] = names[place] as number;
      count = putWords(words, count, bytes, start, end);
    }
    this.#mix(count);
  }

  #room(sizeBytes: number): void {
    if (this.#words.byteLength < sizeBytes) this.#words = new Int32Array(sizeBytes);
  }

  /** SipHash with words of 32 bits: a round a word, three to end with, twice. */
  #mix(count: number): void {
    const words = this.#words;
    let v0 = this.#low;
    let v1 = this.#high;
    let v2 = 0x6c796765 ^ v0;
    let v3 = 0x74656462 ^ v1;
    const ending = count + ENDING_ROUNDS;
    for (let at = 0; at < ending + ENDING_ROUNDS; at++) {
      const word = at < count ? (words[at] as number) : 0;
      if (at === count) v2 ^= 0xff;
      if (at === ending) {
        this.first = v1 ^ v3;
        v1 ^= 0xdd;
      }
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
    this.second = v1 ^ v3;
  }
}

const ENDING_ROUNDS = 3;

/** Four bytes a word, and a last one of what is left and how many there were; where the next word goes. */
function putWords(words: Int32Array, first: number, bytes: Uint8Array, start: number, end: number): number {
  let count = first;
  let at = start;
  for (const whole = end - WORD_BYTES; at <= whole; at += WORD_BYTES) {
    words[count++] =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
  }
  let last = (end - start) << 24;
  for (let shift = 0; at < end; at++, shift += 8) last |= (bytes[at] as number) << shift;
  words[count] = last;
  return count + 1;
}
