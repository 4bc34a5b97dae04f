/**
 * Drawing: every item has a rank, HMAC-SHA-256 of its id under the seed, and those of the lowest ranks are drawn. The
 * same seed draws the same sample in whatever order items come. The lowest of a whole are among the lowest of its
 * parts, so samples of batches hold the sample of the dataset. Anybody who knows the seed can draw it again.
 */
import { keyedDigest } from '../../../../kernel/digest.ts';
import type { Id } from '../../../../kernel/id.ts';
import { sampleSize, unlimitedSampleSize } from './sample-size.ts';
import type { TierSampling } from './draw-plan.ts';

/** 13 hex digits: the order of ranks is that of numbers, and a double holds them. */
const RANK_DIGITS = 13;
const RANKS = 16 ** RANK_DIGITS;

/** Where an item stands among those that may be drawn: a whole number below 2^52. */
export function rankOf(seed: Uint8Array, itemId: Id): number {
  return Number.parseInt(keyedDigest(seed, itemId).slice(0, RANK_DIGITS), 16);
}

/** Items that are gone by, and up to which rank they are drawn once all of them are. */
export class RankCount {
  /** The lowest ranks so far, as a heap with the highest of them on top. */
  readonly #lowest: number[] = [];
  readonly #keep: number;
  readonly #demand: TierSampling;
  population = 0;

  constructor(demand: TierSampling) {
    this.#demand = demand;
    // No population, however large, needs more.
    this.#keep = unlimitedSampleSize(demand);
  }

  add(rank: number): void {
    this.population += 1;
    if (this.#lowest.length < this.#keep) {
      this.#lowest.push(rank);
      this.#rise(this.#lowest.length - 1);
    } else if (rank < (this.#lowest[0] ?? 0)) {
      this.#lowest[0] = rank;
      this.#sink();
    }
  }

  /** The size that the statistics ask for, and the highest rank that is drawn: -1 where nothing is. */
  end(): { readonly size: number; readonly upTo: number } {
    const size = sampleSize(this.population, this.#demand);
    const ranks = this.#lowest.toSorted((left, right) => left - right);
    // A share of all ranks holds that share of the items, as near as chance lets it.
    const byShare = Math.ceil(this.#demand.minimumShare * RANKS) - 1;
    return { size, upTo: Math.max(ranks[size - 1] ?? -1, byShare) };
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swap(parent, at)) return;
      at = parent;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const higher = (this.#lowest[right] ?? -1) > (this.#lowest[left] ?? -1) ? right : left;
      if (higher >= this.#lowest.length || !this.#swap(at, higher)) return;
      at = higher;
    }
  }

  /** Swaps parent and child where the child is the higher one. */
  #swap(parent: number, child: number): boolean {
    const [above = 0, below = 0] = [this.#lowest[parent], this.#lowest[child]];
    if (above >= below) return false;
    this.#lowest[parent] = below;
    this.#lowest[child] = above;
    return true;
  }
}
