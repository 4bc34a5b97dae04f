/** Waiting between two questions, for as long as the other side asks or a little longer each time. */
import { setTimeout } from 'node:timers/promises';
import { isConnectorError } from '@waybill/connector-sdk';

const FIRST_MS = 250;
const TRIES_MAX = 4;
const PAUSE_MOST_MS = 30_000;

/** Waits before try number `tries + 1`; fails when the signal fires. */
export async function pauseBefore(
  tries: number,
  mostMs: number,
  signal: AbortSignal,
  retryAfterMs?: number | undefined,
): Promise<void> {
  // As growth without an end would be no number any more.
  const grownMs = FIRST_MS * 2 ** Math.min(tries - 1, 20);
  await setTimeout(Math.min(retryAfterMs ?? grownMs, mostMs), undefined, { signal });
}

/**
 * Does it again after a passing failure. For what the host cannot take up in its middle, as a page of a search is; what
 * is written is never repeated so.
 */
export async function patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectorError(error) || error.retry !== 'transient' || tries >= TRIES_MAX) throw error;
      await pauseBefore(tries, PAUSE_MOST_MS, signal, error.retryAfterMs);
    }
  }
}
