/** What opened charts come to by now: one that failed passes once every exception about it is closed by a re-check. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { chartChecksOf, HIGH_RISK_CHARTS, OPENED_CHARTS } from '../checks/opened-chart.ts';
import { openedItem, type WorkflowLine, workflowLine } from '../domain/workflow.ts';
import { batchOf } from '../store/copies.ts';
import { assureOpened, countByAssurance } from '../store/dispositions.ts';
import {
  chartName,
  codesOfCharts,
  type FailedChart,
  failedCharts,
  failedChartsBeside,
} from '../store/failed-charts.ts';
import type { ExceptionRow } from '../store/tables.ts';

/** The items in the chart get the level that they deserve now that the exception about it is closed. */
export async function assureChartOf(em: SqlEntityManager, exception: ExceptionRow): Promise<void> {
  const { migrationId, origin, batchId, sourceId } = exception;
  if (origin !== 'workflow' || batchId == null || sourceId == null) return;
  const rows = await failedChartsBeside(em, { batchId, patient: sourceId });
  await assureFailed(em, migrationId, rows);
  for (const id of new Set(rows.map((row) => row.batchId))) {
    (await batchOf(em, id)).assurance = await countByAssurance(em, id);
  }
  await em.flush();
}

/** `rows`: every chart that failed of each of their items. */
export async function assureFailed(
  em: SqlEntityManager,
  migrationId: string,
  rows: readonly FailedChart[],
): Promise<void> {
  if (rows.length === 0) return;
  const codes = await codesOfCharts(em, migrationId);
  for (const [batchId, own] of Map.groupBy(rows, (row) => row.batchId)) {
    const items = [...Map.groupBy(own, (row) => row.itemId)].map(
      ([itemId, charts]) => [itemId, itemNow(charts, codes)] as const,
    );
    await assureOpened(em, [batchId], new Map(items));
  }
}

type CodesOfCharts = Awaited<ReturnType<typeof codesOfCharts>>;

function codesOf({ chartBatchId, patient }: FailedChart, codes: CodesOfCharts): ReadonlySet<string> | undefined {
  return codes.get(chartName(chartBatchId, patient));
}

function itemNow(charts: readonly FailedChart[], codes: CodesOfCharts): ReturnType<typeof openedItem> {
  const { records = 0, notDrawn = 0, chartless = 0 } = charts[0]?.of ?? {};
  const failing = charts.filter((chart) => codesOf(chart, codes) !== undefined);
  const failed = failing.reduce((sum, chart) => sum + chart.records, 0);
  const wrong = new Set(failing.flatMap((chart) => [...(codesOf(chart, codes) ?? [])]));
  const passed = records - notDrawn - chartless - failed;
  return openedItem({ records, passed, failed, notDrawn, chartless, checksFailed: chartChecksOf(wrong) });
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
  const codes = await codesOfCharts(em, migrationId);
  const charts = new Map(
    (await failedCharts(em, migrationId)).map((row) => [chartName(row.chartBatchId, row.patient), row]),
  );
  const failing = [...charts].flatMap(([name, { chartBatchId, isHighRisk }]) => {
    const own = codes.get(name);
    if (own === undefined) return [];
    const checks: readonly string[] = [...chartChecksOf(own), ...(isHighRisk ? [HIGH_RISK_CHARTS.id] : [])];
    return [{ dataset: datasetNames.get(chartBatchId) ?? '', checks }];
  });
  return lines.map((line) => {
    if (!isOfCharts(line)) return line;
    const { check, connector, datasets, asked, notVerifiable, why } = line;
    const here = failing.filter((chart) => chart.checks.includes(check) && datasets.includes(chart.dataset));
    const failed = Math.min(line.failed, here.length);
    return workflowLine({ check, connector, datasets }, { asked, failed, notVerifiable }, why ?? '');
  });
}
