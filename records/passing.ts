/** Bytes on their way to somewhere, looked at by one reader as they pass. */

/** In step: a chunk passes once the reader has taken the one before, so that no more than one waits for it. */
export class Passing {
  readonly #source: AsyncIterable<Uint8Array>;
  #offered = Promise.withResolvers<Uint8Array | undefined>();
  #taken: Promise<void> = Promise.resolve();
  #take: () => void = () => {};
  #hasReaderLeft = false;
  #end: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
    this.#next();
  }

  /** What the source yields. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#source) {
        await this.#offer(chunk);
        yield chunk;
      }
      await this.#offer(undefined);
    } catch (error) {
      this.#end = { error };
      throw error;
    } finally {
      this.#end ??= { error: new Error('nobody asks for the bytes any more') };
      // Does nothing where a chunk or the end waits for the reader.
      this.#offered.reject(this.#end.error);
    }
  }

  /** The same once more, for one reader. Fails where the source fails, or nobody asks for the bytes any more. */
  async *seen(): AsyncGenerator<Uint8Array> {
    try {
      for (let chunk = await this.#offered.promise; chunk !== undefined; chunk = await this.#offered.promise) {
        this.#next();
        this.#take();
        yield chunk;
      }
    } finally {
      this.#hasReaderLeft = true;
      this.#take();
    }
  }

  #next(): void {
    this.#offered = Promise.withResolvers();
    // It may be that nobody waits for it.
    this.#offered.promise.catch(() => {});
    if (this.#end !== undefined) this.#offered.reject(this.#end.error);
  }

  async #offer(chunk: Uint8Array | undefined): Promise<void> {
    await this.#taken;
    if (this.#hasReaderLeft) return;
    this.#taken = new Promise((resolve) => {
      this.#take = resolve;
    });
    this.#offered.resolve(chunk);
  }
}
