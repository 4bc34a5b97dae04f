/**
 * Takes both sides of what is to be matched down: a line for each record, and a mark by which those that agree are told
 * in passing. Only the lines of the others are looked at, unless they are many.
 */
import { Fingerprinter } from '../sift/fingerprint.ts';
import { leftWithin, type Mark, MarkBook, marksWithin, sift } from '../sift/marks.ts';
import { ACTUAL, type ActualLine, EXPECTED, type ExpectedLine, type Scratch } from './scratch.ts';
import type { Place, ScratchFile, Spool } from './spool.ts';

/** No key and no type has it. */
const PART_SEPARATOR = '\u001e';
const WORD_BYTES = 4;

export interface Left {
  /** Pairs that stand once on each side and say the same. */
  readonly matched: number;
  /** Where the lines of all others lie; of the target those whose key the source has. */
  readonly expected: Scratch;
  readonly actual: Scratch;
}

export class RecordNotes {
  /** Types of the records that could be mapped whole. */
  readonly types = new Set<string>();
  /** Records that could not be mapped whole: they have no key that could be looked for. */
  unmapped = 0;
  /** Whether what agrees was taken out. */
  hasAgreed = false;
  readonly #spool: Spool;
  readonly #expected: Side;
  readonly #actual: Side;
  readonly #leftShare: number | undefined;

  private constructor(
    spool: Spool,
    { expected, actual }: Readonly<Record<'expected' | 'actual', Side>>,
    share: number | undefined,
  ) {
    this.#spool = spool;
    this.#leftShare = share;
    this.#expected = expected;
    this.#actual = actual;
  }

  /** `leftShare`: of all lines, how many may be left for it to pay to take the others out. */
  static async in(spool: Spool, leftShare?: number): Promise<RecordNotes> {
    const prints = new Fingerprinter();
    const side = async ({ file }: Scratch): Promise<Side> => {
      return new Side(await spool.file(file), await spool.file(`${file}.marks`), prints);
    };
    return new RecordNotes(spool, { expected: await side(EXPECTED), actual: await side(ACTUAL) }, leftShare);
  }

  /** Of both sides. */
  get lines(): number {
    return this.#expected.lines.lines + this.#actual.lines.lines;
  }

  /** Takes down what the lineage makes. */
  async expect(line: ExpectedLine): Promise<void> {
    const side = this.#expected;
    const place = side.lines.putLine(line);
    if (line.w) {
      this.types.add(line.t);
      side.mark(line, place);
    } else this.unmapped += 1;
    if (side.isFull) await side.settle();
  }

  /** Takes down what the target has. */
  async find(line: ActualLine): Promise<void> {
    const side = this.#actual;
    side.mark(line, side.lines.putLine(line));
    if (side.isFull) await side.settle();
  }

  async left(memoryMaxMb: number): Promise<Left> {
    const { marks: here } = this.#expected;
    const { marks: there } = this.#actual;
    const left = await sift(here, there, {
      marksMax: marksWithin(memoryMaxMb),
      leftMax: leftWithin(this.lines, this.#leftShare),
      strangers: 'dropped',
    });
    if (left === undefined || left.matched === 0) return { matched: 0, expected: EXPECTED, actual: ACTUAL };
    this.hasAgreed = true;
    const { matched, source, target } = left;
    const [expected, actual] = [await this.#copy(EXPECTED, source), await this.#copy(ACTUAL, target)];
    return { matched, expected, actual };
  }

  /** The lines of these marks, in a file of their own. */
  async #copy({ file, columns }: Scratch, marks: readonly Mark[]): Promise<Scratch> {
    const from = await this.#spool.file(file);
    await from.flush();
    const copy = { file: `left.${file}`, columns };
    const to = await this.#spool.file(copy.file);
    for (const { at, sizeBytes } of marks) await to.append(await from.read(at, sizeBytes));
    return copy;
  }
}

class Side {
  readonly lines: ScratchFile;
  readonly marks: MarkBook;
  readonly #prints: Fingerprinter;
  readonly #key = { first: 0, second: 0 };
  readonly #says = { first: 0, second: 0 };
  readonly #digest = Buffer.alloc(2 * WORD_BYTES);

  constructor(lines: ScratchFile, marks: ScratchFile, prints: Fingerprinter) {
    this.lines = lines;
    this.marks = new MarkBook(marks);
    this.#prints = prints;
  }

  get isFull(): boolean {
    return this.lines.isFull || this.marks.isFull;
  }

  async settle(): Promise<void> {
    await this.lines.flush();
    await this.marks.settle();
  }

  mark({ k, t, d }: Pick<ActualLine, 'k' | 't' | 'd'>, { at, sizeBytes }: Place): void {
    this.#prints.text(t + PART_SEPARATOR + k);
    this.#key.first = this.#prints.first;
    this.#key.second = this.#prints.second;
    // The digest is keyed itself: its first 64 bits are its fingerprint. What cannot be read agrees with nothing.
    this.#digest.fill(0).write(d ?? '', 'hex');
    this.#says.first = this.#digest.readInt32LE(0);
    this.#says.second = this.#digest.readInt32LE(WORD_BYTES);
    this.marks.add(this.#key, this.#says, at, sizeBytes, 0);
  }
}
