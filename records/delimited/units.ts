/** Bytes as text without loss: one character a byte, or a code unit of UTF-16. Separators are ASCII in both. */
import { isAscii } from 'node:buffer';
import { asBuffer } from '../item-bytes.ts';

export type UnitCharset = 'bytes' | 'utf-16le' | 'utf-16be';

export interface Encoding {
  readonly charset: UnitCharset;
  /** The length of the byte order mark. */
  readonly markBytes: number;
}

/** UTF-16 by its byte order mark, or by the zeros of its first two characters; anything else is bytes. */
export function sniffEncoding(head: Buffer): Encoding {
  const [first, second, third, fourth] = head;
  if (first === 0xff && second === 0xfe) return { charset: 'utf-16le', markBytes: 2 };
  if (first === 0xfe && second === 0xff) return { charset: 'utf-16be', markBytes: 2 };
  if (first === 0xef && second === 0xbb && third === 0xbf) return { charset: 'bytes', markBytes: 3 };
  if (second === 0 && fourth === 0 && first !== 0 && third !== 0) return { charset: 'utf-16le', markBytes: 0 };
  if (first === 0 && third === 0 && second !== 0 && fourth !== 0) return { charset: 'utf-16be', markBytes: 0 };
  return { charset: 'bytes', markBytes: 0 };
}

export interface Units {
  readonly text: string;
  /** False where every unit is an ASCII character other than NUL. */
  readonly special: boolean;
}

export function unitsOf(bytes: Buffer, charset: UnitCharset): Units {
  if (charset === 'bytes') {
    return { text: bytes.toString('latin1'), special: !isAscii(bytes) || bytes.includes(0) };
  }
  const little = charset === 'utf-16le' ? bytes : Buffer.from(bytes).swap16();
  return { text: little.toString('utf16le'), special: true };
}

/** The bytes that `unitsOf` read. */
export function bytesOf(units: string, charset: UnitCharset): Buffer {
  if (charset === 'bytes') return Buffer.from(units, 'latin1');
  const little = Buffer.from(units, 'utf16le');
  return charset === 'utf-16le' ? little : little.swap16();
}

/** Chunks of whole units; a last byte that is half of one comes alone. */
export async function* wholeUnits(chunks: AsyncIterable<Uint8Array>, charset: UnitCharset): AsyncGenerator<Buffer> {
  if (charset === 'bytes') {
    for await (const chunk of chunks) yield asBuffer(chunk);
    return;
  }
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const joined = held.length === 0 ? asBuffer(chunk) : Buffer.concat([held, chunk]);
    const whole = joined.length - (joined.length % 2);
    held = joined.subarray(whole);
    if (whole > 0) yield joined.subarray(0, whole);
  }
  if (held.length > 0) yield held;
}
