/** Streams for the toy subgraphs; they count who listens, and let go at once when told to. */

export interface Live<T> {
  publish(value: T): void;
  /** Whoever listens now. */
  readonly listeners: number;
  /** Gives `first`, then everything published. */
  stream(first: readonly T[]): AsyncIterableIterator<T>;
  /** Breaks every stream. */
  fail(error: Error): void;
}

interface Listener<T> {
  push(value: T): void;
  fail(error: Error): void;
}

const DONE = { done: true as const, value: undefined };

export function openLive<T>(): Live<T> {
  const listeners = new Set<Listener<T>>();
  return {
    get listeners() {
      return listeners.size;
    },
    publish: (value) => listeners.forEach((listener) => listener.push(value)),
    fail: (error) => listeners.forEach((listener) => listener.fail(error)),
    stream(first) {
      const held: T[] = [...first];
      let failure: Error | undefined;
      let wake: (() => void) | undefined;
      let ended = false;
      const listener: Listener<T> = {
        push(value) {
          held.push(value);
          wake?.();
        },
        fail(error) {
          failure = error;
          wake?.();
        },
      };
      listeners.add(listener);
      const end = (): void => {
        ended = true;
        listeners.delete(listener);
        wake?.();
      };
      return {
        async next() {
          while (held.length === 0 && !ended && failure === undefined) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          const [value] = held.splice(0, 1);
          if (value !== undefined && !ended) return { done: false, value };
          if (failure === undefined) return DONE;
          end();
          throw failure;
        },
        return() {
          end();
          return Promise.resolve(DONE);
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}
