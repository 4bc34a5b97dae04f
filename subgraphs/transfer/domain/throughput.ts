/** How fast a batch moves: a rate over the last seconds, and when it will be done at that rate. */

const WINDOW_MS = 10_000;
const SAMPLES_MAX = 64;

interface Sample {
  readonly atMs: number;
  readonly items: number;
  readonly bytes: number;
}

export interface Rate {
  readonly itemsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Fed with totals that only grow; a smaller total begins another measurement. */
export class Throughput {
  #samples: Sample[] = [];

  record(atMs: number, items: number, bytes: number): void {
    if (items < (this.#samples.at(-1)?.items ?? 0)) this.#samples = [];
    const [before, last] = this.#samples.slice(-2);
    // Close samples are merged, so that a fast batch still looks back over the whole window.
    if (before && last && last.atMs - before.atMs < WINDOW_MS / SAMPLES_MAX) this.#samples.pop();
    this.#samples.push({ atMs, items, bytes });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? 0) > WINDOW_MS) this.#samples.shift();
  }

  rate(): Rate {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const seconds = first && last ? (last.atMs - first.atMs) / 1000 : 0;
    if (!first || !last || seconds <= 0) return { itemsPerSecond: 0, bytesPerSecond: 0 };
    return {
      itemsPerSecond: (last.items - first.items) / seconds,
      bytesPerSecond: (last.bytes - first.bytes) / seconds,
    };
  }
}

/** Seconds until the rest is done, `undefined` when nothing moves. The slower of items and bytes decides. */
export function secondsLeft(rest: { readonly items: number; readonly bytes: number }, rate: Rate): number | undefined {
  if (rest.items <= 0) return 0;
  if (rate.itemsPerSecond <= 0) return undefined;
  const byBytes = rate.bytesPerSecond > 0 ? rest.bytes / rate.bytesPerSecond : 0;
  return Math.max(rest.items / rate.itemsPerSecond, byBytes);
}
