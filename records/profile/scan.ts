/** One pass over the characters of a value: its hash, the hash of its mask, and what it holds that it should not. */

const { imul } = Math;
const DIGIT = 0x39;
const UPPER = 0x41;
const LOWER = 0x61;
const OTHER = 0x2a;

/** What a character becomes in a mask: letters `A` and `a`, digits `9`, what is not printable ASCII `*`. */
const MASK_OF = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= 0x30 && code <= 0x39) return DIGIT;
  if (code >= 0x41 && code <= 0x5a) return UPPER;
  if (code >= 0x61 && code <= 0x7a) return LOWER;
  return code < 0x20 || code === 0x7f ? OTHER : code;
});

const FOREIGN_SEEN = 1;
const CONTROL_SEEN = 2;
const INK_SEEN = 4;
/** What is seen where a character is met; tabs and line ends are white space like the blank. */
const SEEN_AT = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) return 0;
  return code < 0x20 || code === 0x7f ? CONTROL_SEEN | INK_SEEN : INK_SEEN;
});

/** The text with its letters and digits taken out, of the same length: marks and blanks are all that stays. */
export function maskOf(text: string): string {
  let mask = '';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    mask += String.fromCharCode(code < 128 ? (MASK_OF[code] ?? OTHER) : OTHER);
  }
  return mask;
}

/** Filled by `scan`; one is used for many values. */
export class Scan {
  /** 64 bits of the value, as two signed lanes. */
  high = 0;
  low = 0;
  /** 53 bits of its mask. */
  mask = 0;
  hasControl = false;
  /** Characters beyond ASCII. */
  hasForeign = false;
  isBlank = false;

  /** Two lanes of MurmurHash3 (x86, 32 bits) with constants of their own, two characters a step. */
  read(text: string): void {
    let high = 0x2f6e2b1;
    let low = 0x1747b28c;
    let mask = 0x11c9dc5;
    let other = 0x5bd1e995;
    let before = 0;
    let seen = 0;
    const { length } = text;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      const masked = code < 128 ? (MASK_OF[code] ?? OTHER) : OTHER;
      seen |= code < 128 ? (SEEN_AT[code] ?? 0) : FOREIGN_SEEN | INK_SEEN;
      mask = imul(mask ^ masked, 0x01000193);
      other = imul(other ^ masked, 0x5bd1e995) ^ (other >>> 15);
      if ((at & 1) === 0 && at + 1 < length) {
        before = code << 16;
        continue;
      }
      const word = (at & 1) === 0 ? code : before | code;
      high = stir(high, word, 0xcc9e2d51, 0x1b873593);
      low = stir(low, word, 0x239b961b, 0xab0e9789);
    }
    this.high = settle(high ^ length);
    this.low = settle(low ^ imul(length, 0x9e3779b1));
    this.mask = (settle(mask ^ length) >>> 0) * 0x200000 + (settle(other) & 0x1fffff);
    this.hasControl = (seen & CONTROL_SEEN) !== 0;
    this.hasForeign = (seen & FOREIGN_SEEN) !== 0;
    this.isBlank = seen === 0;
  }
}

function stir(lane: number, word: number, first: number, second: number): number {
  const mixed = imul(word, first);
  const turned = lane ^ imul((mixed << 15) | (mixed >>> 17), second);
  return (imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}

function settle(lane: number): number {
  let mixed = imul(lane ^ (lane >>> 16), 0x85ebca6b);
  mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
