/** The assurance of what was in charts that were opened: of each item, and line by line of each record. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import { keyedDigest, type Sha256 } from '../../../kernel/digest.ts';
import type { Lease } from '../../../runtime/store.ts';
import { sealLines } from '../../../runtime/strongroom.ts';
import { openedItem } from '../domain/workflow.ts';
import { batchOf, lockMigration } from '../store/copies.ts';
import { assureOpened, countByAssurance, forgetOpened } from '../store/dispositions.ts';
import { type FailedChart, forgetFailedCharts, keepFailedCharts } from '../store/failed-charts.ts';
import { assureSome } from './charts-now.ts';
import type { MigrationTask } from './migration-work.ts';
import { rowsOf } from './rows.ts';

/** Every record that is expected, and the chart it is in. */
const IN_CHARTS = `select kept.ds, i, t, k, x, owner, chart.u is not null opened, failed, b, risky
  from (select *, case when t = 'Patient' then k else u end as owner from kept) kept
  join at_target using (ds) left join chart on chart.g = at_target.g and chart.u = owner`;

const COUNTED = `count(*) records,
  count(*) filter (opened and failed is null and x is null) passed,
  count(*) filter (opened and failed is not null and x is null) failed,
  count(*) filter (not opened and owner is not null and x is null) undrawn,
  count(*) filter (owner is null or x is not null) chartless,
  string_agg(distinct failed, ', ' order by failed) checks`;

const ITEMS_PER_COMMIT_MAX = 500;

interface OpenedRow {
  readonly ds: number;
  readonly i: string;
  readonly records: bigint;
  readonly passed: bigint;
  readonly failed: bigint;
  readonly undrawn: bigint;
  readonly chartless: bigint;
  readonly checks: string | null;
}

/** What an earlier look said of items is taken back first. The charts must have been opened; see OpenedCharts. */
export async function assureCharts(db: DuckDBConnection, task: MigrationTask, lease: Lease): Promise<void> {
  const { house, migration, datasets } = task;
  const query = `select ds, i, ${COUNTED} from (${IN_CHARTS}) group by ds, i having bool_or(opened) order by ds, i`;
  const batches = (ds: number): readonly string[] =>
    datasets.filter(({ dataset }) => dataset.ordinal === ds).map(({ batch }) => batch.id);
  const keep = async (rows: readonly OpenedRow[]): Promise<void> => {
    await house.store.transact(async (unit) => {
      await unit.hold(lease);
      for (const [ds, own] of Map.groupBy(rows, (row) => row.ds)) {
        await assureOpened(unit.em, batches(ds), new Map(own.map((row) => [row.i, openedItem(countsOf(row))])));
      }
    });
  };
  const ids = [...new Set(datasets.map(({ batch }) => batch.id))];
  await house.store.transact(async (unit) => {
    await unit.hold(lease);
    await forgetOpened(unit.em, ids);
    await forgetFailedCharts(unit.em, migration.id);
  });
  let some: OpenedRow[] = [];
  for await (const row of rowsOf<OpenedRow>(db, query)) {
    some.push(row);
    if (some.length < ITEMS_PER_COMMIT_MAX) continue;
    await keep(some);
    some = [];
  }
  await keep(some);
  for await (const page of inFailedCharts(db, task)) {
    await house.store.transact(async (unit) => {
      await unit.hold(lease);
      await keepFailedCharts(unit, page);
    });
  }
  await assureAgain(task, ids, lease);
  await house.store.transact(async (unit) => {
    await lockMigration(unit, migration.id);
    await unit.hold(lease);
    for (const id of ids) (await batchOf(unit.em, id)).assurance = await countByAssurance(unit.em, id);
  });
}

/** A chart may have been looked at again meanwhile, and passed. */
async function assureAgain(
  { house, migration }: MigrationTask,
  batchIds: readonly string[],
  lease: Lease,
): Promise<void> {
  for (const batchId of batchIds) {
    let after: string | undefined = '';
    while (after !== undefined) {
      const from: string = after;
      after = await house.store.transact(async (unit) => {
        await lockMigration(unit, migration.id);
        await unit.hold(lease);
        return assureSome(unit.em, migration.id, { batchId }, from);
      });
    }
  }
}

/** What is in charts that failed, a page at a time. */
async function* inFailedCharts(
  db: DuckDBConnection,
  { migration, datasets }: MigrationTask,
): AsyncGenerator<readonly FailedChart[]> {
  const query = `select ds, i, owner, b, risky, n, item.* exclude (ds, i) from (
      select ds, i, owner, b, risky, count(*) n from (${IN_CHARTS})
      where failed is not null and x is null group by ds, i, owner, b, risky) held
    join (select ds, i, ${COUNTED} from (${IN_CHARTS}) group by ds, i) item using (ds, i) order by ds, i, owner`;
  type Row = OpenedRow & { owner: string; b: string; risky: boolean; n: bigint };
  let page: FailedChart[] = [];
  for await (const row of rowsOf<Row>(db, query)) {
    const { records, notDrawn, chartless } = countsOf(row);
    const chart = { chartBatchId: row.b, patient: row.owner, isHighRisk: row.risky, records: Number(row.n) };
    for (const { dataset, batch } of datasets) {
      if (dataset.ordinal !== row.ds) continue;
      const place = { batchId: batch.id, itemId: row.i, migrationId: migration.id };
      page.push({ ...place, ...chart, of: { records, notDrawn, chartless } } as FailedChart);
    }
    if (page.length < ITEMS_PER_COMMIT_MAX) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function countsOf({ records, passed, failed, undrawn, chartless, checks }: OpenedRow) {
  return {
    ...{ records: Number(records), passed: Number(passed), failed: Number(failed) },
    ...{ notDrawn: Number(undrawn), chartless: Number(chartless) },
    checksFailed: [...new Set(checks?.split(', ') ?? [])],
  };
}

/** One line a record that landed in a chart that was opened, its key as a keyed digest; null where none was. */
export async function sealOpenedRecords(db: DuckDBConnection, { house }: MigrationTask): Promise<Sha256 | null> {
  let count = 0;
  type Row = { i: string; t: string; k: string; failed: string | null };
  async function* lines(): AsyncGenerator<Json> {
    const query = `select i, t, k, failed from (${IN_CHARTS}) where opened and x is null order by i, t, k`;
    for await (const { i: itemId, t: recordType, k, failed } of rowsOf<Row>(db, query)) {
      count += 1;
      const record = keyedDigest(house.keys.record, k);
      yield {
        itemId,
        recordType,
        record,
        ...(failed === null ? { level: 'workflow' } : { failed: failed.split(', ') }),
      };
    }
  }
  const { digest } = await sealLines(house.strongroom, lines());
  return count === 0 ? null : digest;
}
