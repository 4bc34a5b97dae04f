/** A stream of bytes to text, line by line: UTF-8 where a line is UTF-8, else windows-1252. */
import { isAscii, isUtf8 } from 'node:buffer';
import { asBuffer } from '../item-bytes.ts';

const LF = 0x0a;
/** A text without a line end is decoded in pieces of about this size. */
const PIECE_BYTES = 1024 * 1024;

/** Which charsets were met, and the first line that needed the second of them. */
export interface CharsetTally {
  utf8: boolean;
  windows1252: boolean;
  mixedAtLine: number | undefined;
  nulAtLine: number | undefined;
}

export async function* decodeLines(chunks: AsyncIterable<Uint8Array>, tally: CharsetTally): AsyncGenerator<string> {
  let held: Buffer = Buffer.alloc(0);
  let line = 1;
  let wide: TextDecoder | undefined;
  let isFirst = true;
  for await (const each of chunks) {
    let chunk = asBuffer(each);
    if (isFirst) {
      isFirst = false;
      wide = utf16Decoder(chunk);
      if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) chunk = chunk.subarray(3);
    }
    if (wide !== undefined) {
      yield wide.decode(chunk, { stream: true });
      continue;
    }
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const end = held.lastIndexOf(LF) + 1 || (held.length > PIECE_BYTES ? pieceEnd(held) : 0);
    if (end === 0) continue;
    const whole = held.subarray(0, end);
    held = held.subarray(end);
    yield decodeWhole(whole, line, tally);
    line += count(whole);
  }
  if (wide !== undefined) yield wide.decode();
  else if (held.length > 0) yield decodeWhole(held, line, tally);
}

function utf16Decoder(chunk: Buffer): TextDecoder | undefined {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return new TextDecoder('utf-16le');
  return chunk[0] === 0xfe && chunk[1] === 0xff ? new TextDecoder('utf-16be') : undefined;
}

/** Before the last character, which may be incomplete. */
function pieceEnd(held: Buffer): number {
  let end = held.length;
  while (end > 1 && ((held[end - 1] ?? 0) & 0xc0) === 0x80) end--;
  return end - 1;
}

function decodeWhole(bytes: Buffer, firstLine: number, tally: CharsetTally): string {
  const nul = tally.nulAtLine === undefined ? bytes.indexOf(0) : -1;
  if (nul !== -1) tally.nulAtLine = firstLine + count(bytes.subarray(0, nul));
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (isUtf8(bytes)) {
    met('utf8', firstLine, tally);
    return bytes.toString('utf8');
  }
  let text = '';
  let line = firstLine;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(LF, from) + 1 || bytes.length;
    const part = bytes.subarray(from, end);
    const isWide = isUtf8(part);
    if (!isAscii(part)) met(isWide ? 'utf8' : 'windows1252', line, tally);
    text += isWide ? part.toString('utf8') : new TextDecoder('windows-1252').decode(part);
    from = end;
  }
  return text;
}

function met(charset: 'utf8' | 'windows1252', line: number, tally: CharsetTally): void {
  tally[charset] = true;
  if (tally.utf8 && tally.windows1252) tally.mixedAtLine ??= line;
}

function count(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) lines++;
  return lines;
}
