/** The records of an extract that Waybill never moved: rows, JSON objects, FHIR resources or Parquet rows. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { NumberLiteral, parseJson } from '../../../kernel/canonical-json.ts';
import { classify } from '../../../records/classify.ts';
import { readDelimited } from '../../../records/delimited/read.ts';
import { type FhirDocument, readDocument, readDocuments } from '../../../records/fhir/read.ts';
import type { Problem } from '../../../records/format.ts';
import { type ItemBytes, ItemReading } from '../../../records/item-bytes.ts';
import { isArray, isObject, type JsonObject } from '../../../records/leaves.ts';
import { columnName, columnsOf } from '../../../records/lineage/source-rows.ts';
import { rowsOf } from '../work/rows.ts';
import { isOutOfRoom, quoted, withColumnar } from '../../../runtime/columnar.ts';

export const SHAPES = ['rows', 'json', 'parquet'] as const;
export type Shape = (typeof SHAPES)[number];

export interface ExtractRecord {
  /** `line 12`, `line 3 /entry/4/resource` or `row 7`. */
  readonly position: string;
  /** The FHIR resource type; empty where there is none. */
  readonly type: string;
  /** Of rows by column name in capitals, without empty cells. */
  readonly value: JsonObject;
}

/** A record, or something in the extract that cannot be one. */
export type ExtractRead =
  | { readonly kind: 'record'; readonly record: ExtractRecord }
  | { readonly kind: 'problem'; readonly problem: Pick<Problem, 'code' | 'position' | 'message'> };

const PARQUET_MAGIC = 'PAR1';

