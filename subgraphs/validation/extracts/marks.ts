/**
 * Marks: what tells a record and what it says, as fingerprints. They lie on disk, cut by key into parts. Part by part
 * whatever stands once on each side and says the same is taken out; what is left is looked at for itself.
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
const BLOCK_MARKS = 512;
const BLOCK_BYTES = BLOCK_MARKS * MARK_BYTES;

interface Part {
  readonly blocks: number[];
  open: Int32Array;
  count: number;
}

/** The marks of one extract. */
export class MarkBook {
  readonly #file: ScratchFile;
  readonly #parts: readonly Part[];
  #full: { readonly part: Part; readonly block: Int32Array }[] = [];

  constructor(file: ScratchFile) {
    this.#file = file;
    this.#parts = Array.from({ length: PARTS }, () => ({ blocks: [], open: newBlock(), count: 0 }));
  }

  /** Takes the words down as they are now. Call `settle` from time to time. */
  add(key: Words, says: Words, at: number, sizeBytes: number, line: number): void {
    const part = this.#parts[key.first >>> PART_SHIFT] as Part;
    const from = part.count * MARK_WORDS;
    const { open } = part;
    open[from] = key.first;
    open[from + 1] = key.second;
    open[from + 2] = says.first;
    open[from + 3] = says.second;
    // Divided by hand: a place may be larger than a word, and a view for it would be a second one on every block.
    open[from + 4] = at / PLACE_UNIT;
    open[from + 5] = at % PLACE_UNIT;
    open[from + 6] = sizeBytes;
    open[from + 7] = line;
    part.count += 1;
    if (part.count < BLOCK_MARKS) return;
    this.#full.push({ part, block: open });
    Object.assign(part, { open: newBlock(), count: 0 });
  }

  /** Writes down the blocks that are full. */
  async settle(): Promise<void> {
    const full = this.#full;
    this.#full = [];
    for (const { part, block } of full) part.blocks.push(await this.#file.append(bytesOf(block)));
  }

  countOf(part: number): number {
    const { blocks, count } = this.#parts[part] as Part;
    return blocks.length * BLOCK_MARKS + count;
  }

  /** The blocks of a part in turn, each with how many marks it holds. */
  async *blocksOf(part: number): AsyncGenerator<{ readonly block: Int32Array; readonly count: number }> {
    await this.#file.flush();
    const { blocks, open, count } = this.#parts[part] as Part;
    for (const at of blocks) {
      const bytes = await this.#file.read(at, BLOCK_BYTES);
      yield { block: new Int32Array(bytes.buffer, bytes.byteOffset, BLOCK_BYTES / 4), count: BLOCK_MARKS };
    }
    yield { block: open, count };
  }
}

const PLACE_UNIT = 2 ** 31;

function newBlock(): Int32Array {
  return new Int32Array(BLOCK_MARKS * MARK_WORDS);
}

function bytesOf(block: Int32Array): Buffer {
  return Buffer.from(block.buffer, block.byteOffset, block.byteLength);
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
}

export async function sift(source: MarkBook, target: MarkBook, limits: SiftLimits): Promise<Sifted | undefined> {
  const left: [Mark[], Mark[]] = [[], []];
  let matched = 0;
  for (let part = 0; part < PARTS; part++) {
    const passes = Math.ceil((source.countOf(part) + target.countOf(part)) / limits.marksMax);
    for (let pass = 0; pass < passes; pass++) {
      const pile = new Pile();
      for (const [side, book] of [source, target].entries()) {
        for await (const { block, count } of book.blocksOf(part)) pile.take(block, count, side, { pass, passes });
      }
      matched += pile.sort(left);
      if (left[0].length + left[1].length > limits.leftMax) return undefined;
    }
  }
  for (const marks of left) marks.sort((one, other) => one.at - other.at);
  return { matched, source: left[0], target: left[1] };
}

const PILE_MARKS_FIRST = 8_192;

/** Marks of both sides, by key. */
class Pile {
  #marks = new Int32Array(PILE_MARKS_FIRST * MARK_WORDS);
  #sides = new Uint8Array(PILE_MARKS_FIRST);
  #count = 0;

  /** Those of the block that belong to this pass. */
  take(block: Int32Array, count: number, side: number, { pass, passes }: { pass: number; passes: number }): void {
    this.#room(count);
    for (let at = 0; at < count; at++) {
      const from = at * MARK_WORDS;
      if (passes > 1 && ((block[from] as number) & PASS_MASK) % passes !== pass) continue;
      this.#marks.set(block.subarray(from, from + MARK_WORDS), this.#count * MARK_WORDS);
      this.#sides[this.#count++] = side;
    }
  }

  #room(more: number): void {
    const needed = this.#count + more;
    if (needed <= this.#sides.length) return;
    const size = Math.max(needed, this.#sides.length * 2);
    const [marks, sides] = [new Int32Array(size * MARK_WORDS), new Uint8Array(size)];
    marks.set(this.#marks);
    sides.set(this.#sides);
    this.#marks = marks;
    this.#sides = sides;
  }

  /** Adds what is left to that of its side; how many pairs there were. */
  sort(left: readonly [Mark[], Mark[]]): number {
    const { heads, others } = this.#byKey();
    let matched = 0;
    for (const head of heads) {
      if (head === 0) continue;
      const second = others[head - 1] as number;
      if (second !== 0 && others[second - 1] === 0 && this.#isPair(head - 1, second - 1)) {
        matched += 1;
        continue;
      }
      for (let at = head; at !== 0; at = others[at - 1] as number)
        left[this.#sides[at - 1] as 0 | 1].push(this.#mark(at - 1));
    }
    return matched;
  }

  /** One mark of each key, and for each mark the next one of its key; counted from 1, 0 is none. */
  #byKey(): { readonly heads: Int32Array; readonly others: Int32Array } {
    const marks = this.#marks;
    const slots = 2 ** Math.ceil(Math.log2(this.#count * 2 + 2));
    const heads = new Int32Array(slots);
    const others = new Int32Array(this.#count);
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
    return { heads, others };
  }

  #isPair(one: number, other: number): boolean {
    const [from, facing] = [one * MARK_WORDS, other * MARK_WORDS];
    return (
      this.#sides[one] !== this.#sides[other] &&
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
