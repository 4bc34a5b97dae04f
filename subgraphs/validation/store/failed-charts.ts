/** Charts that failed when they were opened, and what is in them: the level of an item hangs on all of its charts. */
import { defineEntity, type FilterQuery, type InferEntity } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { insertRows } from '../../../runtime/rows.ts';
import type { Unit } from '../../../runtime/store.ts';
import type { OpenedRecords } from '../domain/workflow.ts';
import { storable } from './exceptions.ts';
import { ExceptionRow } from './tables.ts';

/** Records of an item in one such chart. Whether it still fails, its exceptions say. */
export const FailedChart = defineEntity({
  name: 'FailedChart',
  properties: (p) => ({
    batchId: p.string().primary(),
    itemId: p.string().primary(),
    /** The batch that brought the patient, and his source key: as its exceptions name the chart. */
    chartBatchId: p.string().primary(),
    patient: p.string().primary(),
    migrationId: p.string().index(),
    isHighRisk: p.boolean(),
    records: p.integer(),
    /** Of the item as a whole. */
    of: p.json<Pick<OpenedRecords, 'records' | 'notDrawn' | 'chartless'>>(),
  }),
  indexes: [{ properties: ['chartBatchId', 'patient'] }],
});
export type FailedChart = InferEntity<typeof FailedChart>;

export async function keepFailedCharts(unit: Unit, rows: readonly FailedChart[]): Promise<void> {
  const stored = rows.map((row) => ({ ...row, patient: storable(row.patient) }));
  await insertRows(unit.em, FailedChart, stored, { on: ['batchId', 'itemId', 'chartBatchId', 'patient'] });
}

export async function forgetFailedCharts(em: SqlEntityManager, migrationId: string): Promise<void> {
  await em.nativeDelete(FailedChart, { migrationId });
}

/** Rows, items or charts that are read at once. */
export const FAILED_CHARTS_MAX = 1_000;

/** A chart by the batch that brought the patient, and his source key. */
export interface ChartPlace {
  readonly chartBatchId: string;
  readonly patient: string;
}

/** The batches of the items in a chart. */
export async function batchesInFailedChart(em: SqlEntityManager, chart: ChartPlace): Promise<readonly string[]> {
  const query = em.createQueryBuilder(FailedChart).select('batchId', true).where(chart);
  const rows = await query.execute<Pick<FailedChart, 'batchId'>[]>('all');
  return rows.map(({ batchId }) => batchId).toSorted();
}

/** Items of a batch in charts that failed, or in this one, after an item: a page of them, in the order of their ids. */
export async function itemsInFailedCharts(
  em: SqlEntityManager,
  of: { readonly batchId: string } & Partial<ChartPlace>,
  after: string,
): Promise<readonly string[]> {
  const query = em
    .createQueryBuilder(FailedChart)
    .select('itemId', true)
    .where({ ...of, itemId: { $gt: after } })
    .orderBy({ itemId: 'asc' })
    .limit(FAILED_CHARTS_MAX);
  return (await query.execute<Pick<FailedChart, 'itemId'>[]>('all')).map(({ itemId }) => itemId);
}

/** Every chart that failed of these items, item by item, a page at a time. */
export async function* failedChartsOf(
  em: SqlEntityManager,
  batchId: string,
  itemIds: readonly string[],
): AsyncGenerator<readonly FailedChart[]> {
  const of = { batchId, itemId: { $in: [...itemIds] } };
  const orderBy = { itemId: 'asc', chartBatchId: 'asc', patient: 'asc' } as const;
  let last: FailedChart | undefined;
  do {
    const where = last === undefined ? of : { $and: [of, beyond(last)] };
    const page = await em.find(FailedChart, where, { orderBy, limit: FAILED_CHARTS_MAX, disableIdentityMap: true });
    yield page;
    last = page.length < FAILED_CHARTS_MAX ? undefined : page.at(-1);
  } while (last !== undefined);
}

function beyond({ itemId, chartBatchId, patient }: FailedChart): FilterQuery<FailedChart> {
  const either = [
    { itemId: { $gt: itemId } },
    { itemId, chartBatchId: { $gt: chartBatchId } },
    { itemId, chartBatchId, patient: { $gt: patient } },
  ];
  return { itemId: { $gte: itemId }, $or: either };
}

export type DrawnChart = Pick<FailedChart, 'chartBatchId' | 'patient' | 'isHighRisk'>;

/** The charts that failed of the patients a batch brought, a page at a time. */
export async function* failedChartsFrom(
  em: SqlEntityManager,
  chartBatchId: string,
): AsyncGenerator<readonly DrawnChart[]> {
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: readonly DrawnChart[] = await em
      .createQueryBuilder(FailedChart)
      .select(['chartBatchId', 'patient', 'isHighRisk'], true)
      .where({ chartBatchId, patient: { $gt: after } })
      .orderBy({ patient: 'asc' })
      .limit(FAILED_CHARTS_MAX)
      .execute<DrawnChart[]>('all');
    yield page;
    after = page.length < FAILED_CHARTS_MAX ? undefined : page.at(-1)?.patient;
  }
}

/** By chart (see chartName), the codes of what is wrong with it. What only a waiver closed is wrong still. */
export async function codesOfCharts(
  em: SqlEntityManager,
  migrationId: string,
  charts: readonly ChartPlace[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const codes = new Map<string, Set<string>>();
  const unclosed = { $or: [{ isOpen: true }, { closedBy: 'waiver' as const }] };
  const seen = { migrationId, category: 'workflow-failed', origin: 'workflow' } as const;
  const fields = ['batchId', 'sourceId', 'code'] as const;
  for (const [batchId, own] of Map.groupBy(charts, ({ chartBatchId }) => chartBatchId)) {
    const of = { ...seen, batchId, sourceId: { $in: [...new Set(own.map(({ patient }) => patient))] } };
    const rows = await em.find(ExceptionRow, { ...of, ...unclosed }, { fields, disableIdentityMap: true });
    for (const { sourceId, code } of rows) {
      const name = chartName({ chartBatchId: batchId, patient: sourceId ?? '' });
      codes.set(name, (codes.get(name) ?? new Set()).add(code));
    }
  }
  return codes;
}

export function chartName({ chartBatchId, patient }: ChartPlace): string {
  return `${chartBatchId} ${patient}`;
}
