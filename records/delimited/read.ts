/** Rows of a delimited extract, streamed; the first row names the columns. */
import { CsvError, parse, type Parser } from 'csv-parse';
import type { Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { decodeLines, type CharsetTally } from './decode.ts';
import { sniffSeparator, usesQuotes, type Separator } from './dialect.ts';

/** The longest row that is read. */
export const ROW_CHARACTERS_MAX = 16 * 1024 * 1024;
const SNIFF_BYTES = 64 * 1024;

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

/** Reads to the end, or to the first thing that makes every following row doubtful. */
export async function* readDelimited(chunks: ItemChunks): AsyncGenerator<DelimitedRead> {
  const tally: CharsetTally = { utf8: false, windows1252: false, mixedAtLine: undefined, nulAtLine: undefined };
  const head = await chunks.peek(SNIFF_BYTES);
  const text = sample(head);
  const separator = sniffSeparator(text);
  const batch: ParsedRow[] = [];
  const parser = parse({
    delimiter: separator,
    quote: usesQuotes(text, separator) ? '"' : null,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: ROW_CHARACTERS_MAX,
    // Taken here and not from the stream, which forgets the rows before an error.
    on_record: (record: readonly string[], { lines }) => {
      batch.push({ record, lines });
      return null;
    },
  });
  const rows = new RowReader(separator);
  try {
    for await (const piece of feed(parser, decodeLines(chunks, tally))) {
      void piece;
      yield* rows.take(batch.splice(0));
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    yield* rows.take(batch.splice(0));
    yield broken(error.code, rows.nextLine);
  }
  yield* charsetProblems(tally);
}

/** Hands text to the parser piece by piece; yields when the rows of a piece have been parsed. */
async function* feed(parser: Parser, texts: AsyncIterable<string>): AsyncGenerator<void> {
  // Errors arrive by the callbacks; without a listener the stream would throw them into the process.
  parser.on('error', () => undefined);
  for await (const text of texts) {
    await new Promise<void>((done, fail) => parser.write(text, (error) => (error ? fail(error) : done())));
    yield;
  }
  await new Promise<void>((done, fail) => {
    parser.once('error', fail);
    parser.end(done);
  });
  yield;
}

function sample(head: Buffer): string {
  const isWide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  return isWide ? new TextDecoder(head[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(head) : head.toString('latin1');
}

interface ParsedRow {
  /** Lines up to its end. */
  readonly lines: number;
  readonly record: readonly string[];
}

class RowReader {
  readonly #separator: Separator;
  #width: number | undefined;
  #ordinal = 0;
  #lines = 0;

  constructor(separator: Separator) {
    this.#separator = separator;
  }

  get nextLine(): number {
    return this.#lines + 1;
  }

  *take(parsed: readonly ParsedRow[]): Generator<DelimitedRead> {
    for (const { lines, record } of parsed) {
      const line = this.nextLine;
      this.#lines = lines;
      if (this.#width === undefined) {
        this.#width = record.length;
        yield { kind: 'header', columns: record, separator: this.#separator };
        continue;
      }
      this.#ordinal++;
      const problem = record.length === this.#width ? undefined : ragged(line, record.length, this.#width);
      yield { kind: 'row', row: { ordinal: this.#ordinal, line, cells: record, problem } };
    }
  }
}

function ragged(line: number, found: number, width: number): Problem {
  const message = `${found} cells where the header has ${width} columns`;
  return { category: 'schema-invalid', code: 'ROW_RAGGED', position: `line ${line}`, message };
}

function broken(code: string, line: number): DelimitedRead {
  const isLong = code === 'CSV_MAX_RECORD_SIZE';
  const message = isLong
    ? `a row is longer than ${ROW_CHARACTERS_MAX} characters: a quote is open, or this is no delimited text`
    : 'a quotation mark is in the wrong place or never closed; this row and the rows after it were not read';
  return {
    kind: 'problem',
    problem: {
      category: 'unreadable',
      code: isLong ? 'ROW_TOO_LONG' : 'QUOTE_INVALID',
      position: `line ${line}`,
      message,
    },
  };
}

function* charsetProblems(tally: CharsetTally): Generator<DelimitedRead> {
  if (tally.mixedAtLine !== undefined) {
    const message = 'some lines are UTF-8 and some are windows-1252';
    const position = `line ${tally.mixedAtLine}`;
    yield { kind: 'problem', problem: { category: 'schema-invalid', code: 'CHARSET_MIXED', position, message } };
  }
  if (tally.nulAtLine !== undefined) {
    const position = `line ${tally.nulAtLine}`;
    const message = 'the text holds a NUL character';
    yield { kind: 'problem', problem: { category: 'schema-invalid', code: 'NUL_BYTE', position, message } };
  }
}
