/** The envelopes of a batch file (HL7 v2 chapter 2.10.3): each closed, and its control totals what is there. */
import type { Problem } from '../format.ts';

type Report = (problem: Problem) => void;

/** What is counted between a header and its trailer; undefined outside of one. */
type Count = number | undefined;

/**
 * BTS-1 counts the messages since BHS, FTS-1 the batches since FHS. Both may be left out, and so may all envelopes, and
 * BHS and BTS within FHS and FTS; what is there is held to.
 */
export class Envelopes {
  readonly #report: Report;
  #messages = 0;
  #batch: Count;
  #file: Count;
  /** Batches before any FHS. */
  #loose = 0;
  /** Messages since the last batch ended, which no BTS counts. */
  #outside = 0;
  #any = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Whether there is one at all. */
  get any(): boolean {
    return this.#any;
  }

  message(): void {
    this.#messages++;
    if (this.#batch === undefined) this.#outside++;
    else this.#batch++;
  }

  /** `text` is the segment. */
  segment(kind: 'FHS' | 'BHS' | 'BTS' | 'FTS', text: string): void {
    if (kind === 'FHS') this.#openFile();
    else if (kind === 'BHS') this.#openBatch();
    else if (kind === 'BTS') this.#closeBatch(text);
    else this.#closeFile(text);
    this.#any = true;
  }

  finish(): void {
    this.#endBatch();
    if (this.#any && this.#holdsBatches()) this.#tellOutside();
    this.#endFile();
  }

  #openFile(): void {
    this.#endBatch();
    this.#tellOutside();
    this.#endFile();
    this.#file = 0;
    this.#loose = 0;
  }

  #openBatch(): void {
    this.#endBatch();
    this.#tellOutside();
    this.#batch = 0;
    this.#countBatch();
  }

  #closeBatch(text: string): void {
    if (this.#batch === undefined) {
      this.#tell('BATCH_HEADER_MISSING', 'BHS', 'a batch has a trailer but no header');
      this.#countBatch();
    }
    this.#compare('BTS-1', text, [this.#batch ?? this.#outside], 'messages');
    this.#batch = undefined;
    this.#outside = 0;
  }

  #closeFile(text: string): void {
    this.#endBatch();
    const batches = this.#file ?? this.#loose;
    if (this.#file === undefined) this.#tell('FILE_HEADER_MISSING', 'FHS', 'the file has a trailer but no header');
    if (batches > 0) this.#tellOutside();
    // Messages that stand in a file and in no batch are one batch, or none: both are written.
    this.#compare('FTS-1', text, this.#outside > 0 ? [1, 0] : [batches], 'batches');
    this.#file = undefined;
    this.#loose = 0;
    this.#outside = 0;
  }

  #countBatch(): void {
    if (this.#file === undefined) this.#loose++;
    else this.#file++;
  }

  /** Whether messages outside of a batch stand beside batches, or after a file. */
  #holdsBatches(): boolean {
    return this.#file === undefined || this.#file > 0;
  }

  #endBatch(): void {
    if (this.#batch !== undefined) this.#tell('BATCH_TRAILER_MISSING', 'BTS', 'a batch has a header but no trailer');
    this.#batch = undefined;
  }

  #endFile(): void {
    if (this.#file !== undefined) this.#tell('FILE_TRAILER_MISSING', 'FTS', 'the file has a header but no trailer');
    this.#file = undefined;
  }

  #tellOutside(): void {
    if (this.#outside > 0) {
      const why = `${this.#outside} messages up to here stand in no batch beside batches; no trailer counts them`;
      this.#tell('MESSAGE_OUTSIDE_BATCH', 'BHS', why);
    }
    this.#outside = 0;
  }

  #compare(field: string, text: string, found: readonly number[], what: string): void {
    const [first = ''] = text.split(/[\r\n]/, 1);
    const separator = first.charAt(ID_CHARS);
    const [, declared = ''] = separator === '' ? [] : first.split(separator);
    this.#hold(field, declared.split('^', 1)[0]?.trim() ?? '', found, what);
  }

  #hold(field: string, declared: string, found: readonly number[], what: string): void {
    if (declared === '') return;
    if (!/^\d{1,15}$/.test(declared)) {
      return this.#tell('COUNT_UNREADABLE', field, `${field} is no number; ${what} found: ${found[0]}`);
    }
    if (found.includes(Number(declared))) return;
    this.#tell('COUNT_MISMATCH', field, `${field} declares another number of ${what} than the ${found[0]} found`);
  }

  #tell(code: string, where: string, message: string): void {
    this.#report({ category: 'sequence-gap', code, position: `after message ${this.#messages} ${where}`, message });
  }
}

const ID_CHARS = 3;
