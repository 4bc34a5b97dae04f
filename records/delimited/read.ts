/** Rows of a delimited extract, streamed; the first row names the columns. */
import type { Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { sniffDialect, type Dialect, type Separator } from './dialect.ts';
import { cellsOf, readText, type RowText } from './row.ts';
import { ROW_CHARACTERS_MAX, RowSplitter, type RawRow, type SplitError } from './split.ts';
import { bytesOf, sniffEncoding, unitsOf, wholeUnits } from './units.ts';

export const SNIFF_BYTES = 64 * 1024;

export interface Row {
  /** Counts the rows from 1, the header left out. */
  readonly ordinal: number;
  /** The line it begins on, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** What is wrong with the row itself. */
  readonly problem: Problem | undefined;
}

export type DelimitedRead =
  | { readonly kind: 'header'; readonly columns: readonly string[]; readonly separator: Separator }
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** What is read, and the bytes between: byte order marks, blank lines, and what follows an error. */
export type DelimitedPiece =
  | { readonly kind: 'text'; readonly units: string; readonly written: RowText; readonly read: DelimitedRead }
  | { readonly kind: 'filling'; readonly bytes: Buffer }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Reads to the end, or to the first thing that makes every following row doubtful. */
export async function* readDelimited(chunks: ItemChunks): AsyncGenerator<DelimitedRead> {
  for await (const piece of readPieces(chunks)) {
    if (piece.kind === 'text') yield piece.read;
    else if (piece.kind === 'problem') yield piece;
  }
}

/** The same to the last byte: the units of the texts and the fillings together are the item. */
export async function* readPieces(chunks: ItemChunks): AsyncGenerator<DelimitedPiece> {
  const head = await chunks.peek(SNIFF_BYTES);
  const { charset, markBytes } = sniffEncoding(head);
  const dialect = sniffDialect(unitsOf(wholeHead(head, markBytes), charset).text, charset);
  const splitter = new RowSplitter(dialect);
  const rows = new RowReader(dialect);
  let skipBytes = markBytes;
  for await (const whole of wholeUnits(chunks, charset)) {
    const mark = whole.subarray(0, skipBytes);
    const piece = whole.subarray(mark.length);
    skipBytes -= mark.length;
    if (mark.length > 0) yield { kind: 'filling', bytes: mark };
    if (splitter.error !== undefined) {
      yield { kind: 'filling', bytes: piece };
    } else if (charset !== 'bytes' && piece.length % 2 !== 0) {
      yield* rows.take(splitter.end());
      yield { kind: 'filling', bytes: piece };
    } else {
      const { text, special } = unitsOf(piece, charset);
      yield* rows.take(splitter.push(text, special));
      if (splitter.error !== undefined) yield* abandoned(splitter, rows, dialect);
    }
  }
  if (splitter.error === undefined) {
    yield* rows.take(splitter.end());
    if (splitter.error !== undefined) yield* abandoned(splitter, rows, dialect);
  }
  yield* rows.charsetProblems();
}

function wholeHead(head: Buffer, markBytes: number): Buffer {
  return head.subarray(markBytes, head.length - ((head.length - markBytes) % 2));
}

function* abandoned(splitter: RowSplitter, rows: RowReader, { charset }: Dialect): Generator<DelimitedPiece> {
  yield brokenRow(splitter.error ?? 'QUOTE_INVALID', rows.nextLine);
  yield { kind: 'filling', bytes: bytesOf(splitter.rest, charset) };
}

/** Makes reads of cut rows, and counts lines and rows. */
export class RowReader {
  readonly #dialect: Dialect;
  #width: number | undefined;
  #ordinal = 0;
  #lines = 0;
  #charset: string | undefined;
  #mixedAtLine: number | undefined;
  #nulAtLine: number | undefined;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  get nextLine(): number {
    return this.#lines + 1;
  }

  /** Columns of the header; undefined before it was read. */
  get width(): number | undefined {
    return this.#width;
  }

  /** Counts a row that was read elsewhere. */
  passBy(lines: number): void {
    this.#lines += lines;
    this.#ordinal++;
  }

  *take(raws: readonly RawRow[]): Generator<DelimitedPiece> {
    for (const raw of raws) {
      const line = this.nextLine;
      this.#lines += 1 + lineEndsIn(raw.units, raw.length);
      if (raw.length === 0) {
        yield { kind: 'filling', bytes: bytesOf(raw.units, this.#dialect.charset) };
        continue;
      }
      const written = readText(raw.units, raw.length, raw.special, this.#dialect);
      if (raw.special) this.#tally(written, line);
      const cells = cellsOf(written);
      if (this.#width === undefined) {
        this.#width = cells.length;
        const { separator } = this.#dialect;
        yield { kind: 'text', units: raw.units, written, read: { kind: 'header', columns: cells, separator } };
        continue;
      }
      this.#ordinal++;
      const problem = problemOf(raw, written, line, cells.length, this.#width);
      const row = { ordinal: this.#ordinal, line, cells, problem };
      yield { kind: 'text', units: raw.units, written, read: { kind: 'row', row } };
    }
  }

  #tally({ text, charset }: RowText, line: number): void {
    if (text.includes('\0')) this.#nulAtLine ??= line + lineEndsIn(text, text.indexOf('\0'));
    if (!/[\x80-\uffff]/.test(text)) return;
    if (this.#charset !== undefined && charset !== this.#charset) this.#mixedAtLine ??= line;
    this.#charset ??= charset;
  }

  *charsetProblems(): Generator<DelimitedPiece> {
    if (this.#mixedAtLine !== undefined) {
      const message = 'some lines are UTF-8 and some are windows-1252';
      yield invalid('CHARSET_MIXED', this.#mixedAtLine, message);
    }
    if (this.#nulAtLine !== undefined) yield invalid('NUL_BYTE', this.#nulAtLine, 'the text holds a NUL character');
  }
}

function lineEndsIn(text: string, length: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < length; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

function problemOf(raw: RawRow, written: RowText, line: number, found: number, width: number): Problem | undefined {
  const position = `line ${line}`;
  if (found !== width) {
    const message = `${found} cells where the header has ${width} columns`;
    return { category: 'schema-invalid', code: 'ROW_RAGGED', position, message };
  }
  if (raw.strayQuote) {
    const message = 'a quotation mark stands inside a cell that is not quoted; it was read as a character';
    return { category: 'schema-invalid', code: 'QUOTE_STRAY', position, message };
  }
  if (written.text.isWellFormed()) return undefined;
  const message = 'the row holds half of a character of UTF-16';
  return { category: 'schema-invalid', code: 'SURROGATE_LONE', position, message };
}

/** From this line on nothing was read. */
export function brokenRow(code: SplitError, line: number): DelimitedPiece {
  const message =
    code === 'ROW_TOO_LONG'
      ? `a row is longer than ${ROW_CHARACTERS_MAX} characters: a quote is open, or this is no delimited text`
      : 'a quotation mark is in the wrong place or never closed; this row and the rows after it were not read';
  return { kind: 'problem', problem: { category: 'unreadable', code, position: `line ${line}`, message } };
}

function invalid(code: string, line: number, message: string): DelimitedPiece {
  return { kind: 'problem', problem: { category: 'schema-invalid', code, position: `line ${line}`, message } };
}
