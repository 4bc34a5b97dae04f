/**
 * Takes both sides of what is to be matched down: a line for each record, and a mark by which those that agree are told
 * in passing. Only the lines of the others are looked at, unless they are many.
 */
import { Fingerprinter } from '../sift/fingerprint.ts';
import { leftWithin, marksWithin, sift } from '../sift/marks.ts';
import { MarkedLines } from './marked-lines.ts';
import { ACTUAL, type ActualLine, EXPECTED, type ExpectedLine, type Scratch } from './scratch.ts';
import type { Spool } from './spool.ts';

/** No key and no type has it. */
const PART_SEPARATOR = '\u001e';

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
  readonly #expected: MarkedLines;
  readonly #actual: MarkedLines;
  readonly #leftShare: number | undefined;

  private constructor(expected: MarkedLines, actual: MarkedLines, share: number | undefined) {
    this.#leftShare = share;
    this.#expected = expected;
    this.#actual = actual;
  }

  /** `leftShare`: of all lines, how many may be left for it to pay to take the others out. */
  static async in(spool: Spool, leftShare?: number): Promise<RecordNotes> {
    const prints = new Fingerprinter();
    const expected = await MarkedLines.in(spool, EXPECTED, prints);
    return new RecordNotes(expected, await MarkedLines.in(spool, ACTUAL, prints), leftShare);
  }

  /** Of both sides. */
  get lines(): number {
    return this.#expected.lines + this.#actual.lines;
  }

  /** Takes down what the lineage makes. */
  async expect(line: ExpectedLine): Promise<void> {
    if (line.w) {
      this.types.add(line.t);
      await this.#expected.addRecord(line, nameOf(line), line.d);
    } else {
      this.unmapped += 1;
      await this.#expected.add(line);
    }
  }

  /** Takes down what the target has. */
  async find(line: ActualLine): Promise<void> {
    await this.#actual.addRecord(line, nameOf(line), line.d);
  }

  async left(memoryMaxMb: number): Promise<Left> {
    const { marks: here } = this.#expected;
    const { marks: there } = this.#actual;
    const left = await sift(here, there, {
      marksMax: marksWithin(memoryMaxMb),
      leftMax: leftWithin(this.lines, this.#leftShare),
      alone: { source: 'left', target: 'dropped' },
    });
    if (left === undefined || left.matched === 0) return { matched: 0, expected: EXPECTED, actual: ACTUAL };
    this.hasAgreed = true;
    const { matched, source, target } = left;
    const [expected, actual] = [await this.#expected.copy(source), await this.#actual.copy(target)];
    return { matched, expected, actual };
  }
}

function nameOf({ t, k }: Pick<ActualLine, 't' | 'k'>): string {
  return t + PART_SEPARATOR + k;
}
