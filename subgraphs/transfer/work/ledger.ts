/** The ledger of a move: what is staged, committed and final, saved under the lease before anything relies on it. */
import type { AuditEntry } from '../../../kernel/event.ts';
import type { Lease } from '../../../runtime/store.ts';
import type { Lineage } from '../../../records/lineage/lineage.ts';
import { isAtWork } from '../domain/batch.ts';
import type { CrosswalkRow } from '../domain/crosswalk.ts';
import { SET_ASIDE_LIMIT } from '../domain/pause.ts';
import type { TransferPolicy } from '../domain/plan.ts';
import {
  type AttemptData,
  forgetCrosswalk,
  type ParcelData,
  saveAttempts,
  saveCrosswalk,
  saveParcels,
} from '../store/attempts.ts';
import { lockBatch } from '../store/batches.ts';
import type { Batch } from '../store/tables.ts';
import { keepDelivered } from '../store/versions.ts';
import { touch } from './change.ts';
import type { TransferContext } from './context.ts';
import { GroupCommit } from './group-commit.ts';
import type { JobHalt } from './halt.ts';

/** What one step of one item has to say. */
export interface LedgerEntry {
  readonly parcel?: ParcelData | undefined;
  readonly crosswalk?: readonly CrosswalkRow[] | undefined;
  readonly ending?: Ending | undefined;
  readonly audit?: AuditEntry | undefined;
}

/** The final state of an item. */
export interface Ending extends AttemptData {
  readonly sizeBytes: number;
}

export interface LedgerOptions {
  readonly context: TransferContext;
  readonly batchId: string;
  readonly lease: Lease;
  readonly policy: TransferPolicy;
  readonly halt: JobHalt;
  /** Where versions of records are told apart. */
  readonly lineage: Lineage | undefined;
}

/** Opens a ledger. Every commit holds the lease: whoever was fenced off can write nothing more. */
export function openLedger(options: LedgerOptions): GroupCommit<LedgerEntry> {
  return new GroupCommit(options.policy.concurrency, (entries) => save(options, entries));
}

async function save(options: LedgerOptions, entries: readonly LedgerEntry[]): Promise<void> {
  const { context, batchId, lease, policy, halt, lineage } = options;
  const endings = entries.flatMap(({ ending }) => ending ?? []);
  const copy = await context.store.transact(async (unit) => {
    const batch = await lockBatch(unit, batchId);
    await unit.hold(lease);
    await saveParcels(
      unit.em,
      entries.flatMap(({ parcel }) => parcel ?? []),
    );
    const crosswalk = entries.flatMap((entry) => entry.crosswalk ?? []);
    if (batch.remedyOf != null) await forgetCrosswalk(unit.em, crosswalk);
    await saveCrosswalk(unit.em, crosswalk);
    await saveAttempts(
      unit.em,
      endings.map(({ sizeBytes: _, ...attempt }) => attempt),
    );
    if (lineage?.hasVersions === true) {
      const arrived = endings.flatMap(({ itemId, state }) => (state === 'moved' ? [itemId] : []));
      await keepDelivered(unit.em, batch.datasetId, arrived);
    }
    for (const { audit } of entries) if (audit) unit.audit(audit);
    for (const ending of endings) count(batch, ending);
    return touch(context, batch);
  });
  if (!isAtWork(copy.state, 'moving')) halt.leave();
  if (isOverLimit(copy, policy)) halt.pauseFor(tooManySetAside(copy));
  if (endings.length > 0) context.live.publish(copy);
}

function count(batch: Batch, ending: Ending): void {
  switch (ending.state) {
    case 'moved':
      batch.moved += 1;
      batch.bytesMoved += ending.sizeBytes;
      return;
    case 'set-aside':
      batch.setAside += 1;
      return;
    case 'failed':
      batch.failed += 1;
      return;
    default:
      ending.state satisfies never;
  }
}

function isOverLimit(batch: Batch, policy: TransferPolicy): boolean {
  const limit = policy.setAsideBeforePause;
  return limit !== null && batch.setAside - batch.setAsideAccepted >= limit;
}

function tooManySetAside(batch: Batch) {
  const items = batch.setAside - batch.setAsideAccepted;
  const reason = `${items} items were set aside, which is as many as the policy takes; look at why before resuming`;
  return { code: SET_ASIDE_LIMIT, reason, subject: null };
}
