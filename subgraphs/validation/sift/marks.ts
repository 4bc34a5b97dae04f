/**
 * Marks: what tells a record and what it says, as fingerprints of 64 bits. They lie on disk, cut by key into parts.
 * Part by part whatever stands once on each side and says the same is taken out; what is left is looked at for itself.
 * Two records are taken for one by chance only where both fingerprints of both agree: once in 2^128 pairs.
 */
import type { ScratchFile } from '../work/spool.ts';

/** Eight bytes. */
export interface Words {
  readonly first: number;
  readonly second: number;
}

/** The fingerprints of a record's key and of what it says, and where it stands in its extract. */
export interface Mark {
  readonly key: Words;
  readonly says: Words;
  readonly at: number;
  readonly sizeBytes: number;
  readonly line: number;
}

const PARTS = 256;
const PART_SHIFT = 24;
/** Key and content, 8 bytes each; place as a double; size and line. */
const MARK_BYTES = 32;
const MARK_WORDS = MARK_BYTES / 4;
const BLOCK_MARKS = 1_024;
const BLOCK_WORDS = BLOCK_MARKS * MARK_WORDS;
const PLACE_UNIT = 2 ** 31;

/** The marks of one side, taken down in any order and by several at once. */
export class MarkBook {
  readonly #file: ScratchFile;
  /** The block of each part that is being filled, one after the other, and how many marks it holds; at first none. */
  #open = new Int32Array(0);
  readonly #counts = new Int32Array(PARTS);
  /** Where the full blocks of each part lie in the file. */
  readonly #blocks: readonly number[][] = Array.from({ length: PARTS }, () => []);

  constructor(file: ScratchFile) {
    this.#file = file;
  }

  /** Takes the words down as they are now. Call `settle` when it is full: full blocks wait for that in memory. */
  add(key: Words, says: Words, at: number, sizeBytes: number, line: number): void {
    const part = key.first >>> PART_SHIFT;
    const count = this.#counts[part] as number;
    const from = part * BLOCK_WORDS + count * MARK_WORDS;
    if (this.#open.length === 0) this.#open = new Int32Array(PARTS * BLOCK_WORDS);
    const open = this.#open;
    open[from] = key.first;
    open[from + 1] = key.second;
    open[from + 2] = says.first;
    open[from + 3] = says.second;
    // Divided by hand: a place may be larger than a word, and a view for it would be a second one on every block.
    open[from + 4] = at / PLACE_UNIT;
    open[from + 5] = at % PLACE_UNIT;
    open[from + 6] = sizeBytes;
    open[from + 7] = line;
    this.#counts[part] = (count + 1) % BLOCK_MARKS;
    if (count + 1 < BLOCK_MARKS) return;
    const block = open.slice(part * BLOCK_WORDS, (part + 1) * BLOCK_WORDS);
    this.#blocks[part]?.push(this.#file.put(bytesOf(block)));
  }

  /** Whether many full blocks wait to be written. */
  get isFull(): boolean {
    return this.#file.isFull;
  }

  async settle(): Promise<void> {
    await this.#file.flush();
  }

  countOf(part: number): number {
    return this.#blocksOf(part).length * BLOCK_MARKS + (this.#counts[part] as number);
  }

  /** Gives the marks of a part block by block; each is laid where `room` says, which is told how many they are. */
  async each(part: number, room: () => Int32Array, took: (count: number) => void): Promise<void> {
    await this.#file.flush();
    for (const at of this.#blocksOf(part)) {
      await this.#file.readInto(bytesOf(room()), at);
      took(BLOCK_MARKS);
    }
    const count = this.#counts[part] as number;
    const from = part * BLOCK_WORDS;
    room().set(this.#open.subarray(from, from + count * MARK_WORDS));
    took(count);
  }

  #blocksOf(part: number): readonly number[] {
    return this.#blocks[part] ?? [];
  }
}

function bytesOf(words: Int32Array): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}

export interface Sifted {
  /** Pairs that stand once on each side and say the same. */
  readonly matched: number;
  /** Everything else, in the order of its extract. */
  readonly source: readonly Mark[];
  readonly target: readonly Mark[];
}

/** Of a part of both sides no more marks than that are held at a time. */
export interface SiftLimits {
  readonly marksMax: number;
  /** Beyond that it does not pay: the answer is undefined. */
  readonly leftMax: number;
  /** Whether what stands on one side alone is left, or of no concern. */
  readonly alone: { readonly source: 'left' | 'dropped'; readonly target: 'left' | 'dropped' };
}

/** Left of both sides: beyond that, or beyond its share, everything is looked at. */
export const LEFT_MAX = 250_000;
const LEFT_SHARE = 0.1;

/** How many marks may be left of so many for it to pay to take the others out. */
export function leftWithin(marks: number, share = LEFT_SHARE): number {
  return Math.min(LEFT_MAX, marks * share);
}

/** What a mark costs while a part is sorted: itself, its place by key, the next of its key. */
const MARK_COST_BYTES = 64;
const BYTES_PER_MB = 1024 * 1024;

/** How many marks of a part may be held at a time. */
export function marksWithin(memoryMaxMb: number): number {
  return Math.floor((memoryMaxMb * BYTES_PER_MB) / MARK_COST_BYTES);
}

