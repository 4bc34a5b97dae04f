/** Where something was found: how often, and the first places by item and record. */
import { PLACES_MAX } from './limits.ts';

/** Both count from 1; what a record is depends on the format. Moved on by whoever reads. */
export interface Place {
  item: number;
  record: number;
}

export interface PlacesJson {
  readonly count: number;
  /** Item and record of each, in order. */
  readonly first: readonly number[];
}

export class Places {
  count = 0;
  readonly #first: Place[] = [];

  add(place: Readonly<Place>): void {
    this.count += 1;
    this.#keep(place);
  }

  /** Something that concerns the whole field and has no place of its own. */
  addUnplaced(count: number): void {
    this.count += count;
  }

  merge(other: Places): void {
    this.count += other.count;
    for (const place of other.#first) this.#keep(place);
  }

  first(): readonly Readonly<Place>[] {
    return this.#first;
  }

  toJson(): PlacesJson {
    return { count: this.count, first: this.#first.flatMap(({ item, record }) => [item, record]) };
  }

  static fromJson({ count, first }: PlacesJson): Places {
    const places = new Places();
    places.count = count;
    for (let at = 0; at + 1 < first.length; at += 2) {
      places.#first.push({ item: first[at] ?? 0, record: first[at + 1] ?? 0 });
    }
    return places;
  }

  #keep({ item, record }: Readonly<Place>): void {
    const last = this.#first.at(-1);
    if (this.#first.length >= PLACES_MAX && last !== undefined && !isBefore(item, record, last)) return;
    let at = this.#first.length;
    for (let before = this.#first[at - 1]; before !== undefined && isBefore(item, record, before); ) {
      at -= 1;
      before = this.#first[at - 1];
    }
    this.#first.splice(at, 0, { item, record });
    if (this.#first.length > PLACES_MAX) this.#first.pop();
  }
}

function isBefore(item: number, record: number, other: Readonly<Place>): boolean {
  return item < other.item || (item === other.item && record < other.record);
}
