/** Counts by text for the least texts of an order; the others are counted together. */

export interface KeptJson {
  readonly kept: readonly (readonly [string, number])[];
  readonly others: number;
}

/**
 * What belongs to the least `limit` texts of a whole belongs to the least of every part that holds it, so whatever is
 * kept is counted exactly, in whatever order texts come and parts are merged.
 */
export class KeptCounts {
  readonly #limit: number;
  readonly #order: (a: string, b: string) => number;
  readonly #counts = new Map<string, number>();
  #last: string | undefined;
  #others = 0;

  constructor(limit: number, order: (a: string, b: string) => number = byText) {
    this.#limit = limit;
    this.#order = order;
  }

  get others(): number {
    return this.#others;
  }

  add(text: string, count: number): void {
    const before = this.#counts.get(text);
    if (before !== undefined) this.#counts.set(text, before + count);
    else if (this.#counts.size < this.#limit) {
      this.#counts.set(text, count);
      this.#last = undefined;
    } else this.#replaceLast(text, count);
  }

  /** Counts what has no text of its own. */
  addOther(count: number): void {
    this.#others += count;
  }

  merge(other: KeptCounts): void {
    for (const [text, count] of other.#counts) this.add(text, count);
    this.#others += other.#others;
  }

  /** In order. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([a], [b]) => this.#order(a, b));
  }

  /** The most frequent first. */
  byCount(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([a, one], [b, two]) => two - one || this.#order(a, b));
  }

  toJson(): KeptJson {
    return { kept: this.entries(), others: this.#others };
  }

  /** Into an empty one. */
  fill({ kept, others }: KeptJson): this {
    for (const [text, count] of kept) this.add(text, count);
    this.#others += others;
    return this;
  }

  #replaceLast(text: string, count: number): void {
    this.#last ??= [...this.#counts.keys()].reduce((last, each) => (this.#order(each, last) > 0 ? each : last));
    if (this.#order(text, this.#last) > 0) {
      this.#others += count;
      return;
    }
    this.#others += this.#counts.get(this.#last) ?? 0;
    this.#counts.delete(this.#last);
    this.#counts.set(text, count);
    this.#last = undefined;
  }
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The shorter first. */
export function byLength(a: string, b: string): number {
  return a.length - b.length || byText(a, b);
}
