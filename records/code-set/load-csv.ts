/** A code map somebody keeps as a table: which column holds what is declared, or read from the headings. */
import { readDelimited } from '../delimited/read.ts';
import { ItemReading } from '../item-bytes.ts';
import type { CodeMapBuilder } from './builder.ts';
import type { CodeTarget } from './document.ts';
import {
  isMappedEquivalence,
  isUnmappedEquivalence,
  MAPPED_EQUIVALENCES,
  UNMAPPED_EQUIVALENCES,
} from './equivalence.ts';

export const CSV_COLUMNS = [
  'code',
  'display',
  'status',
  'target',
  'target-display',
  'target-system',
  'equivalence',
  'scenario',
  'choice',
  'comment',
] as const;
export type CsvColumn = (typeof CSV_COLUMNS)[number];

export interface CsvOptions {
  /** The heading of a column, where it is not called by its own name. */
  readonly columns?: Readonly<Partial<Record<CsvColumn, string>>> | undefined;
  /** What a row without an equivalence means; `relatedto` unless told: nobody has said how far it holds. */
  readonly equivalence?: string | undefined;
}

type Cells = (column: CsvColumn) => string;

/** A row without a target says that the code has none. */
export async function loadCsv(
  bytes: AsyncIterable<Uint8Array>,
  builder: CodeMapBuilder,
  options: CsvOptions,
): Promise<void> {
  let places: ReadonlyMap<CsvColumn, number> = new Map();
  for await (const read of readDelimited(new ItemReading(bytes))) {
    if (builder.isFull) return;
    if (read.kind === 'problem') builder.refuse(read.problem.position, read.problem.message, 'mend the file');
    else if (read.kind === 'header') {
      const found = placesOf(read.columns, options, builder);
      if (found === undefined) return;
      places = found;
    } else {
      const { row } = read;
      const where = `line ${row.line}`;
      const cells: Cells = (column) => row.cells[places.get(column) ?? -1]?.trim() ?? '';
      if (row.problem !== undefined) builder.refuse(where, row.problem.message, 'mend the row');
      else addRow(where, cells, builder, options.equivalence ?? 'relatedto');
    }
  }
}

function placesOf(
  headings: readonly string[],
  { columns = {} }: CsvOptions,
  builder: CodeMapBuilder,
): ReadonlyMap<CsvColumn, number> | undefined {
  const known = headings.map((heading) => heading.trim().toLowerCase());
  const places = new Map<CsvColumn, number>();
  for (const column of CSV_COLUMNS) {
    const asked = columns[column];
    const at = known.indexOf((asked ?? column).trim().toLowerCase());
    if (at !== -1) places.set(column, at);
    else if (asked !== undefined || column === 'code' || column === 'target') {
      const remedy = `name the column: --columns ${column}=HEADING; there are ${headings.length} columns`;
      builder.refuse('line 1', `has no column for ${column}`, remedy);
    }
  }
  return places.has('code') && places.has('target') && !builder.isFull ? places : undefined;
}

function addRow(where: string, cells: Cells, builder: CodeMapBuilder, equivalence: string): void {
  const code = cells('code');
  if (code === '') return builder.refuse(where, 'has no code', 'write the code, or remove the row');
  const target = targetOf(where, cells, builder, equivalence);
  if (target === undefined) return;
  builder.add(where, code, { ...filled({ display: cells('display'), status: cells('status') }), targets: [target] });
}

function targetOf(where: string, cells: Cells, builder: CodeMapBuilder, otherwise: string): CodeTarget | undefined {
  const code = cells('target');
  const equivalence = cells('equivalence').toLowerCase() || (code === '' ? 'unmatched' : otherwise);
  const described = filled({
    display: cells('target-display'),
    system: cells('target-system'),
    comment: cells('comment'),
  });
  if (isUnmappedEquivalence(equivalence)) return { ...filled({ code }), ...described, equivalence };
  if (!isMappedEquivalence(equivalence)) {
    const allowed = [...MAPPED_EQUIVALENCES, ...UNMAPPED_EQUIVALENCES].join(', ');
    builder.refuse(where, 'has an equivalence that is not of FHIR R4', `allowed: ${allowed}`);
    return undefined;
  }
  const [scenario, choice] = [ordinal(cells('scenario')), ordinal(cells('choice'))];
  if (
    code === '' ||
    scenario === 'wrong' ||
    choice === 'wrong' ||
    (scenario === undefined) !== (choice === undefined)
  ) {
    const remedy = 'write a target for a code that has one; scenario and choice count from 1 and go together';
    builder.refuse(where, 'does not fit together', remedy);
    return undefined;
  }
  return { code, ...described, equivalence, ...(scenario === undefined ? {} : { scenario, choice }) };
}

function ordinal(text: string): number | undefined | 'wrong' {
  if (text === '') return undefined;
  return /^[1-9]\d?$/.test(text) ? Number(text) : 'wrong';
}

/** Members that have a value. */
export function filled<T extends Readonly<Record<string, string | undefined>>>(members: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ''),
  ) as Partial<T>;
}
