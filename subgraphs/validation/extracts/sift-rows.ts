/**
 * Takes the rows out of two extracts that stand once on each side and say the same, by their fingerprints, so that only
 * the others are made records of. Charset, separator, quotation marks and the order of columns may differ.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { Fault } from '../../../kernel/fault.ts';
import type { DelimitedRead } from '../../../records/delimited/read.ts';
import {
  type ByteRows,
  cellsAgain,
  type PlainRow,
  type RowPlace,
  type RowSink,
  scannable,
  scanRows,
  viewOf,
} from '../../../records/delimited/scan.ts';
import { ItemReading } from '../../../records/item-bytes.ts';
import { columnName, columnsOf } from '../../../records/lineage/source-rows.ts';
import type { Spool } from '../work/spool.ts';
import { type ExtractRead, type ExtractRecord, rowRecord } from './extract.ts';
import { type CellBytes, type ColumnOrder, Fingerprinter } from '../sift/fingerprint.ts';
import { PART_SEPARATOR } from './keys.ts';
import { LEFT_MAX, leftWithin, type Mark, MarkBook, marksWithin, sift, type Words } from '../sift/marks.ts';

/** An extract of rows on disk. */
export interface RowsFile {
  readonly path: string;
  readonly bytes: () => AsyncIterable<Uint8Array>;
  readonly key: readonly string[];
}

export interface SiftedRows {
  readonly matched: number;
  /** Rows that are left, in order, and whatever could not be read. */
  readonly source: AsyncIterable<ExtractRead>;
  readonly target: AsyncIterable<ExtractRead>;
}

/** Undefined where the rows cannot be told apart that way, or too few agree. */
export async function siftRows(
  source: RowsFile,
  target: RowsFile,
  spool: Spool,
  memoryMaxMb: number,
): Promise<SiftedRows | undefined> {
  const prints = new Fingerprinter();
  const here = await RowMarks.of('source', source, spool, prints);
  const there = here && (await RowMarks.of('target', target, spool, prints));
  if (here === undefined || there === undefined) return undefined;
  const left = await sift(here.book, there.book, {
    marksMax: marksWithin(memoryMaxMb),
    leftMax: leftWithin(here.rows + there.rows),
    alone: { source: 'left', target: 'left' },
  });
  if (left === undefined) return undefined;
  return { matched: left.matched, source: here.again(left.source), target: there.again(left.target) };
}

/** The marks of the rows of one extract. */
class RowMarks implements RowSink {
  readonly book: MarkBook;
  readonly #given: RowsFile;
  readonly #format: ByteRows;
  readonly #prints: Fingerprinter;
  /** What cannot be a record; the order among them is that of the extract. */
  readonly #unusable: ExtractRead[] = [];
  #names: readonly string[] = [];
  #order: ColumnOrder = { at: new Int32Array(0), names: new Int32Array(0) };
  #key: readonly number[] = [];
  /** The fingerprint of the key that was taken last. */
  readonly #taken = { first: 0, second: 0 };
  #isUnfit = false;
  rows = 0;

  private constructor(given: RowsFile, format: ByteRows, prints: Fingerprinter, book: MarkBook) {
    this.#given = given;
    this.#format = format;
    this.#prints = prints;
    this.book = book;
  }

  static async of(name: string, given: RowsFile, spool: Spool, prints: Fingerprinter): Promise<RowMarks | undefined> {
    const reading = new ItemReading(given.bytes());
    try {
      const format = await scannable(reading);
      if (format === undefined) return undefined;
      const marks = new RowMarks(given, format, prints, new MarkBook(await spool.file(`${name}.marks`)));
      await scanRows(reading, format, marks);
      if (reading.failure !== undefined) throw reading.failure.error;
      return marks.#isUnfit ? undefined : marks;
    } finally {
      await reading.close();
    }
  }

  plain(row: PlainRow): void {
    this.rows += 1;
    this.#mark(row, row);
  }