export async function sift(source: MarkBook, target: MarkBook, limits: SiftLimits): Promise<Sifted | undefined> {
  const left: [Mark[], Mark[]] = [[], []];
  const pile = new Pile();
  let matched = 0;
  for (let part = 0; part < PARTS; part++) {
    const passes = Math.ceil((source.countOf(part) + target.countOf(part)) / limits.marksMax);
    for (let pass = 0; pass < passes; pass++) {
      const share = { pass, passes };
      pile.clear();
      await source.each(part, pile.room, (count) => pile.take(count, 0, share));
      await target.each(part, pile.room, (count) => pile.take(count, 1, share));
      matched += pile.sort(left, limits.alone);
      if (left[0].length + left[1].length > limits.leftMax) return undefined;
    }
  }
  for (const marks of left) marks.sort((one, other) => one.at - other.at);
  return { matched, source: left[0], target: left[1] };
}

const PILE_MARKS_FIRST = 8_192;

/** Marks of both sides, those of the source first, by key. */
class Pile {
  #marks = new Int32Array(PILE_MARKS_FIRST * MARK_WORDS);
  #heads = new Int32Array(0);
  #others = new Int32Array(0);
  #count = 0;
  #ofSource = 0;

  clear(): void {
    this.#count = 0;
    this.#ofSource = 0;
  }

  /** Where the next block may be laid. */
  readonly room = (): Int32Array => {
    const from = this.#count * MARK_WORDS;
    if (this.#marks.length < from + BLOCK_WORDS) {
      const more = new Int32Array(this.#marks.length * 2);
      more.set(this.#marks);
      this.#marks = more;
    }
    return this.#marks.subarray(from, from + BLOCK_WORDS);
  };

  /** Keeps those of the block laid last that belong to this pass. */
  take(count: number, side: 0 | 1, { pass, passes }: { readonly pass: number; readonly passes: number }): void {
    const [marks, first] = [this.#marks, this.#count];
    if (passes === 1) this.#count += count;
    for (let at = first; passes > 1 && at < first + count; at++) {
      const from = at * MARK_WORDS;
      if (((marks[from] as number) & PASS_MASK) % passes !== pass) continue;
      marks.copyWithin(this.#count * MARK_WORDS, from, from + MARK_WORDS);
      this.#count += 1;
    }
    if (side === 0) this.#ofSource = this.#count;
  }

  /** Adds what is left to that of its side; how many pairs there were. */
  sort(left: readonly [Mark[], Mark[]], alone: SiftLimits['alone']): number {
    const slots = this.#byKey();
    const [heads, others] = [this.#heads, this.#others];
    let matched = 0;
    for (let slot = 0; slot < slots; slot++) {
      const head = heads[slot] as number;
      if (head === 0) continue;
      const second = others[head - 1] as number;
      // The marks of the source were laid first. Of a key the first stands first, and the last after it.
      if (alone.target === 'dropped' && head > this.#ofSource) continue;
      if (alone.source === 'dropped' && (second || head) <= this.#ofSource) continue;
      if (second !== 0 && others[second - 1] === 0 && this.#isPair(head - 1, second - 1)) {
        matched += 1;
        continue;
      }
      for (let at = head; at !== 0; at = others[at - 1] as number)
        left[at <= this.#ofSource ? 0 : 1].push(this.#mark(at - 1));
    }
    return matched;
  }

  /** One mark of each key, and for each mark the next one of its key; counted from 1, 0 is none. How many slots. */
  #byKey(): number {
    const marks = this.#marks;
    const slots = 2 ** Math.ceil(Math.log2(this.#count * 2 + 2));
    if (this.#heads.length < slots) {
      this.#heads = new Int32Array(slots);
      this.#others = new Int32Array(slots);
    }
    const [heads, others] = [this.#heads.fill(0, 0, slots), this.#others.fill(0, 0, this.#count)];
    for (let at = 0; at < this.#count; at++) {
      const first = marks[at * MARK_WORDS] as number;
      const second = marks[at * MARK_WORDS + 1] as number;
      for (let slot = second & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
        const head = heads[slot] as number;
        if (head === 0) {
          heads[slot] = at + 1;
          break;
        }
        const from = (head - 1) * MARK_WORDS;
        if (marks[from] !== first || marks[from + 1] !== second) continue;
        others[at] = others[head - 1] as number;
        others[head - 1] = at + 1;
        break;
      }
    }
    return slots;
  }

  #isPair(one: number, other: number): boolean {
    const [from, facing] = [one * MARK_WORDS, other * MARK_WORDS];
    return (
      one < this.#ofSource !== other < this.#ofSource &&
      this.#marks[from + 2] === this.#marks[facing + 2] &&
      this.#marks[from + 3] === this.#marks[facing + 3]
    );
  }

  #mark(index: number): Mark {
    const [first, second, third, fourth, far = 0, near = 0, sizeBytes = 0, line = 0] = this.#marks.subarray(
      index * MARK_WORDS,
      (index + 1) * MARK_WORDS,
    );
    return {
      key: { first: first ?? 0, second: second ?? 0 },
      says: { first: third ?? 0, second: fourth ?? 0 },
      ...{ at: far * PLACE_UNIT + near, sizeBytes, line: line >>> 0 },
    };
  }
}

/** The bits of a key's first word that do not say which part it is in. */
const PASS_MASK = 2 ** PART_SHIFT - 1;