/** What an extract is, by its first bytes; undefined where it holds no records. */
export function shapeOf(head: Buffer): Shape | undefined {
  if (head.subarray(0, PARQUET_MAGIC.length).toString('latin1') === PARQUET_MAGIC) return 'parquet';
  const kind = classify(head);
  if (kind === 'fhir-json' || kind === 'fhir-ndjson') return 'json';
  if (/^\s*[[{]/.test(head.toString('utf8').replace('\ufeff', ''))) return 'json';
  return kind === 'delimited' || kind === 'text' ? 'rows' : undefined;
}

/** Reads rows or JSON from the front; wrong data is told, never thrown. */
export async function* readExtract(
  path: string,
  shape: 'rows' | 'json',
  bytes: ItemBytes,
): AsyncGenerator<ExtractRead> {
  const reading = new ItemReading(bytes);
  try {
    if (shape === 'rows') yield* readRows(reading);
    else yield* readJson(path, reading);
    if (reading.failure !== undefined) throw reading.failure.error;
  } finally {
    await reading.close();
  }
}

async function* readRows(reading: ItemReading): AsyncGenerator<ExtractRead> {
  let names: readonly string[] = [];
  for await (const read of readDelimited(reading)) {
    if (read.kind === 'problem') {
      yield { kind: 'problem', problem: read.problem };
    } else if (read.kind === 'header') {
      names = read.columns.map(columnName);
      if (columnsOf(read.columns) === undefined) {
        const message = 'two columns have one name; give each its own';
        return yield { kind: 'problem', problem: { code: 'COLUMN_REPEATED', position: 'line 1', message } };
      }
    } else if (read.row.problem === undefined) {
      const { cells, line } = read.row;
      yield { kind: 'record', record: rowRecord(names, cells, line) };
    } else {
      yield { kind: 'problem', problem: read.row.problem };
    }
  }
}

/** Of a row: its cells by column name in capitals, without the empty ones. */
export function rowRecord(names: readonly string[], cells: readonly string[], line: number): ExtractRecord {
  const value = Object.fromEntries(names.flatMap((name, at) => (cells[at] ? [[name, cells[at]]] : [])));
  return { position: `line ${line}`, type: '', value };
}

async function* readJson(path: string, reading: ItemReading): AsyncGenerator<ExtractRead> {
  for await (const piece of readDocuments(path, reading)) {
    if (piece.kind === 'problem') yield piece;
    if (piece.kind !== 'document') continue;
    for (const read of readDocument(piece)) {
      if (read.kind === 'resource') {
        const { at, resource } = read;
        const position = `${at.prefix}${at.pointer}`.trim() || '/';
        yield { kind: 'record', record: { position, type: String(resource['resourceType']), value: resource } };
      } else if (read.problem.code === 'RESOURCE_TYPE_MISSING') {
        yield* plainObjects(piece);
      } else {
        yield read;
      }
    }
  }
}

/** JSON that is no FHIR: an object, or a list of them. */
function* plainObjects({ bytes, prefix }: FhirDocument): Generator<ExtractRead> {
  const value = parseJson(bytes.toString('utf8').replace('\ufeff', ''));
  const isList = isArray(value);
  for (const [at, each] of (isList ? value : [value]).entries()) {
    const position = `${prefix}${isList ? `/${at}` : ''}`.trim() || '/';
    if (isObject(each)) yield { kind: 'record', record: { position, type: '', value: each } };
    else yield { kind: 'problem', problem: { code: 'NOT_AN_OBJECT', position, message: 'a record is a JSON object' } };
  }
}

/** JSON objects that are no FHIR as rows: their members are the columns, by name in capitals. */
export async function* readObjects(path: string, bytes: ItemBytes): AsyncGenerator<ExtractRead> {
  for await (const read of readExtract(path, 'json', bytes)) {
    if (read.kind === 'problem') yield read;
    else
      yield { kind: 'record', record: { ...read.record, type: '', value: columnsFrom(read.record.value, asWritten) } };
  }
}

/** Rows of a Parquet file, by its column names in capitals; times as DuckDB writes them in JSON. */
export async function* readParquet(db: DuckDBConnection, path: string): AsyncGenerator<ExtractRead> {
  let ordinal = 0;
  const query = `select to_json(t)::varchar j from read_parquet(${quoted(path)}) t`;
  try {
    for await (const { j } of rowsOf<{ readonly j: string }>(db, query)) {
      ordinal += 1;
      const value = columnsFrom(parseJson(j) as JsonObject, inDoubles);
      yield { kind: 'record', record: { position: `row ${ordinal}`, type: '', value } };
    }
  } catch (error) {
    if (isOutOfRoom(error)) throw error;
    const message = 'the file is damaged from here on; have it exported again';
    yield { kind: 'problem', problem: { code: 'PARQUET_DAMAGED', position: `row ${ordinal + 1}`, message } };
  }
}

/** The columns of a Parquet file as it names them; undefined where it is damaged. */
export async function parquetColumns(path: string): Promise<readonly string[] | undefined> {
  return withColumnar(async (db) => {
    try {
      const query = `select column_name from (describe select * from read_parquet(${quoted(path)}))`;
      return (await db.runAndReadAll(query)).getRows().map(([name]) => String(name));
    } catch (error) {
      if (isOutOfRoom(error)) throw error;
      return undefined;
    }
  });
}

/** Numbers and truth values as text: rows of text have no types, and 5 there is the 5 of a column of numbers. */
function columnsFrom(members: JsonObject, digits: (value: NumberLiteral) => string): JsonObject {
  const full = Object.entries(members).filter(([, value]) => value !== null && value !== '');
  return Object.fromEntries(
    full.map(([name, value]) => {
      if (value instanceof NumberLiteral) return [columnName(name), digits(value)];
      const isPlain = typeof value === 'number' || typeof value === 'boolean';
      return [columnName(name), isPlain ? String(value) : value];
    }),
  );
}

function asWritten({ literal }: NumberLiteral): string {
  return literal;
}

/** A column of doubles has no digits of its own; one of integers may hold more than a double can. */
function inDoubles({ literal }: NumberLiteral): string {
  return /^-?\d+$/.test(literal) ? literal : String(Number(literal));
}
