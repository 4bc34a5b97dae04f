/** Resuming: a paused batch goes on where it stopped, by somebody's recorded decision. */
import type { Actor } from '../../../kernel/actor.ts';
import { derivedId } from '../../../kernel/id.ts';
import { refused } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { decideResumption } from '../domain/decision.ts';
import { lockBatch } from '../store/batches.ts';
import { type Batch, Decision } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import { askReadiness } from './ask-readiness.ts';
import { touch } from './change.ts';
import { type Acted, type Choice, chooseBatches, fits, toEach } from './choose.ts';
import { MOVE_JOB, PACK_JOB, type TransferContext } from './context.ts';

export interface Resumption extends Choice {
  /** What was found and why it is safe to go on; never patient data. */
  readonly decision: string;
}

/** Refuses with what decideResumption, askReadiness and chooseBatches refuse with. */
export async function resumeBatches(context: TransferContext, resumption: Resumption, actor: Actor): Promise<Acted> {
  const chosen = await chooseBatches(context, resumption, fits('resume-packing'));
  return toEach(chosen, async ({ id }) => {
    const outcome = await context.store.transact(async (unit) => {
      const batch = await lockBatch(unit, id);
      const next = decideResumption(batch, actor, resumption.decision);
      const obstacles = next.ok ? await askReadiness(context, unit.em, batch) : [];
      if (!next.ok || obstacles.length > 0) return next.ok ? refused(...obstacles) : next;
      const decision = recordDecision(context, unit, batch, actor, resumption.decision);
      batch.state = next.value;
      batch.setAsideAccepted = batch.setAside;
      batch.pausedCode = null;
      batch.pausedReason = null;
      batch.pausedSubject = null;
      const copy = touch(context, batch);
      announce(context, unit, batch, actor, decision);
      unit.enqueue({ kind: batch.phase === 'packing' ? PACK_JOB : MOVE_JOB, key: id, payload: { batchId: id } });
      return { batch: copy };
    });
    if ('batch' in outcome) context.live.publish(outcome.batch);
    return outcome;
  });
}

function recordDecision(context: TransferContext, unit: Unit, batch: Batch, actor: Actor, words: string): string {
  const id = derivedId('dec', batch.id, String(batch.pauses));
  const decision = unit.em.create(Decision, {
    id,
    batchId: batch.id,
    pausedCode: batch.pausedCode ?? '',
    decidedBy: actor.id,
    decidedAt: context.clock.now().toISOString(),
    words,
  });
  unit.em.persist(decision);
  return id;
}

function announce(context: TransferContext, unit: Unit, batch: Batch, actor: Actor, decision: string): void {
  const occurrence = String(batch.pauses);
  const payload = { batchId: batch.id, decision };
  unit.emit(
    eventOf(context, { type: 'transfer.batch-resumed.v1', subject: batch.id, occurrence, actor: actor.id, payload }),
  );
  unit.audit(
    entryOf(context, { action: 'batch-resumed', subject: batch.id, occurrence, actor: actor.id, reason: decision }),
  );
}
