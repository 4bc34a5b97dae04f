/** Rows of an extract into a profile: a field for each column, the table's key and what refers to other tables. */
import { sha256 } from '../../kernel/digest.ts';
import { type DelimitedRead, readDelimited, type Row } from '../delimited/read.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { contentOf } from './content.ts';
import { maskOf } from './scan.ts';
import type { FieldHandle, RecordSink } from './sink.ts';
import { tableIdentities } from './table-identities.ts';

interface Column {
  readonly handle: FieldHandle;
  readonly identities: readonly number[];
}

/** The position of a row is the line it begins on. */
export async function profileDelimited(path: string, chunks: ItemChunks, sink: RecordSink): Promise<void> {
  const table = new TableReader(path, sink);
  for await (const read of readDelimited(chunks)) {
    const pending = table.take(read);
    if (pending !== undefined) await pending;
  }
}

class TableReader {
  readonly #path: string;
  readonly #sink: RecordSink;
  #columns: readonly Column[] = [];
  #kind = '';

  constructor(path: string, sink: RecordSink) {
    this.#path = path;
    this.#sink = sink;
  }

  take(read: DelimitedRead): Promise<void> | undefined {
    if (read.kind === 'row') return takeRow(read.row, this.#kind, this.#columns, this.#sink);
    if (read.kind === 'header') return this.#open(read.columns);
    this.#sink.place.record = lineOf(read.problem.position);
    this.#sink.problem(read.problem.code);
    return undefined;
  }

  #open(header: readonly string[]): Promise<void> | undefined {
    const sink = this.#sink;
    const isHeader = !header.some(looksLikeData);
    const names = unique(header.map((name, at) => (isHeader ? columnName(name, at) : `column ${at + 1}`)));
    this.#kind = tableKind(names);
    this.#columns = openColumns(this.#path, this.#kind, names, sink);
    if (isHeader) return undefined;
    sink.place.record = 1;
    sink.problem('HEADER_MISSING');
    return takeRow({ ordinal: 0, line: 1, cells: header, problem: undefined }, this.#kind, this.#columns, sink);
  }
}

function takeRow(row: Row, kind: string, columns: readonly Column[], sink: RecordSink): Promise<void> | undefined {
  sink.begin(kind, row.line);
  if (row.problem !== undefined) sink.problem(row.problem.code);
  const { cells } = row;
  const width = Math.min(cells.length, columns.length);
  for (let at = 0; at < width; at++) {
    const cell = cells[at];
    const column = columns[at];
    if (cell === undefined || cell === '' || column === undefined) continue;
    sink.value(column.handle, cell);
    for (const identity of column.identities) sink.identify(identity, cell.trim());
  }
  return sink.end();
}

function openColumns(path: string, kind: string, names: readonly string[], sink: RecordSink): readonly Column[] {
  const identities = tableIdentities(path, names);
  return names.map((name, at) => {
    const handle = sink.handle(kind, name);
    const mine = identities.filter((each) => each.column === at);
    return { handle, identities: mine.map(({ use, namespace }) => sink.identity(use, namespace, handle)) };
  });
}

/** A row of values where the names of the columns should be would put values into paths. */
function looksLikeData(cell: string): boolean {
  const text = cell.trim();
  const { class: found, isDigits } = contentOf(maskOf(text));
  return (
    found !== undefined || (isDigits && text.length >= IDENTIFIER_DIGITS_MIN) || text.length > COLUMN_NAME_CHARS_MAX
  );
}

const IDENTIFIER_DIGITS_MIN = 5;
const COLUMN_NAME_CHARS_MAX = 128;

function columnName(name: string, at: number): string {
  const trimmed = name.trim().toWellFormed();
  return trimmed === '' ? `column ${at + 1}` : trimmed;
}

/** Two columns of one name stay two fields. */
function unique(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

/** Extracts with the same columns are parts of one table. */
function tableKind(names: readonly string[]): string {
  return `table ${sha256(names.map((name) => name.toUpperCase()).join('\t')).slice(0, 8)}`;
}

function lineOf(position: string): number {
  return Number(/^line (\d+)/.exec(position)?.[1] ?? 0);
}
