/** The content of one entry, unpacked as it is read, counted against the budget and held against its check sum. */
import { crc32, createInflateRaw } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import type { Problem } from '../format.ts';
import { asBuffer } from '../item-bytes.ts';
import { type Budget, OverLimit } from './budget.ts';
import type { RandomAccess } from './random-access.ts';

const STORED = 0;
const INFLATE_CHUNK_BYTES = 64 * 1024;

export interface Opened {
  readonly zip: ZipFile;
  readonly access: RandomAccess;
  readonly budget: Budget;
}

/** Ends early where the entry is damaged or too large, and says so afterwards; throws only what the source throws. */
export class EntryContent implements AsyncIterable<Uint8Array> {
  problem: Problem | undefined;
  /** True where a limit of the whole archive was reached. */
  isOver = false;
  readonly #opened: Opened;
  readonly #entry: Entry;
  readonly #position: string;

  constructor(opened: Opened, entry: Entry, position: string) {
    this.#opened = opened;
    this.#entry = entry;
    this.#position = position;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { budget } = this.#opened;
    let [sizeBytes, sum] = [0, 0];
    try {
      for await (const chunk of this.#unpacked()) {
        sizeBytes += chunk.length;
        sum = crc32(chunk, sum);
        budget.inflate(chunk.length, this.#position);
        if (sizeBytes > this.#entry.uncompressedSize) return this.#damaged('it is longer than the archive says');
        yield chunk;
      }
    } catch (error) {
      return this.#fail(error);
    }
    if (sizeBytes < this.#entry.uncompressedSize) this.#damaged('it is shorter than the archive says');
    else if (sum !== this.#entry.crc32) this.#damaged('it is not what its check sum says');
  }

  async *#unpacked(): AsyncGenerator<Buffer> {
    const raw = await this.#opened.zip.openReadStreamPromise(this.#entry, { decodeFileData: false });
    if (this.#entry.compressionMethod === STORED) {
      for await (const chunk of raw) yield asBuffer(chunk as Uint8Array);
      return;
    }
    const inflater = createInflateRaw({ chunkSize: INFLATE_CHUNK_BYTES });
    raw.on('error', (error: Error) => inflater.destroy(error));
    raw.pipe(inflater);
    try {
      for await (const chunk of inflater) yield asBuffer(chunk as Uint8Array);
    } finally {
      raw.destroy();
      inflater.destroy();
    }
  }

  #fail(error: unknown): void {
    const { failure } = this.#opened.access;
    if (error instanceof OverLimit) {
      this.isOver = true;
      this.problem = error.problem;
    } else if (failure !== undefined) throw failure.error;
    else this.#damaged('it cannot be unpacked');
  }

  #damaged(why: string): void {
    const message = `the entry is cut off or damaged: ${why}`;
    this.problem = { category: 'unreadable', code: 'ARCHIVE_UNREADABLE', position: this.#position, message };
  }
}
