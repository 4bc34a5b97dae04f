/** What the items of a dataset turned out to hold, in numbers. */
import type { HiddenCounts, HiddenKind } from '../../../records/hidden/hidden.ts';

export type { HiddenCounts, HiddenKind };

/** The counts of one survey of one dataset; `inspected` items were opened, the others only listed. */
export interface Contents {
  readonly inspected: number;
  readonly structured: number;
  readonly unstructured: number;
  readonly unknown: number;
  /** Items by content kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** What is hidden inside or beside the items, by kind. */
  readonly hidden: HiddenCounts;
}

export interface InspectedItem {
  readonly contentKind: string | null;
  readonly isStructured: boolean | null;
  readonly hidden: HiddenCounts | null;
}

/** Counts items one by one, whatever their number. */
export class ContentsCount {
  readonly #kinds: Record<string, number> = {};
  readonly #hidden: Partial<Record<HiddenKind, number>> = {};
  #inspected = 0;
  #structured = 0;
  #unstructured = 0;
  #unknown = 0;

  add({ contentKind, isStructured, hidden }: InspectedItem): void {
    if (contentKind === null) return;
    this.#inspected += 1;
    this.#kinds[contentKind] = (this.#kinds[contentKind] ?? 0) + 1;
    if (isStructured === null) this.#unknown += 1;
    else if (isStructured) this.#structured += 1;
    else this.#unstructured += 1;
    for (const [kind, count] of Object.entries(hidden ?? {})) this.addHidden(kind as HiddenKind, count);
  }

  addHidden(kind: HiddenKind, count: number): void {
    if (count > 0) this.#hidden[kind] = (this.#hidden[kind] ?? 0) + count;
  }

  all(): Contents {
    return {
      inspected: this.#inspected,
      structured: this.#structured,
      unstructured: this.#unstructured,
      unknown: this.#unknown,
      kinds: this.#kinds,
      hidden: this.#hidden,
    };
  }
}
