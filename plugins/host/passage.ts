/** The spool as it is lent to an opened endpoint: what passes through it to or from the other side keeps to caps. */
import type { Connection } from '../../kernel/bandwidth.ts';
import type { Connector, Role, Spool } from '../sdk/index.ts';
import type { Watch } from './deadline.ts';

type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export class Passage {
  readonly #bandwidth: Connection | undefined;
  /** Who waits for a parcel to be sent, by its key. */
  readonly #watches = new Map<string, Watch>();
  readonly #closed = new AbortController();

  constructor(bandwidth: Connection | undefined) {
    this.#bandwidth = bandwidth;
  }

  /** What a source keeps came from its other side. What a target staged there leaves as it is read. */
  through(spool: Spool, { capabilities }: Connector, role: Role): Spool {
    if (role === 'source')
      return { ...spool, write: (key, bytes, lasting) => spool.write(key, this.#received(bytes), lasting) };
    if (capabilities.staging !== 'spool') return spool;
    return { ...spool, read: (key) => this.#sent(key, spool.read(key)) };
  }

  /** While `work` runs, the time of `watch` starts again with each chunk that is read under the parcel's key. */
  async during<T>(key: string, watch: Watch, work: () => Promise<T>): Promise<T> {
    this.#watches.set(key, watch);
    try {
      return await work();
    } finally {
      if (this.#watches.get(key) === watch) this.#watches.delete(key);
    }
  }

  /** Whoever waits for bandwidth fails. */
  close(): void {
    this.#closed.abort();
    this.#bandwidth?.close();
  }

  async *#received(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) yield* this.#pieces(chunk, this.#closed.signal);
  }

  async *#sent(key: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      const watch = this.#watches.get(key);
      if (watch === undefined) yield chunk;
      else yield* this.#watched(chunk, watch);
    }
  }

  /** Waiting for bandwidth is not the connector's fault. */
  async *#watched(chunk: Uint8Array, watch: Watch): AsyncGenerator<Uint8Array> {
    watch.pause();
    for await (const piece of this.#pieces(chunk, watch.signal)) {
      watch.moved();
      yield piece;
      watch.pause();
    }
    watch.moved();
  }

  #pieces(chunk: Uint8Array, signal: AbortSignal): Pieces {
    return this.#bandwidth?.isCapped === true ? this.#bandwidth.pieces(chunk, signal) : [chunk];
  }
}
