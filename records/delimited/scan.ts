/**
 * Goes through the rows of an extract without making text of them, for those that only need the bytes of their cells.
 * Whatever is not plain (no ASCII, a wrong number of cells, doubled or stray quotation marks) is read as ever.
 */
import type { ItemChunks } from '../item-bytes.ts';
import { type Dialect, sniffDialect } from './dialect.ts';
import { type DelimitedPiece, type DelimitedRead, RowReader, SNIFF_BYTES, brokenRow } from './read.ts';
import { ASCII_LAST, CONTROL_LAST, nextOdd, QUOTE } from './odd-bytes.ts';
import { cellsOf, readText } from './row.ts';
import { ROW_CHARACTERS_MAX, RowSplitter } from './split.ts';
import { sniffEncoding, unitsOf } from './units.ts';

/** Where in the extract a row stands, its line end included, and on which line it begins. */
export interface RowPlace {
  readonly at: number;
  readonly sizeBytes: number;
  readonly line: number;
}

/** Cell i of a plain row is `bytes[starts[i]..ends[i])`, without quotation marks: ASCII, and what the cell says. */
export interface PlainRow extends RowPlace {
  readonly bytes: Buffer;
  /** Of the same bytes. */
  readonly view: DataView;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export interface RowSink {
  /** `row` is only valid until this returns. */
  plain(row: PlainRow): void;
  /** The header, a row that is not plain, or a problem, which has no place. */
  read(read: DelimitedRead, place: RowPlace | undefined): void;
  /** Called between the chunks of the extract. */
  pause(): Promise<void>;
}

/** How an extract is written whose rows can be told apart by single bytes. */
export interface ByteRows {
  readonly dialect: Dialect;
  readonly markBytes: number;
}

/** Undefined where they cannot: UTF-16, or lines that end otherwise. */
export async function scannable(chunks: ItemChunks): Promise<ByteRows | undefined> {
  const head = await chunks.peek(SNIFF_BYTES);
  const { charset, markBytes } = sniffEncoding(head);
  const units = head.subarray(markBytes, head.length - ((head.length - markBytes) % 2));
  const dialect = sniffDialect(unitsOf(units, charset).text, charset);
  return charset === 'bytes' && dialect.lineEnd !== '\r' ? { dialect, markBytes } : undefined;
}

/** The same rows and problems as `readDelimited`, in the same order. */
export async function scanRows(chunks: ItemChunks, { dialect, markBytes }: ByteRows, sink: RowSink): Promise<void> {
  const scanner = new RowScanner(dialect, sink, markBytes);
  let skipBytes = markBytes;
  for await (const chunk of chunks) {
    const mark = Math.min(skipBytes, chunk.length);
    skipBytes -= mark;
    scanner.push(chunk.subarray(mark));
    await sink.pause();
  }
  scanner.end();
}

const LINE_FEED = 10;
const RETURN = 13;

const WINDOW_BYTES_FIRST = 64 * 1024;

/** What was found at a place that is not the beginning of a plain row. */
const NOT_PLAIN = 0;
const CUT_OFF = -1;

class RowScanner implements PlainRow {
  readonly #dialect: Dialect;
  readonly #sink: RowSink;
  readonly #rows: RowReader;
  readonly #splitter: RowSplitter;
  readonly #separator: number;
  #width = 0;
  #innerLines = 0;
  /** Where `bytes` begins in the extract. */
  #origin: number;
  /** Whether the splitter holds the beginning of a row. */
  #isSplitting = false;
  /** Where the next row of the splitter begins. */
  #splitAt = 0;
  /** What is looked at: what was left of the chunks before, and the last one. */
  #window: Buffer = Buffer.alloc(WINDOW_BYTES_FIRST);
  bytes: Buffer = this.#window.subarray(0, 0);
  view: DataView = viewOf(this.bytes);
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  at = 0;
  sizeBytes = 0;
  line = 0;

  constructor(dialect: Dialect, sink: RowSink, origin: number) {
    this.#origin = origin;
    this.#dialect = dialect;
    this.#sink = sink;
    this.#rows = new RowReader(dialect);
    this.#splitter = new RowSplitter(dialect);
    this.#separator = dialect.separator.charCodeAt(0);
  }

  push(chunk: Uint8Array): void {
    if (this.#splitter.error !== undefined) return;
    this.#show(chunk);
    let from = 0;
    while (from < this.bytes.length && this.#splitter.error === undefined) {
      const next = this.#isSplitting ? this.#split(from) : this.#next(from);
      if (next === CUT_OFF) break;
      from = next;
    }
    this.bytes = this.bytes.subarray(from);
    this.#origin += from;
  }

  #show(chunk: Uint8Array): void {
    const held = this.bytes;
    const sizeBytes = held.length + chunk.length;
    const window = this.#window.length < sizeBytes ? Buffer.alloc(sizeBytes * 2) : this.#window;
    window.set(held);
    window.set(chunk, held.length);
    this.#window = window;
    this.bytes = window.subarray(0, sizeBytes);
    this.view = viewOf(this.bytes);
  }

