/** From a fault about an item to what it means: for the item, or for the whole batch. */
import { Fault, isFault } from '../../../kernel/fault.ts';
import { errorFacts } from '../../../runtime/log.ts';
import { LEASE_LOST, type PauseReason, UNEXPECTED } from '../domain/pause.ts';
import { clipped, withoutPath } from '../domain/reason.ts';
import type { TransferContext } from './context.ts';

interface NamedItem {
  readonly itemId: string;
  readonly path: string;
}

/** Anything thrown as a fault; what is none of ours is logged by its class and place alone. */
export function faultOf(context: Pick<TransferContext, 'log'>, error: unknown, subject: string): Fault {
  if (isFault(error)) return error;
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC') {
    const message = 'the disk of this machine is full; make room, then resume';
    return new Fault({ code: 'SPACE_EXHAUSTED', retry: 'permanent', message, subject });
  }
  context.log.error('unexpected', { ...errorFacts(error), subject });
  const message = 'something happened that was not foreseen; the log says where';
  return new Fault({ code: UNEXPECTED, retry: 'permanent', message, subject });
}

/** The reason to pause when a fault struck while an item was at work. */
export function pauseReasonOf(fault: Fault, item: NamedItem): PauseReason {
  return { code: fault.code, reason: withoutPath(fault.message, item), subject: item.itemId };
}

/** The reason to pause when a fault concerned no item. */
export function batchReasonOf(fault: Fault): PauseReason {
  return { code: fault.code, reason: clipped(fault.message), subject: null };
}

/** A fault of the database is the job runner's to retry: nothing can be recorded while it lasts. */
export function isStoreFault(error: unknown): boolean {
  return isFault(error) && (error.code.startsWith('STORE_') || error.code === LEASE_LOST);
}
