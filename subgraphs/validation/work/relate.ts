/** Looks over all batches of a migration: relationships, and what the targets hold besides; then seals the whole. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { WorkflowLine } from '../domain/workflow.ts';
import { withColumnar } from '../../../runtime/columnar.ts';
import type { JobHandler, Lease } from '../../../runtime/store.ts';
import { assureCharts, sealOpenedRecords } from './assure-charts.ts';
import { acknowledgementLines } from './acknowledgements.ts';
import { completenessOf, findIncompleteCharts, loadCharts } from './charts.ts';
import { chartsOf, memoryOf } from '../domain/category.ts';
import { documentsOfOthers } from '../store/copies.ts';
import { itemsWithExceptions } from '../store/dispositions.ts';
import { endRemedies } from './end-remedies.ts';
import { finishMigration } from './finish-migration.ts';
import { RELATE_JOB } from './finish-batch.ts';
import type { House } from './house.ts';
import { loadMigration, type MigrationTask } from './migration-work.ts';
import { OpenedCharts } from './open-charts.ts';
import { Raiser } from './raise.ts';
import { raiseRelation, raiseRelations } from './raise-relations.ts';
import { recount, redispose } from './redispose.ts';
import { CountedReports } from './report-totals.ts';
import { withSpool } from './spool.ts';
import { findUnexpected } from './unexpected.ts';
import { findWrongPatients } from './wrong-patients.ts';

export function relateJob(house: House): JobHandler {
  return {
    kind: RELATE_JOB,
    async run(payload: Json, lease: Lease) {
      const { migrationId } = payload as { readonly migrationId: string };
      const task = await loadMigration(house, migrationId);
      // A batch that moved again since will bring us back.
      if (task.datasets.some(({ batch }) => batch.state !== 'reconciled')) return;
      await relate(task, lease);
    },
  };
}

async function relate(task: MigrationTask, lease: Lease): Promise<void> {
  const { house, migration, policy, datasets, cohorts } = task;
  const folder = join(house.directory, 'validation', migration.id);
  const raiser = new Raiser(house, migration, policy, lease);
  const looked = await withSpool(folder, (spool) =>
    withColumnar(
      async (db) => {
        const files: string[] = [];
        for (const { batch } of datasets) {
          if (batch.relations == null) throw brokenPromise('a reconciled batch has sealed no relations', batch.id);
          files.push(await house.strongroom.locate(batch.relations));
        }
        await raiseRelations(db, raiser, { migrationId: migration.id, cohorts, files, reach: 'migration', policy });
        await loadCharts(db, house.strongroom, { datasets, scope: migration.id });
        for await (const relation of findIncompleteCharts(db)) await raiseRelation(raiser, cohorts, relation);
        for await (const relation of findWrongPatients(db)) await raiseRelation(raiser, cohorts, relation);
        const others = await house.store.read((em) => documentsOfOthers(em, migration.id));
        const search = { house, spool, datasets, others, signal: lease.signal };
        for await (const relation of findUnexpected(db, search)) await raiseRelation(raiser, cohorts, relation);
        const workflow = await raiseWorkflow(db, task, raiser, lease);
        await raiser.flush();
        await assureCharts(db, task, lease);
        return { completeness: await completenessOf(db), workflow, opened: await sealOpenedRecords(db, task) };
      },
      { ...memoryOf(policy), directory: folder },
    ),
  );
  for (const { batch } of datasets) await disposeAnew(task, batch.id, lease);
  await endRemedies(task, lease);
  await finishMigration(task, looked, lease);
}

/** The target is asked the way those who work with it ask. */
async function raiseWorkflow(
  db: DuckDBConnection,
  { house, migration, policy, datasets, cohorts, totals }: MigrationTask,
  raiser: Raiser,
  lease: Lease,
): Promise<readonly WorkflowLine[]> {
  const drawn = { tiers: chartsOf(policy), highRisk: policy.sampling?.highRisk ?? [] };
  const of = { house, migrationId: migration.id, datasets, charts: drawn, signal: lease.signal };
  const charts = new OpenedCharts(db, of);
  for await (const relation of charts.faults()) await raiseRelation(raiser, cohorts, relation);
  const reports = new CountedReports(db, { house, totals, datasets, signal: lease.signal });
  for await (const relation of reports.faults()) await raiseRelation(raiser, cohorts, relation);
  await raiser.flush();
  return [...charts.lines(), ...(await acknowledgementLines(house, datasets)), reports.line()];
}

const ITEMS_PER_COMMIT_MAX = 500;

/** What is found over all batches may take an item from verified to quarantined. */
async function disposeAnew({ house }: MigrationTask, batchId: string, lease: Lease): Promise<void> {
  for (let after = ''; ; ) {
    const items = await house.store.read((em) => itemsWithExceptions(em, batchId, after, ITEMS_PER_COMMIT_MAX));
    const last = items.at(-1);
    await house.store.transact(async (unit) => {
      await unit.hold(lease);
      await redispose(unit.em, batchId, items);
      if (last === undefined) await recount(unit.em, batchId);
    });
    if (last === undefined) return;
    after = last;
  }
}
