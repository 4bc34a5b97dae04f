/** Launching: from here on the batch reads at the source, and then writes to the target. */
import type { Actor } from '../../../kernel/actor.ts';
import { type Refusal, refused } from '../../../kernel/refusal.ts';
import { decideLaunch } from '../domain/launch.ts';
import { lockBatch, requestOf, standingOf } from '../store/batches.ts';
import type { Batch } from '../store/tables.ts';
import { entryOf } from './announce.ts';
import { touch } from './change.ts';
import { type Acted, type Choice, chooseBatches, fitsOfSurvey, toEach } from './choose.ts';
import { PACK_JOB, type TransferContext } from './context.ts';
import { launchFacts, ordersOf } from './orders.ts';
import { remedyRefusal } from './remedy.ts';

export interface Launch extends Choice {
  /** The same key launches once: asking again with it gives the same answer. */
  readonly idempotencyKey: string;
}

const KEY_LENGTH_MAX_CHARS = 200;

const KEY_REQUIRED: Refusal = {
  code: 'KEY_REQUIRED',
  message: `an idempotency key has 1 to ${KEY_LENGTH_MAX_CHARS} characters`,
  field: ['input', 'idempotencyKey'],
  remedy: 'give a key of your own, a new one for each launch that you mean',
};

/** Refuses with KEY_REQUIRED and what decideLaunch and chooseBatches refuse with. */
export async function launchBatches(context: TransferContext, launch: Launch, actor: Actor): Promise<Acted> {
  const { idempotencyKey } = launch;
  if (idempotencyKey.trim() === '' || idempotencyKey.length > KEY_LENGTH_MAX_CHARS) {
    return { batches: [], refusals: [KEY_REQUIRED] };
  }
  const isFit = fitsOfSurvey('launch-without-approval');
  const chosen = await chooseBatches(context, launch, (each) => isFit(each) || each.launchKey === idempotencyKey);
  return toEach(chosen, (batch) => launchOne(context, batch, idempotencyKey, actor));
}

async function launchOne(context: TransferContext, seen: Batch, idempotencyKey: string, actor: Actor) {
  const orders = await ordersOf(context, seen);
  const differs = await remedyRefusal(context, seen, orders);
  if (differs !== undefined) return refused(differs);
  const outcome = await context.store.transact(async (unit) => {
    const batch = await lockBatch(unit, seen.id);
    if (batch.launchKey === idempotencyKey) return { batch: { ...batch } };
    const facts = launchFacts(batch, orders);
    const request = await requestOf(unit.em, batch);
    const approved = request?.approvedBy == null ? undefined : request;
    const standing = await standingOf(unit.em, batch, orders.documents, context.clock.now());
    const next = decideLaunch(batch, {
      standing,
      policy: orders.policy,
      isCorrected: batch.lineage != null,
      facts,
      approved,
    });
    if (!next.ok) return next;
    batch.state = next.value;
    batch.phase = 'packing';
    batch.launchKey = idempotencyKey;
    batch.plan = orders.documents.plan;
    batch.policy = orders.documents.policy;
    batch.lineage = orders.documents.lineage;
    const copy = touch(context, batch);
    const { source, target } = orders.ends;
    unit.audit(
      entryOf(context, {
        action: 'batch-launched',
        subject: batch.id,
        occurrence: idempotencyKey,
        actor: actor.id,
        source: source.connector,
        target: target.connector,
        reason: approved === undefined ? 'the policy asks for no approval of launches' : undefined,
        digests: { survey: batch.survey, policy: facts.policy, ...(approved && { request: approved.digest }) },
      }),
    );
    unit.enqueue({ kind: PACK_JOB, key: batch.id, payload: { batchId: batch.id } });
    return { batch: copy };
  });
  if ('batch' in outcome) context.live.publish(outcome.batch);
  return outcome;
}
