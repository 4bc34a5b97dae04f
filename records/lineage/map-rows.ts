/** Delimited extracts by a lineage map: row by row. */
import { looksBinary, sniffMediaType } from '../document/sniff.ts';
import { readDelimited, type Row } from '../delimited/read.ts';
import type { Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import type { LineageMap, RecordRules } from './language.ts';
import type { MappedRecord } from './lineage.ts';
import { readsOfRecord } from './reads.ts';
import { houseOf } from './house.ts';
import { leavesOfRow } from './leaves.ts';
import { sourcesOf } from './rule.ts';
import type { Tracer } from './trace.ts';
import { compileRecord, unmappedRecord } from './record.ts';
import { columnName, columnsOf, rowSource, type RowScope } from './source-rows.ts';

const HEAD_BYTES = 4096;

export function compileRows(
  map: LineageMap,
  tracer?: Tracer,
): (path: string, chunks: ItemChunks) => AsyncGenerator<MappedRecord> {
  const records = map.records ?? [];
  const type = records[0]?.type ?? 'Basic';
  const house = houseOf(rowSource, map, () => map.zone, tracer);
  const makers = records.map((record) => compileRecord<RowScope>(record, house));
  const needed = columnsNeeded(records);
  const unmapped = (problem: Problem) =>
    unmappedRecord(type, `unreadable:${problem.position}`, problem.position, [problem]);
  return async function* (_path, chunks) {
    if (looksBinary(sniffMediaType(await chunks.peek(HEAD_BYTES)))) {
      return yield unmapped(unreadable('NOT_TEXT', 'byte 0', 'the content is not text'));
    }
    let columns: ReadonlyMap<string, number> | undefined;
    for await (const read of readDelimited(chunks)) {
      if (read.kind === 'problem') yield unmapped(read.problem);
      else if (read.kind === 'header') {
        columns = columnsOf(read.columns);
        const problem = headerProblem(columns, needed);
        if (problem !== undefined) return yield unmapped(problem);
      } else if (columns !== undefined) {
        const scope = { row: read.row, columns };
        for (const make of makers) {
          const record = await make(scope);
          if (record !== undefined) yield withRowProblem(record, read.row);
        }
        tracer?.unit(() => leavesOfRow(scope));
      }
    }
    if (columns === undefined) yield unmapped(unreadable('HEADER_MISSING', 'line 1', 'no row names the columns'));
  };
}

function withRowProblem(record: MappedRecord, row: Row): MappedRecord {
  if (row.problem === undefined) return record;
  return { ...record, problems: [...record.problems, { ...row.problem, record: record.key }] };
}

function headerProblem(
  columns: ReadonlyMap<string, number> | undefined,
  needed: ReadonlySet<string>,
): Problem | undefined {
  if (columns === undefined) return invalid('COLUMN_DUPLICATE', 'two columns have the same name');
  const missing = [...needed].filter((name) => !columns.has(name));
  if (missing.length === 0) return undefined;
  return invalid('COLUMN_MISSING', `the lineage needs columns that are not there: ${missing.join(', ')}`);
}

/** Every column the map reads, those left out that one of its rules declares optional. */
function columnsNeeded(records: readonly RecordRules[]): ReadonlySet<string> {
  const needed = new Set(records.flatMap(readsOfRecord).map(({ path }) => columnName(path)));
  for (const { rules } of records) {
    for (const rule of rules) {
      if ('optional' in rule && rule.optional === true)
        for (const path of sourcesOf(rule.from)) needed.delete(columnName(path));
    }
  }
  return needed;
}

function invalid(code: string, message: string): Problem {
  return { category: 'schema-invalid', code, position: 'line 1', message };
}

function unreadable(code: string, position: string, message: string): Problem {
  return { category: 'unreadable', code, position, message };
}
