/** Rows out of DuckDB, a chunk at a time, and lines into it. */
import { rm } from 'node:fs/promises';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { quoted, readJsonOf } from '../../../runtime/columnar.ts';
import { scanned } from '../../../runtime/kept-bytes.ts';
import { parsedLines } from '../../../runtime/lines.ts';

/** The longest line DuckDB takes; it sets twice this aside for each thread. Longer things are kept beside the lines. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;

export type Columns = Readonly<Record<string, 'VARCHAR' | 'INTEGER' | 'DOUBLE' | 'BOOLEAN'>>;

/** Makes a table of NDJSON files; a member that is absent is null, one that is not asked for is left out. */
export async function tableOf(
  db: DuckDBConnection,
  name: string,
  files: readonly string[],
  columns: Columns,
): Promise<void> {
  const list = Object.entries(columns);
  if (files.length === 0) {
    await db.run(`create table ${name} (${list.map(([column, type]) => `${column} ${type}`).join(', ')})`);
    return;
  }
  await db.run(`create table ${name} as select * from ${linesOf(files, columns)}`);
}

/** These NDJSON files as what a query selects from; of each line only what is selected is taken. */
export function linesOf(files: readonly string[], columns: Columns): string {
  return readJsonOf(files, columns, LINE_BYTES_MAX);
}

/** Every row of a query, in order. No other query may run on the connection before the last row. */
export async function* rowsOf<Row>(
  db: DuckDBConnection,
  query: string,
  values: readonly DuckDBValue[] = [],
): AsyncGenerator<Row> {
  const result = await db.stream(query, [...values]);
  for await (const rows of result.yieldRowObjectJs()) yield* rows as unknown as Row[];
}

/**
 * Every row of an ordered query, by way of a file: more is sorted than memory holds, and rows that DuckDB hands over
 * are freed late. Numbers come as numbers.
 */
export async function* sortedRowsOf<Row>(db: DuckDBConnection, query: string, path: string): AsyncGenerator<Row> {
  await db.run(`copy (${query}) to ${quoted(path)} (format json)`);
  yield* parsedLines<Row>(scanned(path, SORTED_CHUNK_BYTES), LINE_BYTES_MAX);
  await rm(path);
}

/** There is a file for some items each, whose buffer outlives it until everything is collected. */
const SORTED_CHUNK_BYTES = 32 * 1024;

/** Of so many items rows are put in order at a time. */
const ITEMS_AT_A_TIME = 16_384;

/**
 * Every row of a query that is ordered by the ordinal of its item first, the rows of some items after those of others.
 * `query` is told how the ordinal of an item is held to those whose turn it is.
 */
export async function* rowsByItem<Row>(
  db: DuckDBConnection,
  query: (some: (ordinal: string) => string) => string,
  path: string,
  itemsAtATime = ITEMS_AT_A_TIME,
): AsyncGenerator<Row> {
  const last = await countOf(db, 'select max(n) from item');
  for (let from = 0; from <= last; from += itemsAtATime) {
    const some = (ordinal: string): string => `${ordinal} between ${from} and ${from + itemsAtATime - 1}`;
    yield* sortedRowsOf<Row>(db, query(some), path);
  }
}

/** The one number a query answers. */
export async function countOf(db: DuckDBConnection, query: string): Promise<number> {
  const reader = await db.runAndReadAll(query);
  return Number(reader.getRows()[0]?.[0] ?? 0);
}
