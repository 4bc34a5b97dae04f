/** The beginning and the end of a file of any size; a small file is held whole. */
import { asBuffer } from '../item-bytes.ts';

/** Each window's size; a file of up to two windows is held whole. */
export const WINDOW_BYTES = 4 * 1024 * 1024;

export interface FileWindows {
  readonly sizeBytes: number;
  readonly head: Buffer;
  /** Empty where `head` is the whole file. */
  readonly tail: Buffer;
  /** The bytes at an offset, or undefined where the file ends before or the windows do not hold them. */
  read(offset: number, lengthBytes: number): Buffer | undefined;
  /** The whole file, or undefined where it is too large to be held. */
  readonly whole: Buffer | undefined;
  /** The last bytes of the file. */
  end(lengthBytes: number): Buffer;
}

/** Reads a file to its end and keeps its windows. */
export async function readWindows(chunks: AsyncIterable<Uint8Array>): Promise<FileWindows> {
  const head: Buffer[] = [];
  let headBytes = 0;
  const tail: Buffer[] = [];
  let tailBytes = 0;
  let sizeBytes = 0;
  for await (const each of chunks) {
    const chunk = asBuffer(each);
    sizeBytes += chunk.length;
    const toHead = chunk.subarray(0, WINDOW_BYTES - headBytes);
    if (toHead.length > 0) head.push(toHead);
    headBytes += toHead.length;
    const toTail = chunk.subarray(toHead.length);
    if (toTail.length === 0) continue;
    tail.push(toTail);
    tailBytes += toTail.length;
    while (tailBytes - (tail[0]?.length ?? 0) >= WINDOW_BYTES) tailBytes -= tail.shift()?.length ?? 0;
  }
  const kept = Buffer.concat(tail);
  return windowsOf(sizeBytes, Buffer.concat(head), kept.subarray(Math.max(0, kept.length - WINDOW_BYTES)));
}

function windowsOf(sizeBytes: number, head: Buffer, tail: Buffer): FileWindows {
  const isWhole = head.length + tail.length === sizeBytes;
  const whole = isWhole ? (tail.length === 0 ? head : Buffer.concat([head, tail])) : undefined;
  const tailFrom = sizeBytes - tail.length;
  return {
    sizeBytes,
    head,
    tail,
    whole,
    read(offset, lengthBytes) {
      if (offset < 0 || offset + lengthBytes > sizeBytes) return undefined;
      if (whole !== undefined) return whole.subarray(offset, offset + lengthBytes);
      if (offset + lengthBytes <= head.length) return head.subarray(offset, offset + lengthBytes);
      return offset >= tailFrom ? tail.subarray(offset - tailFrom, offset - tailFrom + lengthBytes) : undefined;
    },
    end(lengthBytes) {
      const last = whole ?? (tail.length === 0 ? head : tail);
      return last.subarray(Math.max(0, last.length - lengthBytes));
    },
  };
}
