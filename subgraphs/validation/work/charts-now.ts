/** What opened charts come to by now: one that failed passes once every exception about it is closed by a re-check. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { chartChecksOf, HIGH_RISK_CHARTS, OPENED_CHARTS } from '../checks/opened-chart.ts';
import { openedItem, type WorkflowLine, workflowLine } from '../domain/workflow.ts';
import { batchOf } from '../store/copies.ts';
import { assureOpened, countByAssurance } from '../store/dispositions.ts';
import {
  batchesInFailedChart,
  chartName,
  codesOfCharts,
  FAILED_CHARTS_MAX,
  type FailedChart,
  failedChartsFrom,
  failedChartsOf,
  itemsInFailedCharts,
} from '../store/failed-charts.ts';
import type { ExceptionRow } from '../store/tables.ts';

/** The items in the chart get the level that they deserve now that the exception about it is closed. */
export async function assureChartOf(em: SqlEntityManager, exception: ExceptionRow): Promise<void> {
  const { migrationId, origin, batchId: chartBatchId, sourceId: patient } = exception;
  if (origin !== 'workflow' || chartBatchId == null || patient == null) return;
  for (const batchId of await batchesInFailedChart(em, { chartBatchId, patient })) {
    const of = { batchId, chartBatchId, patient };
    let after: string | undefined = '';
    while (after !== undefined) after = await assureSome(em, migrationId, of, after);
    (await batchOf(em, batchId)).assurance = await countByAssurance(em, batchId);
  }
  await em.flush();
}

/**
 * Items in charts that failed get the level they deserve now: a page of them after an item. The last of them; undefined
 * when there are no more.
 */
export async function assureSome(
  em: SqlEntityManager,
  migrationId: string,
  of: Parameters<typeof itemsInFailedCharts>[1],
  after: string,
): Promise<string | undefined> {
  const itemIds = await itemsInFailedCharts(em, of, after);
  const items = new Map<string, InCharts>();
  for await (const page of failedChartsOf(em, of.batchId, itemIds)) {
    const codes = await codesOfCharts(em, migrationId, page);
    for (const chart of page) {
      const item = items.get(chart.itemId) ?? { of: chart.of, failed: 0, codes: new Set() };
      const wrong = codes.get(chartName(chart));
      if (wrong !== undefined) item.failed += chart.records;
      for (const code of wrong ?? []) item.codes.add(code);
      items.set(chart.itemId, item);
    }
  }
  await assureOpened(em, [of.batchId], new Map([...items].map(([itemId, item]) => [itemId, itemNow(item)])));
  return itemIds.length < FAILED_CHARTS_MAX ? undefined : itemIds.at(-1);
}

/** Of an item: its records in charts that fail still, and what is wrong with those. */
interface InCharts {
  readonly of: FailedChart['of'];
  failed: number;
  readonly codes: Set<string>;
}

function itemNow({ of, failed, codes }: InCharts): ReturnType<typeof openedItem> {
  const { records, notDrawn, chartless } = of;
  const passed = records - notDrawn - chartless - failed;
  return openedItem({ records, passed, failed, notDrawn, chartless, checksFailed: chartChecksOf(codes) });
}

/** Lines of the newest report, with the charts that have been mended since counted among those that passed. */
export async function workflowNow(
  em: SqlEntityManager,
  migrationId: string,
  lines: readonly WorkflowLine[],
  datasetNames: ReadonlyMap<string, string>,
): Promise<readonly WorkflowLine[]> {
  const isOfCharts = ({ check }: WorkflowLine): boolean => check in OPENED_CHARTS || check === HIGH_RISK_CHARTS.id;
  if (!lines.some((line) => isOfCharts(line) && line.failed > 0)) return lines;
  const failing = new Map<string, number>();
  for (const [batchId, dataset] of datasetNames) {
    for await (const page of failedChartsFrom(em, batchId)) {
      const codes = await codesOfCharts(em, migrationId, page);
      for (const chart of page) {
        const own = codes.get(chartName(chart));
        if (own === undefined) continue;
        const checks = [...chartChecksOf(own), ...(chart.isHighRisk ? [HIGH_RISK_CHARTS.id] : [])];
        for (const check of checks) failing.set(`${check} ${dataset}`, (failing.get(`${check} ${dataset}`) ?? 0) + 1);
      }
    }
  }
  return lines.map((line) => {
    if (!isOfCharts(line)) return line;
    const { check, connector, datasets, asked, notVerifiable, why } = line;
    const here = datasets.reduce((sum, dataset) => sum + (failing.get(`${check} ${dataset}`) ?? 0), 0);
    const failed = Math.min(line.failed, here);
    return workflowLine({ check, connector, datasets }, { asked, failed, notVerifiable }, why ?? '');
  });
}
