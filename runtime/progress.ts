/** Live topics inside one process: the newest state for watchers, and every value for readers with a cursor. */
import { setTimeout as pause } from 'node:timers/promises';

/** The newest value wins: a watcher gets the snapshot first, then at most two values a second. */
export interface Topic<T> {
  publish(value: T): void;
  /** `snapshot` reads the state of now; undefined when there is none yet. Ending the iterator forgets the watcher. */
  subscribe(o: { readonly snapshot: () => Promise<T | undefined> }): AsyncIterableIterator<T>;
}

/** Loses nothing: a reader gets everything after `since` from the store, and is woken for more. */
export interface CursorTopic<T> {
  /** Says that there is something new in the store. */
  wake(): void;
  /** Everything after `since`, or from the beginning, in order, until the reader ends it. */
  subscribe(o: { readonly since: string | undefined }): AsyncIterableIterator<T>;
}

export interface CursorTopicOptions<T> {
  /** The values after a cursor, oldest first, as many as one likes at a time; empty when there are none yet. */
  readonly page: (since: string | undefined) => Promise<readonly T[]>;
  readonly cursorOf: (value: T) => string;
}

const INTERVAL_MS = 500;
/** Other processes write to the store too, and nobody here is told. */
const POLL_INTERVAL_MS = 2_000;
const WATCHERS_MAX = 10_000;

/** A topic with one slot for each watcher: a slow one misses what is outdated and holds nothing up. */
export function openTopic<T>(): Topic<T> {
  const watchers = new Set<Slot<T>>();
  return {
    publish(value) {
      for (const watcher of watchers) watcher.put(value);
    },
    subscribe({ snapshot }) {
      if (watchers.size >= WATCHERS_MAX) throw new RangeError('too many watchers of one topic');
      const slot = new Slot<T>();
      watchers.add(slot);
      const values = coalesced(slot, snapshot);
      return endable(values, () => watchers.delete(slot));
    },
  };
}

export function openCursorTopic<T>(o: CursorTopicOptions<T>): CursorTopic<T> {
  const readers = new Set<Slot<true>>();
  return {
    wake() {
      for (const reader of readers) reader.put(true);
    },
    subscribe({ since }) {
      const slot = new Slot<true>();
      readers.add(slot);
      return endable(pages(o, slot, since), () => readers.delete(slot));
    },
  };
}

type Pull<T> = (ended: AbortSignal) => AsyncGenerator<T>;

function coalesced<T>(slot: Slot<T>, snapshot: () => Promise<T | undefined>): Pull<T> {
  return async function* values(ended) {
    const first = await snapshot();
    if (first !== undefined) yield first;
    while (!ended.aborted) {
      await pause(INTERVAL_MS, undefined, { signal: ended });
      yield await slot.take(ended);
    }
  };
}

function pages<T>({ page, cursorOf }: CursorTopicOptions<T>, slot: Slot<true>, since: string | undefined): Pull<T> {
  return async function* values(ended) {
    let cursor = since;
    while (!ended.aborted) {
      slot.clear();
      const found = await page(cursor);
      for (const value of found) {
        yield value;
        cursor = cursorOf(value);
      }
      if (found.length === 0)
        await slot.take(AbortSignal.any([ended, AbortSignal.timeout(POLL_INTERVAL_MS)])).catch(() => {});
    }
  };
}

/** Holds the newest value until it is taken. */
class Slot<T> {
  #value: { readonly value: T } | undefined;
  #wake: (() => void) | undefined;

  put(value: T): void {
    this.#value = { value };
    this.#wake?.();
  }

  clear(): void {
    this.#value = undefined;
  }

  /** Waits for a value; rejects when `ended` aborts. */
  async take(ended: AbortSignal): Promise<T> {
    while (this.#value === undefined) {
      ended.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        ended.addEventListener('abort', () => resolve(), { once: true });
      });
      this.#wake = undefined;
    }
    const { value } = this.#value;
    this.#value = undefined;
    return value;
  }
}

/** Ending it takes effect at once, even while a value is awaited: a generator alone would wait for that value first. */
function endable<T>(pull: Pull<T>, forget: () => void): AsyncIterableIterator<T> {
  const ending = new AbortController();
  const values = pull(ending.signal);
  const done: IteratorResult<T> = { value: undefined, done: true };
  const ended = new Promise<IteratorResult<T>>((resolve) => {
    ending.signal.addEventListener('abort', () => resolve(done), { once: true });
  });
  const end = (): void => {
    forget();
    ending.abort();
  };
  return {
    async next() {
      if (ending.signal.aborted) return done;
      try {
        return await Promise.race([values.next(), ended]);
      } catch (error) {
        if (ending.signal.aborted) return done;
        end();
        throw error;
      }
    },
    return() {
      end();
      return Promise.resolve(done);
    },
    throw(error: unknown) {
      end();
      return Promise.reject(error instanceof Error ? error : new Error('ended by its reader'));
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
