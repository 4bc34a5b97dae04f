/** The least and the greatest of some numbers. */

export type ExtremesJson = readonly [least: number, greatest: number] | null;

export class Extremes {
  least = Number.POSITIVE_INFINITY;
  greatest = Number.NEGATIVE_INFINITY;

  get any(): boolean {
    return this.least <= this.greatest;
  }

  add(value: number): void {
    if (value < this.least) this.least = value;
    if (value > this.greatest) this.greatest = value;
  }

  merge(other: Extremes): void {
    if (!other.any) return;
    this.add(other.least);
    this.add(other.greatest);
  }

  toJson(): ExtremesJson {
    return this.any ? [this.least, this.greatest] : null;
  }

  static fromJson(json: ExtremesJson): Extremes {
    const extremes = new Extremes();
    for (const value of json ?? []) extremes.add(value);
    return extremes;
  }
}
