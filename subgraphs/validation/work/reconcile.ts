/** Reconciles one batch: reads it back over its own connection, matches it with what it ought to be, and says so. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import { withColumnar } from '../../../runtime/columnar.ts';
import type { JobHandler, Lease } from '../../../runtime/store.ts';
import type { EligibleItem } from '../domain/account.ts';
import { findingOfReason, findingOfSilence } from '../domain/transfer-reason.ts';
import { addVerdicts, NO_VERDICTS } from '../domain/verdict.ts';
import { type BatchTask, loadTask, type Seen } from './batch-work.ts';
import { finishBatch } from './finish-batch.ts';
import type { House } from './house.ts';
import { inParallel } from './in-parallel.ts';
import { itemsOf } from './items-of.ts';
import { matchRecords, scratchTable } from './match.ts';
import { matchCopies, matchIndexes, matchSequences } from './match-documents.ts';
import { Raiser } from './raise.ts';
import { raiseRelations } from './raise-relations.ts';
import { listItems, listRecords, readByReceipt } from './read-actual.ts';
import { readBack } from './read-back.ts';
import { type Desk, readOriginal } from './read-original.ts';
import { rowsOf } from './rows.ts';
import { EXPECTED, FindingBook, ITEMS, RELATIONS } from './scratch.ts';
import { cohortOf, disposeItems, settleFindings } from './settle-batch.ts';
import { withSpool } from './spool.ts';
import { readBackOf, type Target, withTarget } from './target.ts';

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
    const desk: Desk = { task, spool, findings: new FindingBook(spool) };
    const limits = { memoryMaxMb: policy.validation.memoryMaxMb, directory: folder };
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
  await scratchTable(db, desk, 'item', ITEMS);
  const { foreign } = await listTypes(db, desk, target, signal);
  const records = await matchRecords(db, desk);
  await listItems(desk, target, signal);
  const units = await matchCopies(db, desk);
  await matchIndexes(db, desk);
  await matchSequences(db, desk);
  const verdicts = addVerdicts(addVerdicts(NO_VERDICTS, records), units);
  return { readBack: readBackOf(target, desk.task.plan), verdicts, foreign, ...totals };
}

/** Every item: its original read and judged, its bytes read back. */
async function visitItems(desk: Desk, target: Target, signal: AbortSignal): Promise<Totals> {
  const { house, batch, policy, dataset } = desk.task;
  const totals = { items: 0, bytes: 0, records: 0 };
  const items = dataset.items ?? 0;
  await inParallel(itemsOf(desk.task), policy.validation.concurrency, async (item) => {
    signal.throwIfAborted();
    await visit(desk, target, item, signal);
    totals.items += 1;
    if (item.sha256 !== null) totals.bytes += item.sizeBytes;
    totals.records += item.records ?? 0;
    house.watchers.progressed({ batchId: batch.id, step: 'reading-back', itemsDone: totals.items, items });
  });
  return totals;
}

type Totals = Pick<Seen, 'items' | 'bytes' | 'records'>;

async function visit(desk: Desk, target: Target, item: EligibleItem, signal: AbortSignal): Promise<void> {
  const { ordinal: n, itemId: i, path: p, state: s, reason, parcels } = item;
  if (s === 'absent') await desk.findings.add(n, findingOfSilence(item));
  else if (s !== 'moved' && s !== 'excluded') {
    await desk.findings.add(n, findingOfReason(item, reason ?? { code: 'NO_REASON' }));
  }
  const { q, r } = await readOriginal(desk, item);
  await readBack(desk, target, item, signal);
  if (target.listing === undefined) await readByReceipt(desk, target, item, signal);
  const b = parcels.filter(({ shape }) => shape === 'bytes').length;
  await (await desk.spool.file(ITEMS.file)).line({ n, i, p, s, q, r, b, c: parcels.length - b });
}

/** The types to look for are those the lineage made of this batch: one pass over each. */
async function listTypes(
  db: DuckDBConnection,
  desk: Desk,
  target: Target,
  signal: AbortSignal,
): Promise<{ readonly foreign: number }> {
  const { house, batch, dataset } = desk.task;
  const items = dataset.items ?? 0;
  house.watchers.progressed({ batchId: batch.id, step: 'matching', itemsDone: items, items });
  await scratchTable(db, desk, 'made', EXPECTED);
  const types: string[] = [];
  const query = 'select distinct t from made where w order by t';
  for await (const { t } of rowsOf<{ t: string }>(db, query)) types.push(t);
  await db.run('drop table made');
  return listRecords(desk, target, types, signal);
}

async function raiseRelationsOfBatch(db: DuckDBConnection, desk: Desk, lease: Lease): Promise<void> {
  const { house, migration, dataset, policy } = desk.task;
  const file = await desk.spool.file(RELATIONS.file);
  await file.flush();
  const cohorts = new Map([[dataset.ordinal, cohortOf(desk.task)]]);
  const files = file.isEmpty ? [] : [file.path];
  const raiser = new Raiser(house, migration.id, policy, lease);
  await raiseRelations(db, raiser, { migrationId: migration.id, cohorts, files, reach: 'batch' });
}
