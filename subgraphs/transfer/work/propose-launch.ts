/** Proposing to launch: somebody asks, and what is asked has a digest. */
import type { Actor } from '../../../kernel/actor.ts';
import { requestDigest } from '../../../kernel/approval.ts';
import { refused } from '../../../kernel/refusal.ts';
import { advance } from '../domain/batch.ts';
import { launchRequest } from '../domain/launch.ts';
import { lockBatch } from '../store/batches.ts';
import { type Batch, LaunchRequest } from '../store/tables.ts';
import { entryOf } from './announce.ts';
import { touch } from './change.ts';
import { type Acted, type Choice, chooseBatches, toEach } from './choose.ts';
import type { TransferContext } from './context.ts';
import { launchFacts, ordersOf } from './orders.ts';
import { remedyRefusal } from './remedy.ts';

/** A batch may be proposed again, and then needs a new approval. Refuses with BATCH_STATE and as chooseBatches does. */
export async function proposeLaunch(context: TransferContext, choice: Choice, actor: Actor): Promise<Acted> {
  const chosen = await chooseBatches(context, choice, ({ state, remedyOf }) => state === 'planned' && remedyOf == null);
  return toEach(chosen, (batch) => propose(context, batch, actor));
}

async function propose(context: TransferContext, { id, ...seen }: Batch, actor: Actor) {
  const orders = await ordersOf(context, { id, ...seen });
  const differs = await remedyRefusal(context, seen, orders);
  if (differs !== undefined) return refused(differs);
  return context.store.transact(async (unit) => {
    const batch = await lockBatch(unit, id);
    const next = advance(batch, 'propose');
    if (!next.ok) return next;
    const digest = requestDigest(launchRequest(launchFacts(batch, orders), actor.id));
    const proposedAt = context.clock.now().toISOString();
    await unit.em.upsert(LaunchRequest, {
      digest,
      batchId: id,
      proposedBy: actor.id,
      proposedAt,
      approvedBy: null,
      approvedAt: null,
    });
    batch.state = next.value;
    batch.request = digest;
    const copy = touch(context, batch);
    const occurrence = String(batch.seq);
    const digests = { request: digest };
    unit.audit(entryOf(context, { action: 'launch-proposed', subject: id, occurrence, actor: actor.id, digests }));
    return { batch: copy };
  });
}