  read(read: DelimitedRead, place: RowPlace | undefined): void {
    if (read.kind === 'header') return this.#begin(read.columns);
    this.rows += 1;
    if (read.kind === 'problem') this.#setAside({ kind: 'problem', problem: read.problem });
    else if (read.row.problem !== undefined) this.#setAside({ kind: 'problem', problem: read.row.problem });
    else if (place !== undefined) this.#mark(bytesOf(read.row.cells), place);
  }

  async pause(): Promise<void> {
    if (this.book.isFull) await this.book.settle();
  }

  #begin(columns: readonly string[]): void {
    this.#names = columns.map(columnName);
    this.#order = this.#prints.order(this.#names);
    const key = this.#given.key.map(columnName);
    this.#key = key.map((name) => this.#names.indexOf(name));
    // What the reader of records refuses, or a key that is not one column, is left to it.
    this.#isUnfit = columnsOf(columns) === undefined || key.some((name) => name === '' || !this.#names.includes(name));
  }

  #mark(cells: CellBytes, place: RowPlace): void {
    if (this.#isUnfit) return;
    if (!this.#takeKey(cells)) {
      const value = rowRecord(this.#names, textsOf(cells, this.#names.length), place.line);
      return this.#setAside({ kind: 'record', record: value });
    }
    this.#prints.cells(cells, this.#order);
    this.book.add(this.#taken, this.#prints, place.at, place.sizeBytes, place.line);
  }

  /** Takes the fingerprint of the key, where no part of it is empty. */
  #takeKey(cells: CellBytes): boolean {
    const { bytes, view, starts, ends } = cells;
    for (const at of this.#key) if (starts[at] === ends[at]) return false;
    if (this.#key.length === 1) {
      const only = this.#key[0] as number;
      this.#prints.bytes(view, starts[only] as number, ends[only] as number);
    } else {
      const text = this.#key.map((at) => Buffer.from(bytes.subarray(starts[at], ends[at])).toString('utf8'));
      const joined = Buffer.from(text.join(PART_SEPARATOR));
      this.#prints.bytes(viewOf(joined), 0, joined.length);
    }
    this.#taken.first = this.#prints.first;
    this.#taken.second = this.#prints.second;
    return true;
  }

  #setAside(read: ExtractRead): void {
    if (this.#unusable.length < LEFT_MAX) this.#unusable.push(read);
    else this.#isUnfit = true;
  }

  /** What could not be used, then the rows at these places. */
  async *again(marks: readonly Mark[]): AsyncGenerator<ExtractRead> {
    yield* this.#unusable;
    const file = await open(this.#given.path);
    try {
      for (const mark of marks) yield { kind: 'record', record: await this.#row(file, mark) };
    } finally {
      await file.close();
    }
  }

  async #row(file: FileHandle, { key, says, at, sizeBytes, line }: Mark): Promise<ExtractRecord> {
    const { buffer } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, at);
    const texts = cellsAgain(buffer, this.#format.dialect);
    const cells = bytesOf(texts);
    if (texts.length !== this.#names.length || !this.#takeKey(cells)) throw changed(line);
    if (!isSame(this.#taken, key)) throw changed(line);
    this.#prints.cells(cells, this.#order);
    if (!isSame(this.#prints, says)) throw changed(line);
    return rowRecord(this.#names, texts, line);
  }
}

function bytesOf(cells: readonly string[]): CellBytes {
  const bytes = cells.map((cell) => Buffer.from(cell));
  const ends = new Int32Array(cells.length);
  let end = 0;
  for (const [at, each] of bytes.entries()) {
    end += each.length;
    ends[at] = end;
  }
  const whole = Buffer.concat(bytes);
  return { bytes: whole, view: viewOf(whole), starts: ends.map((_, at) => ends[at - 1] ?? 0), ends };
}

function textsOf({ bytes, starts, ends }: CellBytes, width: number): readonly string[] {
  return Array.from({ length: width }, (_, at) => Buffer.from(bytes.subarray(starts[at], ends[at])).toString('utf8'));
}

function isSame(words: Words, { first, second }: Words): boolean {
  return words.first === first && words.second === second;
}

function changed(line: number): Fault {
  const message = 'the extract was changed while it was read; reconcile again once nobody writes to it';
  return new Fault({ code: 'EXTRACT_CHANGED', retry: 'transient', message, subject: `line ${line}` });
}
