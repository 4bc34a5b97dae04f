/** Lines on disk, and for some of them a mark by which what stands once on each side and says the same is told. */
import type { Fingerprinter } from '../sift/fingerprint.ts';
import { type Mark, MarkBook } from '../sift/marks.ts';
import type { Scratch } from './scratch.ts';
import type { Place, ScratchFile, Spool } from './spool.ts';

const WORD_BYTES = 4;
const NOWHERE = { at: 0, sizeBytes: 0 };

/** One side of what is matched. */
export class MarkedLines {
  readonly #lines: ScratchFile;
  readonly marks: MarkBook;
  readonly #spool: Spool;
  readonly #scratch: Scratch;
  readonly #prints: Fingerprinter;
  readonly #key = { first: 0, second: 0 };
  readonly #says = { first: 0, second: 0 };
  readonly #digest = Buffer.alloc(2 * WORD_BYTES);

  private constructor(
    spool: Spool,
    scratch: Scratch,
    prints: Fingerprinter,
    files: { readonly lines: ScratchFile; readonly marks: ScratchFile },
  ) {
    this.#spool = spool;
    this.#scratch = scratch;
    this.#prints = prints;
    this.#lines = files.lines;
    this.marks = new MarkBook(files.marks);
  }

  /** Both sides take their fingerprints from the same `prints`. */
  static async in(spool: Spool, scratch: Scratch, prints: Fingerprinter): Promise<MarkedLines> {
    const [lines, marks] = [await spool.lines(scratch), await spool.file(`${scratch.file}.marks`)];
    return new MarkedLines(spool, scratch, prints, { lines, marks });
  }

  get lines(): number {
    return this.#lines.lines;
  }

  /** A line that nothing is matched by. */
  async add(line: object): Promise<void> {
    await this.#lines.line(line);
  }

  /** `digest` is keyed itself: its first 64 bits are its fingerprint. What has none agrees with nothing. */
  async addRecord(line: object, key: string, digest: string | null): Promise<void> {
    const place = this.#lines.putLine(line);
    this.#digest.fill(0).write(digest ?? '', 'hex');
    this.#says.first = this.#digest.readInt32LE(0);
    this.#says.second = this.#digest.readInt32LE(WORD_BYTES);
    this.#mark(key, place);
    if (this.#isFull) await this.#settle();
  }

  /** A line that says the same under each of its names. */
  async addNamed(line: object, names: readonly string[], says: string): Promise<void> {
    await this.#name(names, says, this.#lines.putLine(line));
  }

  /** Names that are matched, and none of which is left: there is no line. */
  async addNames(names: readonly string[], says: string): Promise<void> {
    await this.#name(names, says, NOWHERE);
  }

  async #name(names: readonly string[], says: string, place: Place): Promise<void> {
    this.#prints.text(says);
    this.#says.first = this.#prints.first;
    this.#says.second = this.#prints.second;
    for (const name of names) this.#mark(name, place);
    if (this.#isFull) await this.#settle();
  }

  #mark(key: string, { at, sizeBytes }: Place): void {
    this.#prints.text(key);
    this.#key.first = this.#prints.first;
    this.#key.second = this.#prints.second;
    this.marks.add(this.#key, this.#says, at, sizeBytes, 0);
  }

  get #isFull(): boolean {
    return this.#lines.isFull || this.marks.isFull;
  }

  async #settle(): Promise<void> {
    await this.#lines.flush();
    await this.marks.settle();
  }

  /** The lines of these marks, in order, each once, in a file of their own. */
  async copy(marks: readonly Mark[]): Promise<Scratch> {
    const { file, columns } = this.#scratch;
    await this.#lines.flush();
    const copy: Scratch = { file: `left.${file}`, columns };
    const to = await this.#spool.lines(copy);
    let last = -1;
    for (const { at, sizeBytes } of marks) {
      if (at !== last) await to.append(await this.#lines.read(at, sizeBytes));
      last = at;
    }
    return copy;
  }
}
