/** Columns: DuckDB over sealed documents, for manifests and for matching records. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Sha256 } from '../kernel/digest.ts';
import { Fault } from '../kernel/fault.ts';
import { inPieces } from './lines.ts';
import type { Strongroom } from './strongroom.ts';

export interface ColumnarLimits {
  readonly memoryMaxMb: number;
  /** Where DuckDB spills to, in a folder that is removed afterwards. */
  readonly directory: string;
  /** What sets `memoryMaxMb`, for whoever has to raise it: an option, or a member of the policy. */
  readonly setBy?: string | undefined;
}

const LIMITS_DEFAULT: ColumnarLimits = { memoryMaxMb: 512, directory: tmpdir() };
/** A second one takes a third more CPU for the same work, and twice the buffers; several jobs run at once anyway. */
const THREADS_MAX = 1;
/** As small files and as fast to write as six times as many, and a group is held whole while it is written. */
const ROW_GROUP_ROWS = 20_480;
/** What it frees goes back to the system at once: else as much as half of the limit is held beyond the limit. */
const HELD_ON_TO_MAX = { allocator_flush_threshold: '1MB', allocator_bulk_deallocation_flush_threshold: '16MB' };
/** DuckDB sets twice this aside for each thread, and fills it when the document is that long. */
const LINE_LENGTH_MAX_BYTES = 4 * 1024 * 1024;

/**
 * Runs `work` on a private in-memory DuckDB that installs and loads no extensions, so that it has no network. Fails
 * with COLUMNS_MEMORY_EXCEEDED, and with COLUMNS_DISK_FULL where there is no room for what it spills.
 */
export async function withColumnar<T>(
  work: (db: DuckDBConnection, scratch: string) => Promise<T>,
  limits: ColumnarLimits = LIMITS_DEFAULT,
): Promise<T> {
  await mkdir(limits.directory, { recursive: true });
  const scratch = await mkdtemp(join(limits.directory, 'columnar-'));
  try {
    // Loaded when it is needed: most commands match nothing, and its library is the largest there is.
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${limits.memoryMaxMb}MB`,
      threads: `${THREADS_MAX}`,
      temp_directory: scratch,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // Columns on disk are passed over once or twice; what was read of them would fill the limit.
      enable_external_file_cache: 'false',
      ...HELD_ON_TO_MAX,
    });
    try {
      const connection = await instance.connect();
      try {
        // What each file says of itself is read once, and not for each of many queries that ask for a few of its rows.
        await connection.run('set parquet_metadata_cache = true');
        await connection.run('set lock_configuration = true');
        return await work(connection, scratch);
      } catch (error) {
        throw isOutOfRoom(error) ? outOfRoom(error, limits) : error;
      } finally {
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** DuckDB tells its errors apart by their text alone. */
const OUT_OF_MEMORY = /^(?:Error: )?Out of Memory Error:/;
const OUT_OF_DISK = /max_temp_directory_size|No space left on device/;

/** Whether DuckDB gave up for want of memory or disk, which says nothing about what it read. */
export function isOutOfRoom(error: unknown): boolean {
  const text = String(error);
  return OUT_OF_MEMORY.test(text) || OUT_OF_DISK.test(text);
}

function outOfRoom(cause: unknown, { memoryMaxMb, directory, setBy }: ColumnarLimits): Fault {
  if (OUT_OF_DISK.test(String(cause))) {
    const message = `there is no room left in ${directory} for what does not fit into memory; make room there`;
    return new Fault({ code: 'COLUMNS_DISK_FULL', retry: 'permanent', message, cause });
  }
  const raise = setBy === undefined ? 'nothing that can be set raises it' : `set ${setBy} to more`;
  const message = `the columns of this need more than the ${memoryMaxMb} MB they may take; ${raise}`;
  return new Fault({ code: 'COLUMNS_MEMORY_EXCEEDED', retry: 'permanent', message, cause });
}

/**
 * The Parquet twin (zstd) of sealed NDJSON whose lines have these columns (name: type of DuckDB) and no others, sealed
 * in its turn; the same lines give the same bytes. A member that a line does not have is null.
 */
export async function linesToParquet(
  room: Strongroom,
  lines: Sha256,
  columns: Readonly<Record<string, string>>,
  limits?: ColumnarLimits,
): Promise<Sha256> {
  return withColumnar(async (db, scratch) => {
    const pieces = await inPieces(room.scan(lines), join(scratch, 'lines'));
    const twin = join(scratch, 'twin.parquet');
    await db.run(`copy (select * from ${readJsonOf(pieces, columns, LINE_LENGTH_MAX_BYTES)})
      to ${quoted(twin)} (format parquet, compression zstd, row_group_size ${ROW_GROUP_ROWS})`);
    return (await room.put(createReadStream(twin))).digest;
  }, limits);
}

/**
 * These NDJSON files as what a query selects from, with the type of each column; of each line only what is selected is
 * taken. Fails on a line that is longer.
 */
export function readJsonOf(
  files: readonly string[],
  columns: Readonly<Record<string, string>>,
  lineBytesMax: number,
): string {
  const types = Object.entries(columns).map(([name, type]) => `"${name}": '${type}'`);
  return `read_json([${files.map(quoted).join(', ')}], format = 'newline_delimited', columns = {${types.join(', ')}},
    maximum_object_size = ${lineBytesMax})`;
}

/** `text` as an SQL literal, for paths; DuckDB takes no parameters where a file is named. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
