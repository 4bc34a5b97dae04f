/** Ends a reconciliation: seals what it came to, and says so in one transaction with the batch's new state. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Lease, Unit } from '../../../runtime/store.ts';
import { balancedCounts } from '../domain/disposition.ts';
import { isAccountedFor } from '../domain/verdict.ts';
import { batchesOf, batchOf, datasetsOf, lockMigration } from '../store/copies.ts';
import { countByAssurance, countByDisposition } from '../store/dispositions.ts';
import { countOpen, tallyOf } from '../store/exceptions.ts';
import type { Batch } from '../store/tables.ts';
import type { BatchTask, Seen } from './batch-work.ts';
import {
  sealDispositions,
  sealExpectedKeys,
  sealMovedAgain,
  sealRelations,
  sealReport,
  sealTargetManifest,
} from './documents.ts';
import { loadEveryRecord } from './every-record.ts';
import { entryOf, eventOf } from './raise.ts';
import type { Desk } from './read-original.ts';
import { countOf } from './rows.ts';
import { sealTotals } from './totals.ts';
import { sealSuperseded } from './versions.ts';

export const RELATE_JOB = 'validation.relate';

type Outcome = Pick<
  Batch,
  | 'report'
  | 'targetManifest'
  | 'relations'
  | 'expectedKeys'
  | 'dispositions'
  | 'verdicts'
  | 'assurance'
  | 'sampling'
  | 'answers'
>;

export async function finishBatch(db: DuckDBConnection, desk: Desk, seen: Seen, lease: Lease): Promise<void> {
  const { task } = desk;
  const { house, batch, migration } = task;
  if (!isAccountedFor(seen.verdicts)) throw brokenPromise('a unit of the source has no verdict', batch.id);
  const counts = await house.store.read(async (em) => ({
    dispositions: balancedCounts(await countByDisposition(em, batch.id), seen.items, batch.id),
    assurance: await countByAssurance(em, batch.id),
    exceptions: await tallyOf(em, batch.id),
  }));
  const { items, bytes, records } = seen;
  await loadEveryRecord(db, desk);
  const targetManifest = await sealTargetManifest(db, desk);
  const dispositionLines = await sealDispositions(task);
  const superseded = await sealSuperseded(db, desk);
  const totals = { items, bytes, records };
  const counted = await sealTotals(db, house);
  const report = await sealReport(task, {
    ...seen,
    ...counts,
    totals,
    counted,
    targetManifest,
    dispositionLines,
    superseded,
    movedAgain: await sealMovedAgain(task),
  });
  const outcome = {
    ...{ report, targetManifest, verdicts: seen.verdicts, sampling: seen.sampling },
    dispositions: counts.dispositions,
    assurance: counts.assurance,
    answers: await countOf(db, 'select count(*) from item where said is not null'),
    relations: await sealRelations(db, desk),
    expectedKeys: await sealExpectedKeys(db, desk, seen.readBack),
  };
  await house.store.transact((unit) => tell(unit, task, outcome, lease));
  house.watchers.progressed({ batchId: batch.id, step: 'done', itemsDone: items, items });
  house.watchers.raised(migration.id);
}

async function tell(unit: Unit, task: BatchTask, outcome: Outcome, lease: Lease): Promise<void> {
  const { house, migration, dataset } = task;
  await unit.hold(lease);
  // Two batches that end at the same time must not each take the other for unfinished.
  await lockMigration(unit, migration.id);
  const batch = await batchOf(unit.em, task.batch.id);
  // Items of it were moved again meanwhile: it is reconciled anew, with them.
  if (batch.remedies?.length !== task.batch.remedies?.length) return;
  Object.assign(batch, outcome, { state: 'reconciled' });
  const at = house.clock.now();
  const { report = null, targetManifest = null, dispositions, verdicts } = outcome;
  const payload = {
    migrationId: migration.id,
    datasetId: dataset.id,
    batchId: batch.id,
    ...{ report, targetManifest, dispositions, records: verdicts },
    exceptionsOpen: await countOpen(unit.em, { batchId: batch.id }, at.toISOString()),
    ...(batch.remedies != null && { remedies: batch.remedies.map(({ batchId }) => batchId) }),
  } as unknown as Json;
  const about = { subject: batch.id, occurrence: String(report), at };
  unit.emit(eventOf({ type: 'validation.batch-reconciled.v1', payload, ...about }));
  unit.audit(entryOf({ action: 'batch-reconciled', ...about, digests: digestsOf({ report, targetManifest }) }));
  await unit.em.flush();
  await relateWhenAllAreReconciled(unit, migration.id);
}

export function digestsOf(digests: Readonly<Record<string, Sha256 | null>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(digests).flatMap(([name, digest]) => (digest ? [[name, digest]] : [])));
}

/** Relationships need all: every dataset with items has a batch planned, and every planned batch is reconciled. */
export async function relateWhenAllAreReconciled(unit: Unit, migrationId: string): Promise<void> {
  const [datasets, batches] = await Promise.all([datasetsOf(unit.em, migrationId), batchesOf(unit.em, migrationId)]);
  if (batches.length === 0 || batches.some(({ state }) => state !== 'reconciled')) return;
  const isAwaited = datasets.some(({ id, items }) => items !== 0 && !batches.some(({ datasetId }) => datasetId === id));
  if (!isAwaited) unit.enqueue({ kind: RELATE_JOB, key: migrationId, payload: { migrationId } });
}
