/** An extract on disk, ready to be read: its shape, its key, and the lineage that makes records of it. */
import { open } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { classify, CLASSIFY_BYTES_MAX } from '../../../records/classify.ts';
import { readDelimited } from '../../../records/delimited/read.ts';
import { ItemReading } from '../../../records/item-bytes.ts';
import type { JsonObject } from '../../../records/leaves.ts';
import type { Lineage, MappedRecord } from '../../../records/lineage/lineage.ts';
import { SOURCE_KEY_PATH, withoutSourceKey } from '../../../records/lineage/source-key.ts';
import { columnName } from '../../../records/lineage/source-rows.ts';
import { nearestWord } from '../../../records/spelling.ts';
import { type Outcome, granted, refused } from '../../../kernel/refusal.ts';
import {
  type ExtractRead,
  parquetColumns,
  readExtract,
  readObjects,
  readParquet,
  type Shape,
  shapeOf,
} from './extract.ts';
import { compileKey } from './keys.ts';
import type { ExtractSide } from './reconcile-extracts.ts';

export interface GivenExtract {
  readonly path: string;
  /** Which argument or option it is, for refusals. */
  readonly field: string;
  readonly key: readonly string[];
  /** Makes the records that are compared. */
  readonly lineage?: Lineage | undefined;
  /** The bytes of the file, from the front. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/** Whose records can be held against each other: rows with rows, JSON with JSON. */
export type Kind = 'columns' | 'members';

export interface OpenExtract extends ExtractSide {
  readonly kind: Kind;
  /** The same objects as rows, where they are no FHIR. */
  readonly asColumns?: OpenExtract | undefined;
}

/**
 * Refuses with FILE_MISSING, EXTRACT_EMPTY, EXTRACT_UNKNOWN, EXTRACT_DAMAGED, KEY_UNKNOWN or KEY_INVALID; the remedy
 * names what would do.
 */
export async function openExtract(given: GivenExtract): Promise<Outcome<OpenExtract>> {
  const head = await headOf(given.path);
  if (head === undefined) return missing(given);
  if (head.length === 0) return empty(given);
  const shape = shapeOf(head);
  if (given.lineage !== undefined) return shape === 'parquet' ? unmapped(given) : openMapped(given, given.lineage);
  if (shape === undefined) return unknown(given);
  const keyOf = compileKey(given.key, shape);
  if (keyOf === undefined) return invalidKey(given);
  if (shape !== 'json') {
    const columns = shape === 'rows' ? await rowColumns(head) : await parquetColumns(given.path);
    if (columns === undefined) return damaged(given);
    const refusal = unknownColumns(given, columns);
    if (refusal !== undefined) return refusal;
  }
  const { path, bytes, key } = given;
  const rows = shape === 'rows' ? { path, bytes, key } : undefined;
  const asColumns = shape === 'json' && !FHIR.includes(classify(head)) ? objectsOf(given) : undefined;
  const kind = shape === 'json' ? 'members' : 'columns';
  return granted({ read: readerOf(given, shape), keyOf, rows, kind, asColumns });
}

const FHIR: readonly string[] = ['fhir-json', 'fhir-ndjson'];

function objectsOf({ path, bytes, key }: GivenExtract): OpenExtract | undefined {
  const keyOf = compileKey(key, 'parquet');
  return keyOf && { read: () => readObjects(path, bytes()), keyOf, kind: 'columns' };
}

function readerOf({ path, bytes }: GivenExtract, shape: Shape) {
  return (db: DuckDBConnection) => (shape === 'parquet' ? readParquet(db, path) : readExtract(path, shape, bytes()));
}

function openMapped(given: GivenExtract, lineage: Lineage): Outcome<OpenExtract> {
  const isOwnKey = given.key.includes(SOURCE_KEY_PATH);
  const keyOf = compileKey(given.key, 'json');
  if (keyOf === undefined) return invalidKey(given);
  const read = async function* (): AsyncGenerator<ExtractRead> {
    for await (const record of lineage.map(given.path, given.bytes())) yield mappedRead(record, isOwnKey);
  };
  return granted({ read, keyOf, kind: 'members' });
}

function mappedRead({ type, position, resource, problems }: MappedRecord, isOwnKey: boolean): ExtractRead {
  const [problem] = problems;
  if (problem !== undefined) return { kind: 'problem', problem };
  const value = resource as JsonObject;
  return { kind: 'record', record: { type, position, value: isOwnKey ? value : withoutSourceKey(value) } };
}

async function headOf(path: string): Promise<Buffer | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CLASSIFY_BYTES_MAX), 0, CLASSIFY_BYTES_MAX, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** None where there is no header; reading tells what is wrong with it. */
async function rowColumns(head: Buffer): Promise<readonly string[]> {
  for await (const read of readDelimited(new ItemReading(head))) if (read.kind === 'header') return read.columns;
  return [];
}

function unknownColumns({ key, field }: GivenExtract, named: readonly string[]) {
  const columns = named.map(columnName);
  const unknownName = key.find((name) => !columns.includes(columnName(name)));
  if (unknownName === undefined || columns.length === 0) return undefined;
  const near = nearestWord(columnName(unknownName), columns);
  const remedy = near === undefined ? `its columns are ${named.join(', ')}` : `perhaps ${near}`;
  const message = `the extract has no column ${JSON.stringify(unknownName)}`;
  return refused({ code: 'KEY_UNKNOWN', message, field: [field, 'key'], remedy });
}

function missing({ field, path }: GivenExtract) {
  const message = 'there is no file of that name that can be read';
  const remedy = 'name a file that exists, is no folder, and that you may read';
  return refused({ code: 'FILE_MISSING', message, field: [field, path], remedy });
}

/** Nothing is also what an export that failed leaves behind. */
function empty({ field, path }: GivenExtract) {
  const message = 'the file is empty: it has not even a header';
  const remedy = 'have it exported again; rows of nothing have a header, and JSON of nothing is []';
  return refused({ code: 'EXTRACT_EMPTY', message, field: [field, path], remedy });
}

function damaged({ field, path }: GivenExtract) {
  const message = 'the file begins as Parquet and cannot be read as such: it is cut off or damaged';
  const remedy = 'have it exported or copied again';
  return refused({ code: 'EXTRACT_DAMAGED', message, field: [field, path], remedy });
}

function unknown({ field }: GivenExtract) {
  const message = 'the extract is neither rows, JSON nor Parquet';
  const remedy = 'for messages and documents name the lineage that makes records of them with --map';
  return refused({ code: 'EXTRACT_UNKNOWN', message, field: [field], remedy });
}

function unmapped({ field }: GivenExtract) {
  const message = 'a lineage map does not read Parquet';
  const remedy = 'export it as rows, with the columns that the map names';
  return refused({ code: 'EXTRACT_UNKNOWN', message, field: [field], remedy });
}

function invalidKey({ field, key }: GivenExtract) {
  const message = `${key.map((each) => JSON.stringify(each)).join(', ')} is no path`;
  const remedy = "write paths like id, or identifier[system='urn:oid:1.2.3'].value";
  return refused({ code: 'KEY_INVALID', message, field: [field, 'key'], remedy });
}
