/** Says while a batch works how long bandwidth has held it up: it may be so for hours without an item ending. */
import type { Lease } from '../../../runtime/store.ts';
import { lockBatch } from '../store/batches.ts';
import { touch } from './change.ts';
import type { TransferContext } from './context.ts';

const TELL_EVERY_MS = 2_000;

type Told = Pick<TransferContext, 'store' | 'clock' | 'live' | 'bandwidth'>;

interface Work {
  readonly batchId: string;
  /** Whatever shares the bandwidth of the batch, by migration. */
  readonly route: string;
  readonly lease: Lease;
}

/** Begin once a connection of the route is open. The answer says the last of it, and ends; it never rejects. */
export function tellHeld(context: Told, { batchId, route, lease }: Work): () => Promise<void> {
  let knownMs = context.bandwidth.heldMs(route);
  const tell = async (): Promise<void> => {
    const heldMs = context.bandwidth.heldMs(route);
    const sinceMs = Math.round(heldMs - knownMs);
    if (sinceMs <= 0) return;
    const copy = await context.store.transact(async (unit) => {
      const batch = await lockBatch(unit, batchId);
      await unit.hold(lease);
      batch.heldMs += sinceMs;
      return touch(context, batch);
    });
    knownMs += sinceMs;
    context.live.publish(copy);
  };
  // Whoever lost the lease has nothing to say any more; a store that is away hears it the next time.
  let telling: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    telling = telling.then(tell).catch(() => {});
  }, TELL_EVERY_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await telling;
    await tell().catch(() => {});
  };
}
