/** A remedy moves by the map and between the ends of the batch it mends: the rest of that batch is held to them. */
import type { Refusal } from '../../../kernel/refusal.ts';
import { endpointDigest, type Ends } from '../domain/plan.ts';
import { findBatch } from '../store/batches.ts';
import type { Batch } from '../store/tables.ts';
import type { TransferContext } from './context.ts';
import { type Orders, ordersOf } from './orders.ts';

/** Refuses with REMEDY_DIFFERS; undefined for a batch of its own, and where both move alike. */
export async function remedyRefusal(
  context: TransferContext,
  { remedyOf }: Pick<Batch, 'remedyOf'>,
  orders: Orders,
): Promise<Refusal | undefined> {
  const mended = remedyOf == null ? null : await context.store.read((em) => findBatch(em, remedyOf));
  if (mended === null) return undefined;
  const before = await ordersOf(context, mended);
  const isSameMap = before.documents.lineage === orders.documents.lineage;
  if (isSameMap && sameEnds(before.ends, orders.ends)) return undefined;
  return {
    code: 'REMEDY_DIFFERS',
    message: `the ${isSameMap ? 'endpoints are' : 'lineage map is'} not what batch ${mended.id} was moved by`,
    remedy: 'declare them as they were; what another map makes is a migration of its own',
  };
}

function sameEnds(left: Ends, right: Ends): boolean {
  return (
    endpointDigest(left.source) === endpointDigest(right.source) &&
    endpointDigest(left.target) === endpointDigest(right.target)
  );
}
