/** The bytes of one item, read once from front to back. */

export type ItemBytes = Uint8Array | AsyncIterable<Uint8Array>;

/** Chunks of one item whose reading may stop and go on: leaving a `for await` does not close the source. */
export interface ItemChunks extends AsyncIterable<Uint8Array> {
  /** At least `bytesMin` bytes from the front, fewer only when there are no more; they are still delivered later. */
  peek(bytesMin: number): Promise<Buffer>;
}

/** Hands an item to a reader and tells an error of the source apart from an error of the reader. */
export class ItemReading implements ItemChunks {
  readonly #source: AsyncIterator<Uint8Array>;
  #ahead: Buffer[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(bytes: ItemBytes) {
    this.#source = (bytes instanceof Uint8Array ? once(bytes) : bytes)[Symbol.asyncIterator]();
  }

  /** What the source threw, wrapped, or undefined. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        const chunk = this.#ahead.shift() ?? (await this.#pull());
        return chunk === undefined ? { done: true, value: undefined } : { done: false, value: chunk };
      },
    };
  }

  async peek(bytesMin: number): Promise<Buffer> {
    let sizeBytes = this.#ahead.reduce((sum, chunk) => sum + chunk.length, 0);
    while (sizeBytes < bytesMin) {
      const chunk = await this.#pull();
      if (chunk === undefined) break;
      this.#ahead.push(chunk);
      sizeBytes += chunk.length;
    }
    return this.#ahead.length === 1 ? (this.#ahead[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#ahead);
  }

  /** Reads to the end, so that a digest taken on the way covers the whole item. */
  async drain(): Promise<void> {
    this.#ahead = [];
    while ((await this.#pull()) !== undefined);
  }

  /** Lets go of the source, read to its end or not. */
  async close(): Promise<void> {
    this.#ahead = [];
    if (this.#ended) return;
    this.#ended = true;
    await this.#source.return?.();
  }

  async #pull(): Promise<Buffer | undefined> {
    while (!this.#ended) {
      try {
        const next = await this.#source.next();
        if (next.done === true) this.#ended = true;
        else if (next.value.byteLength > 0) return asBuffer(next.value);
      } catch (error) {
        this.#ended = true;
        this.#failure = { error };
        throw error;
      }
    }
    return undefined;
  }
}

/** All bytes of `chunks`, or undefined when there are more than `bytesMax`. */
export async function gather(chunks: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > bytesMax) return undefined;
    parts.push(chunk);
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? asBuffer(only) : Buffer.concat(parts);
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
