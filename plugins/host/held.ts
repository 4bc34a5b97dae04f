/** What a connector can be given again, in the memory of this process: a bounded number of short contents. */

/** A content that is longer belongs on the disk. */
const EACH_MAX_BYTES = 1024 * 1024;
/** Together; what comes while so much is held belongs on the disk. */
const ALL_MAX_BYTES = 16 * 1024 * 1024;
/** What holding a content takes besides its bytes, rounded up: many that are empty take memory too. */
const ENTRY_BYTES = 512;

/** What became of a content: it is held, or it is too much and has to go elsewhere, from its first byte on. */
type Taken = { readonly heldBytes: number } | { readonly tooMuch: AsyncIterable<Uint8Array> };

/** By key. Nothing of it outlives the process. */
export class Held {
  readonly #contents = new Map<string, Uint8Array>();
  #takenBytes = 0;

  /** Replaces what is held under the key, unless it is too much, by a copy: the sender may use its memory again. */
  async take(key: string, bytes: AsyncIterable<Uint8Array>): Promise<Taken> {
    const [chunks, rest]: [Uint8Array[], AsyncIterator<Uint8Array>] = [[], bytes[Symbol.asyncIterator]()];
    let sizeBytes = 0;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      // Not out of Node's pool: one of its pieces holds all of the others in memory.
      chunks.push(new Uint8Array(next.value));
      sizeBytes += next.value.byteLength;
      if (sizeBytes > EACH_MAX_BYTES) return { tooMuch: resumed(chunks, rest) };
    }
    const before = this.#contents.get(key);
    const more = takenBy(key, sizeBytes) - (before === undefined ? 0 : takenBy(key, before.byteLength));
    if (this.#takenBytes + more > ALL_MAX_BYTES) return { tooMuch: resumed(chunks, rest) };
    const [only] = chunks;
    this.#contents.set(key, only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
    this.#takenBytes += more;
    return { heldBytes: sizeBytes };
  }

  get(key: string): Uint8Array | undefined {
    return this.#contents.get(key);
  }

  /** Whether it was held. */
  drop(key: string): boolean {
    const content = this.#contents.get(key);
    if (content === undefined) return false;
    this.#takenBytes -= takenBy(key, content.byteLength);
    return this.#contents.delete(key);
  }
}

function takenBy(key: string, sizeBytes: number): number {
  return ENTRY_BYTES + 2 * key.length + sizeBytes;
}

async function* resumed(
  chunks: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* chunks;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
