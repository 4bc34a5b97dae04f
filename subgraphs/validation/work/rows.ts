/** Rows out of DuckDB, a chunk at a time, and lines into it. */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';

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
  const types = list.map(([column, type]) => `${column}: '${type}'`).join(', ');
  const paths = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
  await db.run(
    `create table ${name} as select * from read_json([${paths}], format = 'newline_delimited',
      columns = {${types}}, maximum_object_size = ${LINE_BYTES_MAX})`,
  );
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

/** The one number a query answers. */
export async function countOf(db: DuckDBConnection, query: string): Promise<number> {
  const reader = await db.runAndReadAll(query);
  return Number(reader.getRows()[0]?.[0] ?? 0);
}
