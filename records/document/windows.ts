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
export async function readWindows(
  chunks: AsyncIterable<Uint8Array>,
  windowBytes: number = WINDOW_BYTES,
): Promise<FileWindows> {
  const keeper = new WindowKeeper(windowBytes);
  for await (const chunk of chunks) keeper.push(asBuffer(chunk));
  return keeper.end();
}

/** The windows of bytes that are held anyway. */
export function windowsOfBytes(bytes: Buffer): FileWindows {
  return windowsOf(bytes.length, bytes, Buffer.alloc(0));
}

/** Chunks of a file in, its windows out. */
export class WindowKeeper {
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  readonly #tail: Buffer[] = [];
  #tailBytes = 0;
  #sizeBytes = 0;
  readonly #windowBytes: number;

  constructor(windowBytes: number = WINDOW_BYTES) {
    this.#windowBytes = windowBytes;
  }

  push(chunk: Buffer): void {
    this.#sizeBytes += chunk.length;
    const toHead = chunk.subarray(0, this.#windowBytes - this.#headBytes);
    if (toHead.length > 0) this.#head.push(toHead);
    this.#headBytes += toHead.length;
    const toTail = chunk.subarray(toHead.length);
    if (toTail.length === 0) return;
    this.#tail.push(toTail);
    this.#tailBytes += toTail.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= this.#windowBytes) {
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
    }
  }

  end(): FileWindows {
    const kept = Buffer.concat(this.#tail);
    const tail = kept.subarray(Math.max(0, kept.length - this.#windowBytes));
    return windowsOf(this.#sizeBytes, Buffer.concat(this.#head), tail);
  }
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
