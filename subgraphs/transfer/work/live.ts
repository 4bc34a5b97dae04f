/** Batches as watchers see them: the newest state, how fast they move, and when they will be done. */
import type { Clock } from '../../../kernel/clock.ts';
import { openTopic, type Topic } from '../../../runtime/progress.ts';
import { secondsLeft, Throughput } from '../domain/throughput.ts';
import type { Batch } from '../store/tables.ts';

export interface Progress {
  readonly batch: Batch;
  readonly seq: number;
  readonly at: string;
  readonly itemsMoved: number;
  readonly bytesMoved: number;
  readonly itemsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Undefined while nothing moves. */
  readonly eta: string | undefined;
}

/** More batches than this are never at work at once; the one that was silent longest is forgotten. */
const WATCHED_MAX = 10_000;
const FOLLOW_INTERVAL_MS = 1_000;

interface Watched {
  readonly topic: Topic<Progress>;
  readonly throughput: Throughput;
  /** Of the newest state that was told. */
  seq: number;
}

export class LiveBatches {
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells the watchers; `batch` is a copy that nobody changes any more. */
  publish(batch: Batch): void {
    const watched = this.#of(batch.id);
    const { topic, throughput } = watched;
    watched.seq = batch.seq;
    throughput.record(this.#clock.elapsedMs(), itemsDone(batch), bytesDone(batch));
    topic.publish(this.progressOf(batch));
  }

  /** The state first, then what changes, at most twice a second. `read` gives the batch as it is saved. */
  watch(batchId: string, read: () => Promise<Batch | undefined>): AsyncIterableIterator<Progress> {
    const watched = this.#of(batchId);
    const snapshot = async (): Promise<Progress | undefined> => {
      const batch = await read();
      // A state may be told just before it is saved: whoever comes in between is told again once it is.
      if (batch && batch.seq < watched.seq) watched.seq = batch.seq;
      return batch && this.progressOf(batch);
    };
    const stop = this.#follow(watched, read);
    return endedBy(watched.topic.subscribe({ snapshot }), stop);
  }

  /** The batch may be at work in another process, which tells nobody here: then the saved state is what is shown. */
  #follow(watched: Watched, read: () => Promise<Batch | undefined>): () => void {
    const timer = setInterval(() => {
      void read().then(
        (batch) => batch && batch.seq > watched.seq && this.publish(batch),
        // The database is away; the next round may find it.
        () => {},
      );
    }, FOLLOW_INTERVAL_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  progressOf(batch: Batch): Progress {
    const now = this.#clock.now();
    const isAtWork = batch.state === 'packing' || batch.state === 'moving';
    const none = { itemsPerSecond: 0, bytesPerSecond: 0 };
    const rate = isAtWork ? (this.#watched.get(batch.id)?.throughput.rate() ?? none) : none;
    const rest = { items: itemsToDo(batch) - itemsDone(batch), bytes: Math.max(0, batch.bytes - bytesDone(batch)) };
    const seconds = isAtWork ? secondsLeft(rest, rate) : undefined;
    return {
      batch,
      seq: batch.seq,
      at: now.toISOString(),
      itemsMoved: batch.moved,
      bytesMoved: batch.bytesMoved,
      ...rate,
      eta: seconds === undefined ? undefined : new Date(now.getTime() + seconds * 1000).toISOString(),
    };
  }

  #of(batchId: string): Watched {
    const known = this.#watched.get(batchId);
    if (known !== undefined) return known;
    const fresh: Watched = { topic: openTopic<Progress>(), throughput: new Throughput(), seq: 0 };
    const [oldest] = this.#watched.keys();
    if (this.#watched.size >= WATCHED_MAX && oldest !== undefined) this.#watched.delete(oldest);
    this.#watched.set(batchId, fresh);
    return fresh;
  }
}

/** How many items of the batch are to be moved at all. */
export function itemsToDo(batch: Batch): number {
  return batch.items - batch.excluded;
}

/** How far the phase it is in has come, in items. */
export function itemsDone(batch: Batch): number {
  return batch.phase === 'packing' ? batch.packed : batch.moved + batch.setAside + batch.failed;
}

function bytesDone(batch: Batch): number {
  return batch.phase === 'packing' ? batch.bytesPacked : batch.bytesMoved;
}

/** The same values; `stop` is called when the reader leaves. */
function endedBy<T>(values: AsyncIterableIterator<T>, stop: () => void): AsyncIterableIterator<T> {
  return {
    next: () => values.next(),
    async return() {
      stop();
      return (await values.return?.()) ?? { value: undefined, done: true };
    },
    throw(error: unknown) {
      stop();
      return values.throw?.(error) ?? Promise.reject(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
