/** Reads an archive's bytes as yauzl asks for them. */
import { Readable } from 'node:stream';
import yauzl from 'yauzl';
import { asBuffer } from '../item-bytes.ts';
import type { ArchiveBytes } from './bytes.ts';

/** Entries are listed in pieces of some fifty bytes; the source is asked for this many. */
const READ_AHEAD_BYTES = 256 * 1024;

export class RandomAccess extends yauzl.RandomAccessReader {
  readonly #bytes: ArchiveBytes;
  #ahead: Buffer = Buffer.alloc(0);
  #aheadAt = 0;
  /** What the source threw, wrapped: no problem of the archive. */
  failure: { readonly error: unknown } | undefined;

  constructor(bytes: ArchiveBytes) {
    super();
    this.#bytes = bytes;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    this.#held(position, length).then(
      (held) => {
        held.copy(buffer, offset);
        done(held.length < length ? new Error('the archive ends before') : null);
      },
      (error: Error) => done(error),
    );
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#watched(start, end), { objectMode: false });
  }

  async #held(position: number, length: number): Promise<Buffer> {
    const from = position - this.#aheadAt;
    if (from < 0 || from + length > this.#ahead.length) {
      const end = Math.min(position + Math.max(length, READ_AHEAD_BYTES), this.#bytes.sizeBytes);
      const parts: Uint8Array[] = [];
      for await (const part of this.#watched(position, end)) parts.push(part);
      this.#ahead = Buffer.concat(parts);
      this.#aheadAt = position;
      return this.#ahead.subarray(0, length);
    }
    return this.#ahead.subarray(from, from + length);
  }

  async *#watched(start: number, end: number): AsyncGenerator<Buffer> {
    if (start < 0 || start >= end || start >= this.#bytes.sizeBytes) return;
    let left = end - start;
    try {
      for await (const chunk of this.#bytes.range(start, Math.min(end, this.#bytes.sizeBytes))) {
        const part = asBuffer(chunk).subarray(0, left);
        left -= part.length;
        if (part.length > 0) yield part;
        if (left === 0) return;
      }
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}
