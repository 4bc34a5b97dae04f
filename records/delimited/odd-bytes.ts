/** Finds the bytes of a row that are not plain text of a cell, four at a time. */

export const QUOTE = 34;
export const ASCII_LAST = 127;
export const CONTROL_LAST = 31;

/** The same byte four times. */
const EACH_ONE = 0x01010101;
const EACH_HIGH_BIT = 0x80808080 | 0;
const EACH_SPACE = 0x20202020;
const EACH_QUOTE = QUOTE * EACH_ONE;
const WORD_BYTES = 4;

/** The next separator, quotation mark, control character or byte that is no ASCII; the end where there is none. */
export function nextOdd(view: DataView, size: number, separator: number, from: number): number {
  const separators = Math.imul(separator, EACH_ONE);
  let at = from;
  for (const whole = size - WORD_BYTES; at <= whole; at += WORD_BYTES) {
    const word = view.getInt32(at, true);
    const separated = word ^ separators;
    const quoted = word ^ EACH_QUOTE;
    const controls = (word - EACH_SPACE) & ~word;
    const marks = ((separated - EACH_ONE) & ~separated) | ((quoted - EACH_ONE) & ~quoted);
    // Exact up to the lowest byte that is odd; a carry makes those above it look odd, and they are not looked at.
    const odd = (controls | marks | word) & EACH_HIGH_BIT;
    if (odd !== 0) return at + ((31 - Math.clz32(odd & -odd)) >>> 3);
  }
  while (at < size && !isOdd(view.getUint8(at), separator)) at++;
  return at;
}

function isOdd(byte: number, separator: number): boolean {
  return byte === separator || byte === QUOTE || byte <= CONTROL_LAST || byte > ASCII_LAST;
}