  end(): void {
    if (this.#splitter.error === undefined) {
      if (!this.#isSplitting) this.#splitAt = this.#origin;
      this.#take(this.bytes, 'ended');
    }
    for (const piece of this.#rows.charsetProblems()) this.#tell(piece);
  }

  #next(from: number): number {
    const to = this.#width === 0 ? NOT_PLAIN : this.#plainRow(from);
    if (to === CUT_OFF && this.bytes.length - from <= ROW_CHARACTERS_MAX) return CUT_OFF;
    if (to === NOT_PLAIN || to === CUT_OFF) {
      this.#splitAt = this.#origin + from;
      return this.#split(from);
    }
    this.at = this.#origin + from;
    this.sizeBytes = to - from;
    this.line = this.#rows.nextLine;
    this.#rows.passBy(1 + this.#innerLines);
    this.#sink.plain(this);
    return to;
  }

  /** Gives one line to the splitter; it may need more of them to make a row. */
  #split(from: number): number {
    const end = this.bytes.indexOf(LINE_FEED, from);
    if (end === -1 && this.bytes.length - from <= ROW_CHARACTERS_MAX) return CUT_OFF;
    const to = end === -1 ? this.bytes.length : end + 1;
    this.#take(this.bytes.subarray(from, to), 'more');
    return to;
  }

  #take(bytes: Buffer, source: 'more' | 'ended'): void {
    const splitter = this.#splitter;
    const { text, special } = unitsOf(bytes, 'bytes');
    this.#tellRows(splitter.push(text, special));
    if (source === 'ended' && splitter.error === undefined) this.#tellRows(splitter.end());
    this.#isSplitting = splitter.rest !== '';
    if (splitter.error !== undefined) this.#tell(brokenRow(splitter.error, this.#rows.nextLine));
    if (this.#width === 0 && this.#rows.width !== undefined) this.#begin(this.#rows.width);
  }

  #tellRows(raws: ReturnType<RowSplitter['push']>): void {
    for (const raw of raws) {
      const place = { at: this.#splitAt, sizeBytes: raw.units.length, line: this.#rows.nextLine };
      this.#splitAt += raw.units.length;
      for (const piece of this.#rows.take([raw])) this.#tell(piece, place);
    }
  }

  #tell(piece: DelimitedPiece, place?: RowPlace): void {
    if (piece.kind === 'text') this.#sink.read(piece.read, place);
    else if (piece.kind === 'problem') this.#sink.read(piece, undefined);
  }

  #begin(width: number): void {
    this.#width = width;
    this.starts = new Int32Array(width);
    this.ends = new Int32Array(width);
  }

  /** Where the row at `from` ends, its line end included, when it is plain and whole. */
  #plainRow(from: number): number {
    const { bytes, view, starts, ends } = this;
    const size = bytes.length;
    const width = this.#width;
    const separator = this.#separator;
    this.#innerLines = 0;
    let at = from;
    for (let cell = 0; cell < width; cell++) {
      if (at < size && bytes[at] === QUOTE && this.#dialect.quotes) {
        at = this.#quotedCell(at + 1, cell);
        if (at <= 0) return at;
      } else {
        starts[cell] = at;
        at = nextOdd(view, size, separator, at);
        // A control character is data like any other. A return may be the first half of a line end.
        while (at < size && bytes[at] !== separator && isControlData(bytes[at] as number)) {
          at = nextOdd(view, size, separator, at + 1);
        }
        ends[cell] = at;
      }
      if (at >= size) return CUT_OFF;
      const isLast = cell === width - 1;
      if (!isLast && bytes[at] !== separator) return NOT_PLAIN;
      if (isLast) return this.#lineEnd(from, at);
      at++;
    }
    return NOT_PLAIN;
  }

  /** A row of one cell that is empty is a blank line. */
  #lineEnd(from: number, at: number): number {
    if (at === from) return NOT_PLAIN;
    const end = this.bytes[at] === RETURN ? at + 1 : at;
    // Where lines end in two characters, one of them alone is data.
    if (end === at && this.#dialect.lineEnd === '\r\n') return NOT_PLAIN;
    if (end >= this.bytes.length) return CUT_OFF;
    return this.bytes[end] === LINE_FEED ? end + 1 : NOT_PLAIN;
  }

  /** The place after the closing mark. */
  #quotedCell(from: number, cell: number): number {
    const { bytes } = this;
    const size = bytes.length;
    this.starts[cell] = from;
    let at = from;
    for (; at < size && bytes[at] !== QUOTE; at++) {
      const byte = bytes[at] as number;
      if (byte > ASCII_LAST || byte === 0) return NOT_PLAIN;
      if (byte === LINE_FEED) this.#innerLines++;
    }
    if (at + 1 >= size) return CUT_OFF;
    this.ends[cell] = at;
    return bytes[at + 1] === QUOTE ? NOT_PLAIN : at + 1;
  }
}

function isControlData(byte: number): boolean {
  return byte <= CONTROL_LAST && byte !== 0 && byte !== RETURN && byte !== LINE_FEED;
}

export function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** The cells of a row that was read before, from the bytes at its place. */
export function cellsAgain(bytes: Buffer, dialect: Dialect): readonly string[] {
  const units = bytes.toString('latin1');
  const end = units.endsWith('\r\n') ? 2 : dialect.lineEnd === '\n' && units.endsWith('\n') ? 1 : 0;
  const length = units.length - end;
  return cellsOf(readText(units, length, true, dialect));
}
