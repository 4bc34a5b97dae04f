/** Marks a batch as changed. */
import type { Batch } from '../store/tables.ts';
import type { TransferContext } from './context.ts';

/** Returns a copy of the batch as it is after the change; nobody changes the copy any more. */
export function touch(context: Pick<TransferContext, 'clock'>, batch: Batch): Batch {
  batch.seq += 1;
  batch.changedAt = context.clock.now().toISOString();
  return { ...batch };
}
