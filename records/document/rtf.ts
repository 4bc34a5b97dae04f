/** An RTF document (RTF 1.9.1): its outermost group is closed, and no group is closed twice. */
import { type DocumentLook, truncated } from './look.ts';
import type { FileWindows } from './windows.ts';

const END_BYTES = 64;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const LETTER_B = 0x62;
/** `\binN `: N bytes follow in which braces mean nothing. */
const BINARY = /^\\bin(\d{1,10}) ?/;
const BINARY_WORD_CHARACTERS_MAX = 16;

export function checkRtf(file: FileWindows): DocumentLook {
  if (file.whole !== undefined) {
    const closedAt = outermostEnd(file.whole);
    return closedAt === undefined ? notClosed(file) : {};
  }
  const end = file.end(END_BYTES).toString('latin1');
  return end.replace(/[\s\0]+$/, '').endsWith('}') ? {} : notClosed(file);
}

function notClosed(file: FileWindows): DocumentLook {
  return truncated('RTF_TRUNCATED', file, 'the outermost group is not closed');
}

/** Where the outermost group ends; what stands behind it is not part of the document. */
function outermostEnd(bytes: Buffer): number | undefined {
  let open = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === BACKSLASH) {
      at += bytes[at + 1] === LETTER_B ? binaryBytes(bytes, at) : 1;
    } else if (byte === OPEN) open++;
    else if (byte === CLOSE && --open === 0) return at;
  }
  return undefined;
}

/** What to pass over of a control word that begins with a b: the letter, or the bytes that follow `\bin`. */
function binaryBytes(bytes: Buffer, at: number): number {
  const binary = BINARY.exec(bytes.toString('latin1', at, at + BINARY_WORD_CHARACTERS_MAX));
  return binary === null ? 1 : binary[0].length + Number(binary[1]) - 1;
}
