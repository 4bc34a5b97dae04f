/**
 * A remedy moves between the ends of the batch it mends, for the rest of that batch is held to them; and into the form
 * that batch was moved into, by the same map or by one that was corrected.
 */
import type { Refusal } from '../../../kernel/refusal.ts';
import { endpointDigest, type Ends } from '../domain/plan.ts';
import { findBatch } from '../store/batches.ts';
import type { Batch } from '../store/tables.ts';
import type { TransferContext } from './context.ts';
import { lineageOf, type Orders, ordersOf } from './orders.ts';

/** Refuses with REMEDY_DIFFERS; undefined for a batch of its own, and where what arrives is of the same kind. */
export async function remedyRefusal(
  context: TransferContext,
  { remedyOf }: Pick<Batch, 'remedyOf'>,
  orders: Orders,
): Promise<Refusal | undefined> {
  const mended = remedyOf == null ? null : await context.store.read((em) => findBatch(em, remedyOf));
  if (mended === null) return undefined;
  const before = await ordersOf(context, mended);
  const isSameForm = (await formOf(context, before)) === (await formOf(context, orders));
  if (isSameForm && sameEnds(before.ends, orders.ends)) return undefined;
  return {
    code: 'REMEDY_DIFFERS',
    message: `${isSameForm ? 'the endpoints are' : 'the form is'} not what batch ${mended.id} was moved to`,
    remedy: 'declare it as it was; what arrives somewhere else, or in another form, is a migration of its own',
  };
}

/** What a lineage makes items into; undefined where they pass through. */
async function formOf(context: TransferContext, orders: Orders): Promise<string | undefined> {
  return (await lineageOf(context, orders))?.target;
}

function sameEnds(left: Ends, right: Ends): boolean {
  return (
    endpointDigest(left.source) === endpointDigest(right.source) &&
    endpointDigest(left.target) === endpointDigest(right.target)
  );
}
