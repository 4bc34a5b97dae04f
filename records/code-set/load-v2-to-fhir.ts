/** The tables of HL7's v2-to-FHIR project: one CSV for each HL7 v2 table, under two rows of headings. */
import { ItemReading } from '../item-bytes.ts';
import { readDelimited } from '../delimited/read.ts';
import type { CodeMapBuilder } from './builder.ts';
import type { CodeTarget, Condition } from './document.ts';
import { codeSystem, hl7TableSystem } from './system.ts';

/** Where the columns of one table stand. */
interface Columns {
  readonly code: number;
  readonly text: number;
  readonly system: number;
  readonly targetCode: number;
  readonly targetDisplay: number;
  readonly targetSystem: number;
  /** Headings of the conditions between source and target. */
  readonly conditions: readonly { readonly at: number; readonly property: string }[];
}

/**
 * Rows without a target say that there is none. Rows without a source, which list codes of the target's system that
 * nothing leads to, say nothing about a source code and are left. The tables do not say how far a mapping holds.
 */
export async function loadV2ToFhir(bytes: AsyncIterable<Uint8Array>, builder: CodeMapBuilder): Promise<void> {
  let columns: Columns | undefined;
  for await (const read of readDelimited(new ItemReading(bytes))) {
    if (builder.isFull) return;
    if (read.kind === 'problem') builder.refuse(read.problem.position, read.problem.message, 'mend the file');
    if (read.kind !== 'row') continue;
    const where = `line ${read.row.line}`;
    const cells = read.row.cells.map((cell) => cell.trim());
    if (columns === undefined) {
      columns = columnsOf(cells);
      if (columns !== undefined) continue;
      return builder.refuse(where, 'does not name the columns of a v2-to-FHIR table', 'take the table as HL7 has it');
    }
    if (cells[columns.code] !== '') addRow(where, cells, columns, builder);
  }
}

function columnsOf(headings: readonly string[]): Columns | undefined {
  const code = headings.indexOf('Code');
  const system = headings.indexOf('Code System');
  const targetCode = headings.indexOf('Code', system);
  const targetDisplay = headings.indexOf('Display', targetCode);
  const targetSystem = headings.indexOf('Code System', targetCode);
  if ([code, system, targetCode, targetDisplay, targetSystem].includes(-1)) return undefined;
  const conditions = headings
    .map((property, at) => ({ at, property }))
    .filter(({ at, property }) => at > system && at < targetCode && property !== '');
  return { code, text: headings.indexOf('Text'), system, targetCode, targetDisplay, targetSystem, conditions };
}

function addRow(where: string, cells: readonly string[], columns: Columns, builder: CodeMapBuilder): void {
  const table = cells[columns.system] ?? '';
  const from = hl7TableSystem(table) ?? (table === '' ? builder.from?.system : table);
  if (from === undefined) return builder.refuse(where, 'has a code of no code system', 'say the system: --from');
  builder.from ??= codeSystem(from);
  if (builder.from.system !== from) {
    return builder.refuse(where, 'has a code of another system than the lines before', 'one table has one system');
  }
  const display = cells[columns.text] ?? '';
  const target = targetOf(where, cells, columns, builder);
  if (target === undefined) return;
  builder.add(where, cells[columns.code] ?? '', { ...(display === '' ? {} : { display }), targets: [target] });
}

function targetOf(
  where: string,
  cells: readonly string[],
  columns: Columns,
  builder: CodeMapBuilder,
): CodeTarget | undefined {
  const cell = (at: number) => cells[at] ?? '';
  const dependsOn: readonly Condition[] = columns.conditions
    .filter(({ at }) => cell(at) !== '')
    .map(({ at, property }) => ({ property, value: cell(at) }));
  const remarks = cells.slice(columns.targetSystem + 1).filter((each) => each !== '');
  const comment = remarks.length === 0 ? {} : { comment: remarks.join(' ') };
  const code = cell(columns.targetCode);
  if (code === '') {
    const why = [...dependsOn.map(({ value }) => value), ...remarks].join(' ');
    return { equivalence: 'unmatched', ...(why === '' ? {} : { comment: why }) };
  }
  const system = cell(columns.targetSystem);
  if (system === '') {
    builder.refuse(where, 'has a target code without its system', 'say the system in the table');
    return undefined;
  }
  builder.to ??= codeSystem(system);
  // Some tables hold the display in the column before.
  const display =
    cell(columns.targetDisplay) ||
    cell(columns.targetDisplay - 1 > columns.targetCode ? columns.targetDisplay - 1 : -1);
  return {
    code,
    ...(display === '' ? {} : { display }),
    system,
    equivalence: 'relatedto',
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
    ...comment,
  };
}
