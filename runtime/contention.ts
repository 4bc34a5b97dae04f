/** Transactions that got into each other's way: the one that the database gave up is done again, a few times. */
import { setTimeout as pause } from 'node:timers/promises';
import { isFault } from '../kernel/fault.ts';
import { CONTENDED, storeFault } from './store-fault.ts';

/** Deadlocks and serialisation failures pass as soon as the others are done; more than this is no accident. */
const ATTEMPTS_MAX = 6;
/** Doubles each time. */
const BACKOFF_FIRST_MS = 10;

/** Calls `attempt`, which must leave nothing behind when it throws, until it is not in anybody's way. Throws faults. */
export async function despiteContention<T>(attempt: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      const fault = storeFault(error);
      failures += 1;
      if (!isFault(fault) || fault.code !== CONTENDED || failures >= ATTEMPTS_MAX) throw fault;
      await pause(BACKOFF_FIRST_MS * 2 ** (failures - 1));
    }
  }
}
