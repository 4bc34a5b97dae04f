/** Rows of a delimited extract, streamed; the first row names the columns. */
import { pipeline, Readable } from 'node:stream';
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
  const parser = parse({
    delimiter: separator,
    quote: usesQuotes(text, separator) ? '"' : null,
    relax_column_count: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: ROW_CHARACTERS_MAX,
  });
  // The parser is destroyed with the error of whichever side fails; the loop below throws it.
  pipeline(Readable.from(decodeLines(chunks, tally)), parser, () => undefined);
  yield* rows(parser, separator);
  yield* charsetProblems(tally);
}

function sample(head: Buffer): string {
  const isWide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  return isWide ? new TextDecoder(head[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(head) : head.toString('latin1');
}

interface ParsedRow {
  readonly info: { readonly lines: number };
  readonly record: readonly string[];
}

async function* rows(parser: Parser, separator: Separator): AsyncGenerator<DelimitedRead> {
  let width: number | undefined;
  let ordinal = 0;
  let lineEnd = 0;
  try {
    for await (const { info, record } of parser as AsyncIterable<ParsedRow>) {
      const line = lineEnd + 1;
      lineEnd = info.lines;
      if (width === undefined) {
        width = record.length;
        yield { kind: 'header', columns: record, separator };
        continue;
      }
      ordinal++;
      const problem = record.length === width ? undefined : ragged(line, record.length, width);
      yield { kind: 'row', row: { ordinal, line, cells: record, problem } };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    yield broken(error.code, lineEnd + 1);
  }
}

function ragged(line: number, found: number, width: number): Problem {
  const message = `${found} cells where the header has ${width} columns`;
  return { category: 'schema-invalid', code: 'ROW_RAGGED', position: `line ${line}`, message };
}

function broken(code: string, line: number): DelimitedRead {
  const message =
    code === 'CSV_MAX_RECORD_SIZE'
      ? `a row is longer than ${ROW_CHARACTERS_MAX} characters: a quote is open, or this is no delimited text`
      : 'a quotation mark is in the wrong place or never closed; this row and the rows after it were not read';
  return {
    kind: 'problem',
    problem: { category: 'unreadable', code: 'QUOTE_INVALID', position: `line ${line}`, message },
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
