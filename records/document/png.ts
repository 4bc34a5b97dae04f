/** PNG (ISO/IEC 15948, 5): chunks one after the other, each with its own check sum, from IHDR to IEND. */
import { crc32 } from 'node:zlib';
import { broken, type DocumentLook, truncated } from './look.ts';
import type { FileWindows } from './windows.ts';

const SIGNATURE_BYTES = 8;
/** Length, type and check sum. */
const CHUNK_BYTES = 12;
const END_WITHIN_BYTES = 4096;

export function checkPng(file: FileWindows): DocumentLook {
  if (file.whole === undefined) return file.end(END_WITHIN_BYTES).includes('IEND') ? { pages: 1 } : notEnded(file);
  const bytes = file.whole;
  let hasData = false;
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= bytes.length; ) {
    const end = at + CHUNK_BYTES + bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (end > bytes.length) return notEnded(file);
    if (at === SIGNATURE_BYTES && type !== 'IHDR') return damaged(at, 'the picture has no header');
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) {
      return damaged(at, 'a chunk is not what its check sum says');
    }
    hasData ||= type === 'IDAT';
    if (type === 'IEND') return hasData ? { pages: 1 } : damaged(at, 'the picture has no data');
    at = end;
  }
  return notEnded(file);
}

function notEnded(file: FileWindows): DocumentLook {
  return truncated('PNG_TRUNCATED', file, 'no IEND chunk');
}

function damaged(at: number, message: string): DocumentLook {
  return broken('PNG_DAMAGED', `byte ${at}`, message);
}
