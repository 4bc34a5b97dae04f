/** A subscriber that remembers what it got, and can be waited on. */
import type { Client, ExecutionResult } from 'graphql-ws';

export interface Watcher {
  readonly seen: readonly ExecutionResult[];
  /** Resolves with the answer number `count`, counted from 1. */
  answer(count: number): Promise<ExecutionResult>;
  /** Resolves when the stream ended; with the error if there was one. */
  readonly ended: Promise<unknown>;
  stop(): void;
}

export function watch(client: Client, query: string, variables: Record<string, unknown> = {}): Watcher {
  const seen: ExecutionResult[] = [];
  const waiting = new Map<number, (answer: ExecutionResult) => void>();
  let end: (error: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => {
    end = resolve;
  });
  const stop = client.subscribe<Record<string, unknown>>(
    { query, variables },
    {
      next(answer) {
        seen.push(answer as ExecutionResult);
        waiting.get(seen.length)?.(answer as ExecutionResult);
      },
      error: (error) => end(error),
      complete: () => end(undefined),
    },
  );
  return {
    seen,
    ended,
    stop,
    answer(count) {
      const known = seen[count - 1];
      if (known) return Promise.resolve(known);
      return new Promise((resolve) => waiting.set(count, resolve));
    },
  };
}

/** Waits until `holds`; fails after a while that is long enough for the slowest machine. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`never: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
