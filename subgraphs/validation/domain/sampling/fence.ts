/**
 * Outliers of sizes and dates: beyond the quartiles by some times their distance (the fences of J. W. Tukey,
 * "Exploratory Data Analysis", 1977), found in one pass and in fixed room: values are counted by sixteenths of a power
 * of two.
 */

/** Steps of a power of two. */
const STEPS = 16;
/** Values are below 2^53. */
const STEPS_MAX = 54 * STEPS;

/** The lowest and the highest value that is not an outlier. */
export interface Fence {
  readonly lowest: number;
  readonly highest: number;
}

export class FenceCount {
  readonly #counts = new Float64Array(STEPS_MAX);
  #total = 0;

  /** A whole number, 0 or more. */
  add(value: number): void {
    this.#total += 1;
    this.#counts[stepOf(value)] = (this.#counts[stepOf(value)] ?? 0) + 1;
  }

  /** Undefined where nothing went by, or three quarters of it is alike: then everything else would be an outlier. */
  end(factor: number): Fence | undefined {
    if (this.#total === 0) return undefined;
    const [lower, upper] = [this.#quantile(0.25), this.#quantile(0.75)];
    if (lower === upper) return undefined;
    const reach = factor * (upper - lower);
    return { lowest: valueOf(lower - reach), highest: valueOf(upper + reach + 1) };
  }

  #quantile(share: number): number {
    let seen = 0;
    for (const [step, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= share * this.#total) return step;
    }
    return STEPS_MAX;
  }
}

export function isOutside(value: number, fence: Fence | undefined): boolean {
  return fence !== undefined && (value < fence.lowest || value > fence.highest);
}

function stepOf(value: number): number {
  return Math.floor(Math.log2(value + 1) * STEPS);
}

function valueOf(step: number): number {
  return 2 ** (step / STEPS) - 1;
}
