/**
 * Takes down where parcels of bytes ought to lie and what the target lists. A mark for each tells in passing which
 * parcels are there once and under their own id: only of the others it is looked what else is there.
 */
import { Fingerprinter } from '../sift/fingerprint.ts';
import { leftWithin, marksWithin, sift } from '../sift/marks.ts';
import { MarkedLines } from './marked-lines.ts';
import { LISTED, type ListedLine, type ParcelLine, PARCELS, type Scratch } from './scratch.ts';
import type { Spool } from './spool.ts';

export class ParcelNotes {
  readonly #brought: MarkedLines;
  readonly #listed: MarkedLines;
  readonly #leftShare: number | undefined;

  private constructor(brought: MarkedLines, listed: MarkedLines, share: number | undefined) {
    this.#brought = brought;
    this.#listed = listed;
    this.#leftShare = share;
  }

  /** `leftShare`: of all names, how many may be left for it to pay to take the others out. */
  static async in(spool: Spool, leftShare?: number): Promise<ParcelNotes> {
    const prints = new Fingerprinter();
    const brought = await MarkedLines.in(spool, PARCELS, prints);
    return new ParcelNotes(brought, await MarkedLines.in(spool, LISTED, prints), leftShare);
  }

  /** A target lists a parcel by its path, or by the key it was brought with. */
  async bring(line: ParcelLine): Promise<void> {
    await this.#brought.addNamed(line, line.k === line.p ? [line.p] : [line.p, line.k], line.g);
  }

  async list(line: ListedLine): Promise<void> {
    await this.#listed.addNamed(line, [line.k], line.g);
  }

  /** Where the lines lie of parcels under whose names something else is listed; of all of them, where that are many. */
  async inQuestion(memoryMaxMb: number): Promise<Scratch> {
    const left = await sift(this.#brought.marks, this.#listed.marks, {
      marksMax: marksWithin(memoryMaxMb),
      leftMax: leftWithin(this.#brought.lines + this.#listed.lines, this.#leftShare),
      alone: { source: 'dropped', target: 'dropped' },
    });
    return left === undefined ? PARCELS : await this.#brought.copy(left.source);
  }
}
