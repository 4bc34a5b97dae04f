/** What a migration comes to, counted from its stages: the figures of a pack's pages. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { countDispositions, type DispositionCounts } from '../../../kernel/disposition.ts';
import type { Id } from '../../../kernel/id.ts';
import { rowsOf, type StageFact, type StagePayload } from './stage.ts';

export interface DatasetSummary {
  readonly datasetId: Id;
  readonly name: string;
  readonly tier: string;
  readonly format: string;
  readonly items: number | undefined;
  readonly bytes: number | undefined;
}

export interface BatchSummary {
  readonly batchId: Id;
  readonly datasetId: Id;
  readonly items: number | undefined;
  readonly bytes: number | undefined;
  /** Undefined until the batch is reconciled. */
  readonly dispositions: DispositionCounts | undefined;
  readonly records: Readonly<Record<string, number>>;
  readonly exceptionsOpen: number | undefined;
}

export interface ExceptionCount {
  readonly category: string;
  readonly severity: string;
  readonly open: number;
  readonly rechecked: number;
  readonly waived: number;
}

/** An exception as the record office heard of it. */
export interface HeardException {
  readonly exceptionId: Id;
  readonly batchId: Id | null;
  readonly datasetId: Id | null;
  readonly itemId: Id | null;
  readonly category: string;
  readonly severity: string;
  readonly state: 'open' | 'recheck' | 'waiver';
}

export interface MigrationSummary {
  readonly migrationId: Id;
  readonly name: string;
  readonly datasets: readonly DatasetSummary[];
  readonly batches: readonly BatchSummary[];
  readonly total: DispositionCounts;
  readonly exceptions: readonly ExceptionCount[];
}

/** Counts what the stages say, the newest word of each batch and dataset counting. */
export function summarise(
  migrationId: Id,
  facts: readonly StageFact[],
  exceptions: readonly HeardException[],
): MigrationSummary {
  const declared = facts.findLast((fact) => fact.stage === 'declared')?.payload;
  const batches = batchesOf(facts);
  return {
    migrationId,
    name: textOf(declared?.name) ?? migrationId,
    datasets: rowsOf(declared?.datasets).map((row) => datasetOf(row, facts)),
    batches,
    total: totalOf(batches),
    exceptions: countExceptions(exceptions),
  };
}

/** The page of dispositions: reconciled batches and their sum. */
export function dispositionsPage(summary: MigrationSummary): Json {
  const batches = summary.batches.filter((batch) => batch.dispositions !== undefined);
  return {
    migrationId: summary.migrationId,
    batches: batches.map(({ batchId, datasetId, dispositions, records, exceptionsOpen }) => ({
      batchId,
      datasetId,
      dispositions: dispositions && { ...dispositions },
      records,
      exceptionsOpen,
    })),
    total: { ...summary.total },
  };
}

function datasetOf(row: StagePayload, facts: readonly StageFact[]): DatasetSummary {
  const datasetId = textOf(row.datasetId) ?? '';
  const survey = facts.findLast((fact) => fact.stage === 'surveyed' && fact.payload.datasetId === datasetId)?.payload;
  return {
    datasetId,
    name: textOf(row.name) ?? datasetId,
    tier: textOf(row.tier) ?? '',
    format: textOf(row.format) ?? '',
    items: countOf(survey?.items),
    bytes: countOf(survey?.bytes),
  };
}

function batchesOf(facts: readonly StageFact[]): BatchSummary[] {
  const batches = new Map<Id, BatchSummary>();
  for (const { payload } of facts) {
    const batchId = textOf(payload.batchId);
    if (batchId === undefined) continue;
    const before = batches.get(batchId);
    batches.set(batchId, {
      batchId,
      datasetId: textOf(payload.datasetId) ?? before?.datasetId ?? '',
      items: countOf(payload.items) ?? before?.items,
      bytes: countOf(payload.bytes) ?? before?.bytes,
      dispositions: dispositionsOf(payload.dispositions) ?? before?.dispositions,
      records: countsOf(payload.records) ?? before?.records ?? {},
      exceptionsOpen: countOf(payload.exceptionsOpen) ?? before?.exceptionsOpen,
    });
  }
  return [...batches.values()].sort((left, right) => (left.batchId < right.batchId ? -1 : 1));
}

function totalOf(batches: readonly BatchSummary[]): DispositionCounts {
  const total = { verified: 0, acknowledged: 0, excluded: 0, quarantined: 0, failed: 0 };
  for (const { dispositions } of batches) {
    total.verified += dispositions?.verified ?? 0;
    total.acknowledged += dispositions?.acknowledged ?? 0;
    total.excluded += dispositions?.excluded ?? 0;
    total.quarantined += dispositions?.quarantined ?? 0;
    total.failed += dispositions?.failed ?? 0;
  }
  return countDispositions(total);
}

function countExceptions(exceptions: readonly HeardException[]): ExceptionCount[] {
  const counts = new Map<string, { -readonly [K in keyof ExceptionCount]: ExceptionCount[K] }>();
  for (const { category, severity, state } of exceptions) {
    const key = `${category} ${severity}`;
    const count = counts.get(key) ?? { category, severity, open: 0, rechecked: 0, waived: 0 };
    counts.set(key, count);
    if (state === 'open') count.open += 1;
    else if (state === 'recheck') count.rechecked += 1;
    else count.waived += 1;
  }
  return [...counts.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, count]) => count);
}

function dispositionsOf(value: Json | undefined): DispositionCounts | undefined {
  const counts = countsOf(value);
  if (counts === undefined) return undefined;
  const { eligible = 0, verified = 0, acknowledged = 0, excluded = 0, quarantined = 0, failed = 0 } = counts;
  const told = { eligible, verified, excluded, quarantined, failed };
  return acknowledged === 0 ? told : { ...told, acknowledged };
}

function countsOf(value: Json | undefined): Readonly<Record<string, number>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, number] => Number.isFinite(pair[1])));
}

function countOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
