/** Delimited extracts by a lineage map: row by row. */
import { looksBinary, sniffMediaType } from '../document/sniff.ts';
import { readDelimited, type Row } from '../delimited/read.ts';
import type { Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import type { LineageMap, RecordRules, Rule } from './language.ts';
import type { MappedRecord } from './lineage.ts';
import { parseTemplate } from './path.ts';
import { compileRecord, unmappedRecord } from './record.ts';
import { columnName, columnsOf, rowSource, type RowScope } from './source-rows.ts';

const HEAD_BYTES = 4096;

export function compileRows(map: LineageMap): (path: string, chunks: ItemChunks) => AsyncGenerator<MappedRecord> {
  const records = map.records ?? [];
  const type = records[0]?.type ?? 'Basic';
  const house = { source: rowSource, map, zone: () => map.zone };
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
        for (const make of makers) yield withRowProblem(make({ row: read.row, columns }), read.row);
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
  const rules = records.flatMap((record) => record.rules);
  const read = records.flatMap(({ key, parent = '' }) => [key, parent].flatMap(columnsOfTemplate));
  const needed = new Set([...read, ...rules.flatMap(columnsOfRule)].map(columnName));
  for (const rule of rules) if ('from' in rule && rule.optional === true) needed.delete(columnName(rule.from));
  return needed;
}

function columnsOfRule(rule: Rule): readonly string[] {
  const asked = (rule.when ?? []).map((condition) => (typeof condition === 'string' ? condition : condition.from));
  switch (rule.do) {
    case 'template':
      return [...asked, ...columnsOfTemplate(rule.template)];
    case 'reference':
      return [...asked, ...columnsOfTemplate(rule.key)];
    case 'each':
    case 'constant':
    case 'refuse':
      return asked;
    case 'quantity':
      return rule.unit === undefined ? [...asked, rule.from] : [...asked, rule.from, rule.unit];
    default:
      return [...asked, rule.from];
  }
}

function columnsOfTemplate(template: string): readonly string[] {
  return (parseTemplate(template) ?? []).flatMap((part) =>
    'path' in part && part.path !== 'row.n' ? [part.path] : [],
  );
}

function invalid(code: string, message: string): Problem {
  return { category: 'schema-invalid', code, position: 'line 1', message };
}

function unreadable(code: string, position: string, message: string): Problem {
  return { category: 'unreadable', code, position, message };
}
