/** Sorted runs of identities: who has which key, who refers to it. An identity is five numbers of 32 bits. */
import { asBuffer } from '../item-bytes.ts';

/**
 * The lanes of an entry: two of the hash of its namespace and text; the item, and REFERENCE_BIT where it refers, so
 * that what has a key comes before what refers to it; the record; and the number of its field, which does not sort.
 */
export const LANES = 5;
const COMPARED_LANES = 4;
export const REFERENCE_BIT = 2 ** 31;
const ENTRY_BYTES = LANES * 4;

/** Entries that can be sorted at once: their number and 32 bits of hash fit the 53 bits a double keeps. */
const SORTED_BITS = 20;

/** The first `count` entries of `lanes`, sorted; a copy. */
export function sortEntries(lanes: Uint32Array, count: number): Uint32Array {
  // Sorting doubles needs no calls to a comparison; what has one first lane is put in order afterwards.
  const order = new Float64Array(count);
  for (let at = 0; at < count; at++) order[at] = (lanes[at * LANES] ?? 0) * 2 ** SORTED_BITS + at;
  order.sort();
  const indexes = new Uint32Array(count);
  for (let at = 0; at < count; at++) indexes[at] = ((order[at] ?? 0) % 2 ** SORTED_BITS) * LANES;
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && lanes[indexes[to] ?? 0] === lanes[indexes[from] ?? 0]) to += 1;
    if (to - from > 1) indexes.subarray(from, to).sort((a, b) => compareEntries(lanes, a, lanes, b));
    from = to;
  }
  const sorted = new Uint32Array(count * LANES);
  for (let at = 0; at < count; at++) copyEntry(lanes, indexes[at] ?? 0, sorted, at * LANES);
  return sorted;
}

function copyEntry(from: Uint32Array, at: number, into: Uint32Array, to: number): void {
  for (let lane = 0; lane < LANES; lane++) into[to + lane] = from[at + lane] ?? 0;
}

function compareEntries(a: Uint32Array, atA: number, b: Uint32Array, atB: number): number {
  for (let lane = 0; lane < COMPARED_LANES; lane++) {
    const difference = (a[atA + lane] ?? 0) - (b[atB + lane] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The bytes of entries, in the order of this machine: runs never leave it. */
export function bytesOf(lanes: Uint32Array): Uint8Array {
  return new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.byteLength);
}

/** Stands at one entry of a sorted run and moves on; holds one chunk of it. */
export class RunCursor {
  lanes: Uint32Array = new Uint32Array(0);
  at = 0;
  /** The first 53 bits of the entry's hash: what nearly every comparison is settled by. */
  head = 0;
  /** The run's numbers of fields to those of the whole; null where they are the same. */
  readonly renumber: readonly number[] | null;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>, renumber: readonly number[] | null) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.renumber = renumber;
  }

  /** To the next entry; false where a chunk must be filled first. */
  advance(): boolean {
    this.at += LANES;
    if (this.at >= this.lanes.length) return false;
    this.#look();
    return true;
  }

  get use(): number {
    const use = this.lanes[this.at + LANES - 1] ?? 0;
    return this.renumber === null ? use : (this.renumber[use] ?? use);
  }

  /** Makes the next entries ready; false where there are none. */
  async fill(): Promise<boolean> {
    for (;;) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      const bytes = this.#rest.length === 0 ? asBuffer(next.value) : Buffer.concat([this.#rest, next.value]);
      const whole = bytes.length - (bytes.length % ENTRY_BYTES);
      this.#rest = Buffer.from(bytes.subarray(whole));
      if (whole === 0) continue;
      // Copied, because lanes begin at multiples of four bytes and chunks need not.
      this.lanes = new Uint32Array(Uint8Array.from(bytes.subarray(0, whole)).buffer);
      this.at = 0;
      this.#look();
      return true;
    }
  }

  #look(): void {
    this.head = (this.lanes[this.at] ?? 0) * 2 ** 21 + ((this.lanes[this.at + 1] ?? 0) >>> 11);
  }
}

const MERGED_CHUNK_ENTRIES = 16_384;

/** All entries of sorted runs in one order, in chunks, their fields by the numbers of the whole. */
export async function* mergeRuns(cursors: readonly RunCursor[]): AsyncGenerator<Uint32Array> {
  const fronts: RunCursor[] = [];
  for (const cursor of cursors) if (await cursor.fill()) fronts.push(cursor);
  fronts.sort(compareFronts);
  let merged = new Uint32Array(MERGED_CHUNK_ENTRIES * LANES);
  let to = 0;
  for (let first = fronts[0]; first !== undefined; first = fronts[0]) {
    copyEntry(first.lanes, first.at, merged, to);
    merged[to + LANES - 1] = first.use;
    to += LANES;
    if (to === merged.length) {
      yield merged;
      merged = new Uint32Array(MERGED_CHUNK_ENTRIES * LANES);
      to = 0;
    }
    if (!first.advance() && !(await first.fill())) fronts.shift();
    else sink(fronts, first);
  }
  if (to > 0) yield merged.subarray(0, to);
}

function compareFronts(a: RunCursor, b: RunCursor): number {
  return a.head === b.head ? compareEntries(a.lanes, a.at, b.lanes, b.at) : a.head - b.head;
}

/** Moves the first of otherwise sorted fronts to its place. */
function sink(fronts: RunCursor[], first: RunCursor): void {
  let at = 0;
  for (let next = fronts[1]; next !== undefined && compareFronts(next, first) < 0; next = fronts[at + 1]) {
    fronts[at] = next;
    at += 1;
  }
  fronts[at] = first;
}
