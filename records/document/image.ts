/** JPEG (ITU T.81 annex B) and PNG (RFC 2083): does the picture reach its end mark? */
import { truncated, type DocumentLook } from './look.ts';
import type { FileWindows } from './windows.ts';

/** Cameras and scanners append bytes after the end mark. */
const END_WITHIN_BYTES = 4096;

export function checkJpeg(file: FileWindows): DocumentLook {
  const isWhole = file.whole === undefined ? file.end(END_WITHIN_BYTES).includes(EOI) : reachesEnd(file.whole);
  return isWhole ? { pages: 1 } : { problem: truncated('JPEG_TRUNCATED', file, 'no end of image') };
}

const EOI = Buffer.from([0xff, 0xd9]);

/** Walks the marker segments, so that the end mark of an embedded preview is not taken for the picture's. */
function reachesEnd(bytes: Buffer): boolean {
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return false;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) return true;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;
      continue;
    }
    at += 2 + bytes.readUInt16BE(at + 2);
    if (marker === 0xda) at = scanEnd(bytes, at);
  }
  return bytes[at] === 0xff && bytes[at + 1] === 0xd9;
}

/** The first marker after entropy-coded data; stuffed zeros and restarts belong to the data. */
function scanEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1] ?? 0;
    if (marker !== 0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7)) return at;
  }
  return bytes.length;
}

export function checkPng(file: FileWindows): DocumentLook {
  const isWhole = file.end(END_WITHIN_BYTES).includes('IEND');
  return isWhole ? { pages: 1 } : { problem: truncated('PNG_TRUNCATED', file, 'no IEND chunk') };
}
