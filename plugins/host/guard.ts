/** How the host calls a connector: in a slot, under a deadline, again after a transient failure, in our own faults. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../kernel/fault.ts';
import type { Connector } from '../sdk/index.ts';
import { tooLate, type Watch, withDeadline } from './deadline.ts';
import type { GuardLimits } from './limits.ts';
import type { Passage, Pieces } from './passage.ts';
import type { Slots } from './slots.ts';
import { aborted, translate, type Act } from './translate.ts';

export interface Guard {
  readonly connector: Connector;
  readonly secrets: readonly string[];
  readonly slots: Slots;
  readonly limits: GuardLimits;
  readonly passage: Passage;
  log(fact: string, facts?: Readonly<Record<string, string | number | boolean>>): void;
}

export function actOf(guard: Guard, name: string, subject?: string): Act {
  return { connector: guard.connector.id, name, subject, secrets: guard.secrets };
}

export interface Call<T> {
  readonly act: Act;
  readonly signal: AbortSignal;
  readonly late?: ((act: Act) => Fault) | undefined;
  readonly work: (signal: AbortSignal, watch: Watch) => Promise<T>;
}

/** Calls once per slot, and again with growing waits while it fails with a transient error. */
export async function call<T>(guard: Guard, { act, signal, late = tooLate, work }: Call<T>): Promise<T> {
  const giveBack = await takeSlot(guard, act, signal);
  try {
    for (let failures = 0; ; ) {
      try {
        return await withDeadline(act, signal, guard.limits.callDeadlineMs, late, work);
      } catch (error) {
        failures++;
        await pauseBeforeRetry(guard, act, signal, translate(error, act), failures);
      }
    }
  } finally {
    giveBack();
  }
}

/** The bytes as they may move. Fails with ABORTED when `signal` fires in between. */
export function shaped({ passage }: Guard, act: Act, bytes: Uint8Array, signal: AbortSignal): Pieces {
  return passage.isCapped ? inPieces(passage, act, bytes, signal) : [bytes];
}

async function* inPieces(
  passage: Passage,
  act: Act,
  bytes: Uint8Array,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* passage.pieces(bytes, signal);
  } catch (error) {
    throw signal.aborted ? aborted(act) : error;
  }
}

export async function takeSlot(guard: Guard, act: Act, signal: AbortSignal): Promise<() => void> {
  if (signal.aborted) throw aborted(act);
  try {
    return await guard.slots.take(signal);
  } catch (error) {
    throw signal.aborted ? aborted(act) : error;
  }
}

/** Waits before try number `failures + 1`; rethrows what cannot be mended by waiting here. */
export async function pauseBeforeRetry(
  guard: Guard,
  act: Act,
  signal: AbortSignal,
  fault: Fault,
  failures: number,
): Promise<void> {
  if (signal.aborted) throw aborted(act);
  const { limits } = guard;
  const waitMs = fault.retryAfterMs ?? Math.min(limits.backoffFirstMs * 2 ** (failures - 1), limits.backoffMostMs);
  if (fault.retry !== 'transient' || fault.code === 'ABORTED') throw fault;
  if (failures > limits.retriesMax || waitMs > limits.retryAfterMostMs) throw fault;
  guard.log('connector-retry', { connector: act.connector, act: act.name, code: fault.code, failures, waitMs });
  await sleep(waitMs, undefined, { signal }).catch(() => {
    throw aborted(act);
  });
}
