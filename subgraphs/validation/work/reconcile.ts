/** Reconciles one batch: reads it back over its own connection, matches it with what it ought to be, and says so. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import { withColumnar } from '../../../runtime/columnar.ts';
import type { JobHandler, Lease } from '../../../runtime/store.ts';
import { memoryOf } from '../domain/category.ts';
import { addVerdicts, NO_VERDICTS } from '../domain/verdict.ts';
import { type BatchTask, loadTask, type Seen } from './batch-work.ts';
import { finishBatch } from './finish-batch.ts';
import type { House } from './house.ts';
import { matchRecords } from './match.ts';
import { matchCopies, matchIndexes } from './match-documents.ts';
import { matchSequences } from './match-sequences.ts';
import { matchFeeds } from './match-feeds.ts';
import { matchTraits } from './match-traits.ts';
import { ParcelNotes } from './parcel-notes.ts';
import { Raiser } from './raise.ts';
import { raiseRelations } from './raise-relations.ts';
import { listItems, listRecords } from './read-actual.ts';
import type { Desk } from './read-original.ts';
import { RecordNotes } from './record-notes.ts';
import { FindingBook, ITEMS, RELATIONS } from './scratch.ts';
import { scratchColumns } from './scratch-tables.ts';
import { cohortOf, disposeItems, settleFindings } from './settle-batch.ts';
import { withSpool } from './spool.ts';
import { readBackOf, type Target, withTarget } from './target.ts';
import { visitItems } from './visit-items.ts';

export const RECONCILE_JOB = 'validation.reconcile';

export function reconcileJob(house: House): JobHandler {
  return {
    kind: RECONCILE_JOB,
    async run(payload: Json, lease: Lease) {
      const { batchId } = payload as { readonly batchId: string };
      const task = await loadTask(house, batchId);
      // Redelivered after the end: what was sealed stands.
      if (task.batch.state === 'reconciled') return;
      await reconcile(task, lease);
    },
  };
}

async function reconcile(task: BatchTask, lease: Lease): Promise<void> {
  const { house, batch, policy } = task;
  const folder = join(house.directory, 'validation', batch.id);
  await withSpool(folder, async (spool) => {
    const desk: Desk = {
      task,
      spool,
      findings: new FindingBook(spool),
      movedBy: new Map(),
      records: await RecordNotes.in(spool),
      parcels: await ParcelNotes.in(spool),
    };
    const limits = { ...memoryOf(policy), directory: folder };
    await withColumnar(async (db) => {
      const seen = await withTarget(house, task.plan, lease.signal, (target) => look(db, desk, target, lease.signal));
      house.watchers.progressed({ batchId: batch.id, step: 'settling', itemsDone: seen.items, items: seen.items });
      await settleFindings(db, desk, lease);
      await raiseRelationsOfBatch(db, desk, lease);
      await disposeItems(db, desk, seen.readBack, lease);
      await finishBatch(db, desk, seen, lease);
    }, limits);
  });
}

async function look(db: DuckDBConnection, desk: Desk, target: Target, signal: AbortSignal): Promise<Seen> {
  const totals = await visitItems(desk, target, signal);
  await scratchColumns(db, desk, 'item', ITEMS);
  const { dataset, batch } = desk.task;
  const items = dataset.items ?? 0;
  desk.task.house.watchers.progressed({ batchId: batch.id, step: 'matching', itemsDone: items, items });
  // The types to look for are those the lineage made of this batch.
  const types = [...desk.records.types].sort();
  const { foreign } = await listRecords(desk, target, types, signal);
  const records = await matchRecords(db, desk, target);
  await listItems(desk, target, signal);
  const units = await matchCopies(db, desk);
  await matchIndexes(db, desk);
  await matchSequences(db, desk);
  await matchFeeds(db, desk);
  await matchTraits(db, desk);
  const verdicts = addVerdicts(addVerdicts(NO_VERDICTS, records), units);
  return { readBack: readBackOf(target, desk.task.plan, types), verdicts, foreign, ...totals };
}

async function raiseRelationsOfBatch(db: DuckDBConnection, desk: Desk, lease: Lease): Promise<void> {
  const { house, migration, dataset, policy } = desk.task;
  const file = await desk.spool.lines(RELATIONS);
  await file.flush();
  const cohorts = new Map([[dataset.ordinal, cohortOf(desk.task)]]);
  const files = file.isEmpty ? [] : [file.path];
  const raiser = new Raiser(house, migration, policy, lease);
  await raiseRelations(db, raiser, { migrationId: migration.id, cohorts, files, reach: 'batch', policy });
}
