/** What a migration came to: one JSON line for programs, tables for people. */
import { join } from 'node:path';
import type { Actor } from '../kernel/actor.ts';
import { ask } from './ask.ts';
import type { House } from './house.ts';
import {
  EXCEPTIONS,
  SUMMARY,
  type ExceptionRow,
  type PackStatus,
  type RecordCounts,
  type SummaryAnswer,
} from './operations.ts';
import { bytesText, table } from './table.ts';

/** `acknowledged`: nothing is open, and of some items there is only their receiver's word. */
export type MigrationOutcome = 'clean' | 'acknowledged' | 'exceptions-open' | 'paused';

export interface DatasetCounts {
  readonly name: string;
  readonly eligible: number;
  readonly verified: number;
  readonly excluded: number;
  readonly quarantined: number;
  readonly failed: number;
  /** Only where there are any: their receiver says that it has them; they are not verified. */
  readonly acknowledged?: number;
}

export interface ExceptionLine {
  readonly id: string;
  readonly category: string;
  readonly severity: string;
  readonly dataset: string;
  readonly sourceId: string | null;
  readonly targetId: string | null;
  readonly field: string | null;
}

/** The last line of `migrate`, `resume` and `demo --once` with `--json`. */
export interface Summary {
  readonly migration: string;
  readonly outcome: MigrationOutcome;
  readonly datasets: readonly DatasetCounts[];
  readonly records: RecordCounts;
  readonly exceptions: readonly ExceptionLine[];
  readonly bytes: number;
  readonly seconds: number;
  /** The folder of the evidence pack; null while there is none. */
  readonly evidence: string | null;
  /** The checkpoint the pack was sealed with: origin, size and root. */
  readonly checkpoint: string | null;
}

const PAGE = 250;
const EXCEPTIONS_MAX = 100_000;
const NO_ITEMS = { eligible: 0, verified: 0, excluded: 0, quarantined: 0, failed: 0 };
const OCCASIONAL = ['notDrawn', 'acknowledged', 'superseded'] as const;
type Occasional = (typeof OCCASIONAL)[number];
const NOTHING: Omit<RecordCounts, Occasional> = {
  source: 0,
  target: 0,
  matched: 0,
  differs: 0,
  missingOnTarget: 0,
  missingOnSource: 0,
  unreadable: 0,
  duplicates: 0,
};

export interface SummaryRequest {
  readonly house: House;
  readonly reader: Actor;
  readonly migrationId: string;
  readonly isPaused: boolean;
  /** The evidence sealed for it, when there is any. */
  readonly pack?: PackStatus | undefined;
  readonly seconds: number;
}

export async function summarise(o: SummaryRequest): Promise<Summary> {
  const { migration, batches } = await ask<SummaryAnswer>(o.house, o.reader, SUMMARY, { id: o.migrationId });
  const exceptions = await allExceptions(o);
  const nodes = batches?.nodes ?? [];
  const datasets = nodes.map(countsOf);
  return {
    migration: migration?.name ?? o.migrationId,
    outcome: o.isPaused ? 'paused' : outcomeOf(exceptions, datasets),
    datasets,
    records: nodes.reduce((total, { reconciliation }) => added(total, reconciliation?.records ?? NOTHING), NOTHING),
    exceptions,
    bytes: nodes.reduce((total, { bytesMoved }) => total + Number(bytesMoved), 0),
    seconds: Number(o.seconds.toFixed(3)),
    evidence: o.pack ? join(o.house.config.directory, 'evidence', o.pack.directory) : null,
    checkpoint: o.pack?.checkpoint ?? null,
  };
}

type BatchNode = NonNullable<SummaryAnswer['batches']>['nodes'][number];

function countsOf({ dataset, reconciliation }: BatchNode): DatasetCounts {
  const { acknowledged = 0, ...counts } = { ...NO_ITEMS, ...reconciliation?.dispositions };
  return { name: dataset?.name ?? '', ...counts, ...(acknowledged > 0 && { acknowledged }) };
}

function outcomeOf(exceptions: readonly ExceptionLine[], datasets: readonly DatasetCounts[]): MigrationOutcome {
  if (exceptions.length > 0) return 'exceptions-open';
  return datasets.some(({ acknowledged = 0 }) => acknowledged > 0) ? 'acknowledged' : 'clean';
}

/** Every open exception, oldest first. */
export async function allExceptions({ house, reader, migrationId }: SummaryRequest): Promise<readonly ExceptionLine[]> {
  const lines: ExceptionLine[] = [];
  let after: string | null = null;
  while (lines.length < EXCEPTIONS_MAX) {
    const variables: object = { migrationId, first: PAGE, after };
    const { exceptions }: { exceptions: ExceptionRow } = await ask(house, reader, EXCEPTIONS, variables);
    for (const { id, category, severity, dataset, sourceId, targetId, field } of exceptions.nodes)
      lines.push({ id, category, severity, dataset: dataset?.name ?? '', sourceId, targetId, field });
    if (!exceptions.pageInfo.hasNextPage) break;
    after = exceptions.pageInfo.endCursor;
  }
  return lines;
}

function added(left: RecordCounts, right: RecordCounts): RecordCounts {
  const keys = Object.keys(NOTHING) as (keyof typeof NOTHING)[];
  const sums = Object.fromEntries(keys.map((key) => [key, left[key] + right[key]])) as unknown as RecordCounts;
  const occasional = OCCASIONAL.map((name) => [name, (left[name] ?? 0) + (right[name] ?? 0)] as const);
  return { ...sums, ...Object.fromEntries(occasional.filter(([, sum]) => sum > 0)) };
}

const EXCEPTIONS_SHOWN = 40;

/** The same for people: dispositions by dataset, records by verdict, exceptions, and where the evidence is. */
export function summaryText(summary: Summary): string {
  const { datasets, records, exceptions, bytes, seconds, evidence } = summary;
  const rows = datasets.map((each) => [
    each.name,
    each.eligible,
    each.verified,
    each.excluded,
    each.quarantined,
    each.failed,
  ]);
  const acknowledged = datasets.reduce((sum, each) => sum + (each.acknowledged ?? 0), 0);
  const shown = exceptions.slice(0, EXCEPTIONS_SHOWN);
  const more = exceptions.length - shown.length;
  return [
    '',
    table(['dataset', 'eligible', 'verified', 'excluded', 'quarantined', 'failed'], rows),
    ...(acknowledged > 0 ? [`${acknowledged} items are acknowledged by their receiver; nobody can verify them`] : []),
    '',
    table(
      ['records', 'count'],
      Object.entries(records).map(([name, count]) => [name, count]),
    ),
    '',
    exceptions.length === 0 ? 'no exception is open' : `${exceptions.length} exceptions are open:`,
    ...(shown.length === 0
      ? []
      : [table(['severity', 'category', 'dataset', 'field', 'id'], shown.map(exceptionCells))]),
    ...(more > 0 ? [`... and ${more} more: waybill exceptions`] : []),
    '',
    `moved ${bytesText(bytes)} in ${seconds.toFixed(1)} s; outcome: ${summary.outcome}`,
    evidence === null ? 'no evidence pack yet' : `evidence: ${evidence}\n  check it: waybill verify ${evidence}`,
    '',
  ].join('\n');
}

function exceptionCells({ severity, category, dataset, field, id }: ExceptionLine): readonly string[] {
  return [severity, category, dataset, field ?? '', id];
}
