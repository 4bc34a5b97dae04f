/** Between an opened endpoint and its other side: what passes keeps to caps, also by way of the spool. */
import type { Connection } from '../../kernel/bandwidth.ts';
import type { Connector, Role, Spool } from '../sdk/index.ts';
import type { Watch } from './deadline.ts';

export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export class Passage {
  readonly #bandwidth: Connection | undefined;
  readonly #isSource: boolean;
  /** What is staged waits for bandwidth when it is read from the spool, and not before. */
  readonly stagesInSpool: boolean;
  /** Who waits for a parcel to be sent, by its key. */
  readonly #watches = new Map<string, Watch>();
  readonly #closed = new AbortController();

  /** `bandwidth` is left out where nothing is capped, and `role` where nothing is opened. */
  constructor({ capabilities }: Connector, role?: Role | undefined, bandwidth?: Connection | undefined) {
    this.#bandwidth = bandwidth;
    this.#isSource = role === 'source';
    this.stagesInSpool = role === 'target' && capabilities.staging === 'spool';
  }

  /** Whether bytes may have to wait. */
  get isCapped(): boolean {
    return this.#bandwidth?.isCapped === true;
  }

  /** The same bytes as they may move. Fails with the reason of `signal` when that fires in between. */
  pieces(bytes: Uint8Array, signal: AbortSignal): Pieces {
    return this.#bandwidth?.isCapped === true ? this.#bandwidth.pieces(bytes, signal) : [bytes];
  }

  /** What a source keeps came from its other side. What a target staged there leaves as it is read. */
  through(spool: Spool): Spool {
    if (this.#isSource)
      return { ...spool, write: (key, bytes, lasting) => spool.write(key, this.#received(bytes), lasting) };
    return this.stagesInSpool ? { ...spool, read: (key) => this.#sent(key, spool.read(key)) } : spool;
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
    for await (const chunk of bytes) yield* this.pieces(chunk, this.#closed.signal);
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
    for await (const piece of this.pieces(chunk, watch.signal)) {
      watch.moved();
      yield piece;
      watch.pause();
    }
    watch.moved();
  }
}
