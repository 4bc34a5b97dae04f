/** Waiting between two questions, for as long as the other side asks or a little longer each time. */
import { setTimeout } from 'node:timers/promises';

const FIRST_MS = 250;

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
