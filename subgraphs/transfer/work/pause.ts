/** Pausing: the default answer to a failure, and an operator's brake. Nothing is forced forward. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Lease, Unit } from '../../../runtime/store.ts';
import { advance } from '../domain/batch.ts';
import { PAUSED_BY_OPERATOR, type PauseReason } from '../domain/pause.ts';
import { lockBatch } from '../store/batches.ts';
import type { Batch } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import { touch } from './change.ts';
import { type Acted, type Choice, chooseBatches, fits, toEach } from './choose.ts';
import { TRANSFER, type TransferContext } from './context.ts';

const BY_OPERATOR: PauseReason = {
  code: PAUSED_BY_OPERATOR,
  reason: 'an operator paused the batch; resume it with a decision when it may go on',
  subject: null,
};

/** Refuses with BATCH_STATE and what chooseBatches refuses with. Items under way end first; no other is begun. */
export async function pauseBatches(context: TransferContext, choice: Choice, actor: Actor): Promise<Acted> {
  const chosen = await chooseBatches(context, choice, fits('pause'));
  return toEach(chosen, async ({ id }) => {
    const outcome = await context.store.transact(async (unit) => {
      const batch = await lockBatch(unit, id);
      const next = advance(batch, 'pause');
      return next.ok ? { batch: pauseIn(context, unit, batch, BY_OPERATOR, actor) } : next;
    });
    if ('batch' in outcome) context.live.publish(outcome.batch);
    return outcome;
  });
}

/** What a job does when it cannot go on. A batch that is paused already keeps the reason it has. */
export async function pauseForFailure(
  context: TransferContext,
  batchId: string,
  why: PauseReason,
  lease: Lease,
): Promise<void> {
  const paused = await context.store.transact(async (unit) => {
    const batch = await lockBatch(unit, batchId);
    await unit.hold(lease);
    return advance(batch, 'pause').ok ? pauseIn(context, unit, batch, why, TRANSFER) : undefined;
  });
  if (paused === undefined) return;
  context.log.warn('batch-paused', { batch: batchId, code: why.code, subject: why.subject ?? '' });
  context.metrics.count('batches_paused', { code: why.code });
  context.live.publish(paused);
}

function pauseIn(context: TransferContext, unit: Unit, batch: Batch, why: PauseReason, actor: Actor): Batch {
  const { code, reason, subject } = why;
  batch.phase = batch.state === 'packing' ? 'packing' : 'moving';
  batch.state = 'paused';
  batch.pausedCode = code;
  batch.pausedReason = reason;
  batch.pausedSubject = subject;
  batch.pauses += 1;
  const copy = touch(context, batch);
  const occurrence = String(batch.pauses);
  const payload = { batchId: batch.id, code, reason, subject };
  const outcome = code === PAUSED_BY_OPERATOR ? 'succeeded' : 'failed';
  unit.emit(
    eventOf(context, { type: 'transfer.batch-paused.v1', subject: batch.id, occurrence, actor: actor.id, payload }),
  );
  unit.audit(
    entryOf(context, { action: 'batch-paused', subject: batch.id, occurrence, actor: actor.id, outcome, reason: code }),
  );
  return copy;
}
