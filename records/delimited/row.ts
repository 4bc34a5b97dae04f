/** One row of a delimited extract: its cells, and its bytes as they were written. */
import { isUtf8 } from 'node:buffer';
import { encodeText } from '../charset.ts';
import type { Problem } from '../format.ts';
import type { Dialect } from './dialect.ts';
import { bytesOf } from './units.ts';

/** What is written: the row with its end, decoded from `charset`. */
export interface RowText {
  readonly text: string;
  /** Length of the row without its end. */
  readonly length: number;
  /** A WHATWG label. */
  readonly charset: string;
  readonly dialect: Dialect;
}

export interface CellSpan {
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

const QUOTE = '"';

/** Decodes one row; UTF-8 where it is, else windows-1252. `special` is false where it is plain ASCII. */
export function readText(units: string, length: number, special: boolean, dialect: Dialect): RowText {
  const { charset } = dialect;
  if (charset !== 'bytes') return { text: units, length, charset, dialect };
  if (!special) return { text: units, length, charset: 'utf-8', dialect };
  const bytes = bytesOf(units, 'bytes');
  const isWide = isUtf8(bytes);
  const text = isWide ? bytes.toString('utf8') : new TextDecoder('windows-1252').decode(bytes);
  return { text, length: length + text.length - units.length, charset: isWide ? 'utf-8' : 'windows-1252', dialect };
}

/** The values of a row, in order. */
export function cellsOf(row: RowText): readonly string[] {
  const { text, length, dialect } = row;
  const body = text.slice(0, length);
  if (!dialect.quotes || !body.includes(QUOTE)) return body.split(dialect.separator);
  return spansOf(row).map(({ start, end, quoted }) =>
    quoted ? text.slice(start + 1, end - 1).replaceAll('""', QUOTE) : text.slice(start, end),
  );
}

/** Where each cell stands in the text of the row, quotation marks included. */
export function spansOf({ text, length, dialect }: RowText): readonly CellSpan[] {
  const spans: CellSpan[] = [];
  for (let start = 0; ; ) {
    const quoted = dialect.quotes && text[start] === QUOTE && start < length;
    const next = text.indexOf(dialect.separator, quoted ? quotedEnd(text, start) : start);
    const end = next === -1 || next >= length ? length : next;
    spans.push({ start, end, quoted });
    if (end === length) return spans;
    start = end + 1;
  }
}

function quotedEnd(text: string, start: number): number {
  let at = text.indexOf(QUOTE, start + 1);
  while (at !== -1 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2);
  return at + 1;
}

/** The bytes of a row as its text says them. */
export function writeText({ text, charset }: RowText): Buffer {
  return encodeText(text, charset) ?? Buffer.alloc(0);
}

/** The row with the value of one column replaced, or why that cannot be written. Columns count from 1. */
export function replaceCell(row: RowText, column: number, value: string, line: number): RowText | Problem {
  const spans = spansOf(row);
  const position = `line ${line} column ${column}`;
  const span = spans[column - 1];
  if (span === undefined) return unwritable('COLUMN_MISSING', position, 'the row has no such column');
  const cell = cellText(value, span, row.dialect, spans.length);
  if (cell === undefined) {
    return unwritable('CELL_NOT_WRITABLE', position, 'the extract uses no quotation marks, and the value needs them');
  }
  const { start, end } = span;
  const text = row.text.slice(0, start) + cell + row.text.slice(end);
  const bytes = encodeText(text, row.charset);
  const units = bytes === undefined ? undefined : unitsAgain(bytes, row);
  if (units !== text) {
    return unwritable('CHARACTER_NOT_WRITABLE', position, `${row.charset} cannot write the row with this value`);
  }
  return { ...row, text, length: row.length + cell.length - (end - start) };
}

/** The text of the bytes as it will be read. */
function unitsAgain(bytes: Buffer, { dialect }: RowText): string {
  if (dialect.charset !== 'bytes') return dialect.charset === 'utf-16le' ? bytes.toString('utf16le') : bigEndian(bytes);
  return readText(bytes.toString('latin1'), 0, true, dialect).text;
}

function bigEndian(bytes: Buffer): string {
  return Buffer.from(bytes).swap16().toString('utf16le');
}

/** A cell as it is written; undefined where it would need quotation marks and there are none. */
function cellText(value: string, span: CellSpan, dialect: Dialect, columns: number): string | undefined {
  const isBlankRow = value === '' && columns === 1;
  const needsQuotes = isBlankRow || value.includes(dialect.separator) || /["\r\n]/.test(value);
  if (dialect.quotes) return span.quoted || needsQuotes ? `"${value.replaceAll(QUOTE, '""')}"` : value;
  return isBlankRow || value.includes(dialect.separator) || /^"|[\r\n]/.test(value) ? undefined : value;
}

function unwritable(code: string, position: string, message: string): Problem {
  return { category: 'schema-invalid', code, position, message };
}
