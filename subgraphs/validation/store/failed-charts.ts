/** Charts that failed when they were opened, and what is in them: the level of an item hangs on all of its charts. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
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

export function failedCharts(em: SqlEntityManager, migrationId: string): Promise<FailedChart[]> {
  return em.find(FailedChart, { migrationId });
}

/** Everything that is known of the items in a chart, the other charts they are in included. */
export async function failedChartsBeside(
  em: SqlEntityManager,
  chart: { readonly batchId: string; readonly patient: string },
): Promise<FailedChart[]> {
  const own = await em.find(FailedChart, { chartBatchId: chart.batchId, patient: chart.patient });
  const items = [...new Set(own.map(({ itemId }) => itemId))];
  return em.find(FailedChart, { itemId: { $in: items } });
}

/** By chart (see chartName), the codes of what is wrong with it. What only a waiver closed is wrong still. */
export async function codesOfCharts(
  em: SqlEntityManager,
  migrationId: string,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const unclosed = { $or: [{ isOpen: true }, { closedBy: 'waiver' as const }] };
  const seen = { category: 'workflow-failed', origin: 'workflow' } as const;
  const where = { migrationId, ...seen, sourceId: { $ne: null }, ...unclosed };
  const codes = new Map<string, Set<string>>();
  for (const { batchId, sourceId, code } of await em.find(ExceptionRow, where)) {
    const name = chartName(batchId ?? '', sourceId ?? '');
    codes.set(name, (codes.get(name) ?? new Set()).add(code));
  }
  return codes;
}

export function chartName(batchId: string, patient: string): string {
  return `${batchId} ${patient}`;
}
