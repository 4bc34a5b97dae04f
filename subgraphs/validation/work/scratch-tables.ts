/** Scratch files as tables of DuckDB: in its memory, in columns on disk, or as the lines they are. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoted } from '../../../runtime/columnar.ts';
import { linesOf, tableOf } from './rows.ts';
import type { Scratch } from './scratch.ts';
import type { ScratchFile, Spool } from './spool.ts';

interface Spooled {
  readonly spool: Spool;
}

/** Small groups take little memory of each thread while they are written and read. */
export const AS_PARQUET = 'format parquet, compression snappy, row_group_size 20480';

/** A table, whether or not anything was written to the file. */
export async function scratchTable(db: DuckDBConnection, of: Spooled, name: string, scratch: Scratch): Promise<void> {
  const file = await writtenLines(of, scratch);
  await tableOf(db, name, file.isEmpty ? [] : file.pieces, scratch.columns);
}

/** A view that is read anew by whoever asks: what is asked of once need not be held. */
export async function scratchLines(db: DuckDBConnection, of: Spooled, name: string, scratch: Scratch): Promise<void> {
  const file = await writtenLines(of, scratch);
  await db.run(`create view ${name} as from ${linesOf(file.pieces, scratch.columns)}`);
}

/** A view of columns on disk, of which some rows are found by the order they were written in, and none is held. */
export async function scratchColumns(db: DuckDBConnection, of: Spooled, name: string, scratch: Scratch): Promise<void> {
  await db.run(`create view ${name} as from ${quoted(await asParquet(db, of, scratch, '*'))}`);
}

/** The path of what is selected of a scratch file, as Parquet. */
export async function asParquet(db: DuckDBConnection, of: Spooled, scratch: Scratch, told: string): Promise<string> {
  const { file, columns } = scratch;
  const lines = await writtenLines(of, scratch);
  const path = join(of.spool.folder, `${file}.parquet`);
  const rows = linesOf(lines.pieces, columns);
  await db.run(`copy (select ${told} from ${rows}) to ${quoted(path)} (${AS_PARQUET})`);
  return path;
}

/** The file of these lines, of which others see every one that was added so far. */
async function writtenLines({ spool }: Spooled, scratch: Scratch): Promise<ScratchFile> {
  const file = await spool.lines(scratch);
  await file.flush();
  return file;
}
