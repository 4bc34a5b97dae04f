/** Approving a launch: never by whoever proposed it, and only what was proposed. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Refusal } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { decideLaunchApproval } from '../domain/launch.ts';
import { lockBatch, requestOf } from '../store/batches.ts';
import type { Batch } from '../store/tables.ts';
import { entryOf } from './announce.ts';
import { touch } from './change.ts';
import { type Acted, type Choice, chooseBatches, fitsOfSurvey, toEach } from './choose.ts';
import type { TransferContext } from './context.ts';
import { launchFacts, ordersOf } from './orders.ts';

/** Refuses with what decideLaunchApproval and chooseBatches refuse with; a refused approval is recorded too. */
export async function approveLaunch(context: TransferContext, choice: Choice, actor: Actor): Promise<Acted> {
  const chosen = await chooseBatches(context, choice, fitsOfSurvey('approve'));
  return toEach(chosen, (batch) => approve(context, batch, actor));
}

async function approve(context: TransferContext, seen: Batch, actor: Actor) {
  const orders = await ordersOf(context, seen);
  return context.store.transact(async (unit) => {
    const batch = await lockBatch(unit, seen.id);
    const request = await requestOf(unit.em, batch);
    const now = context.clock.now();
    const decided = decideLaunchApproval(batch, request, launchFacts(batch, orders), actor, now);
    if (!decided.ok) {
      recordRefusal(context, unit, batch, actor, decided.refusals);
      return decided;
    }
    batch.state = decided.value.state;
    if (request !== undefined) {
      request.approvedBy = actor.id;
      request.approvedAt = decided.value.approval.approvedAt;
    }
    const copy = touch(context, batch);
    const digests = { request: decided.value.approval.request };
    const occurrence = String(batch.seq);
    unit.audit(
      entryOf(context, { action: 'launch-approved', subject: batch.id, occurrence, actor: actor.id, digests }),
    );
    return { batch: copy };
  });
}

function recordRefusal(
  context: TransferContext,
  unit: Unit,
  batch: Batch,
  actor: Actor,
  refusals: readonly Refusal[],
): void {
  const reason = refusals.map(({ code }) => code).join(' ');
  const occurrence = `${actor.id} ${batch.seq} ${reason}`;
  unit.audit(
    entryOf(context, {
      action: 'launch-approved',
      subject: batch.id,
      occurrence,
      actor: actor.id,
      outcome: 'refused',
      reason,
    }),
  );
}
