/** How a command waits: it looks again soon after something was told, and ever more rarely while nothing is. */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../kernel/clock.ts';
import { Alarm } from '../runtime/wakeups.ts';
import type { House } from './house.ts';

/** Looking takes at most a fifth of the time, however long it takes on a busy machine. */
const REST_FACTOR = 4;
const REST_MIN_MS = 25;
/** What is told is heard by others a moment later. */
const PAUSE_AFTER_NEWS_MS = 25;
const PAUSE_GROWTH = 3;
/** How late it may be about what nobody tells, as counts that grow. */
const PAUSE_MAX_MS = 1_000;

/** Looks until there is an answer; `look` throws when waiting any longer is of no use. */
export async function lookUntil<T>(house: House, look: () => Promise<T | undefined>): Promise<T> {
  const alarm = new Alarm();
  let pauseMs = PAUSE_AFTER_NEWS_MS;
  const leave = house.onNews(() => {
    pauseMs = PAUSE_AFTER_NEWS_MS;
    alarm.ring();
  });
  try {
    for (;;) {
      const began = systemClock.elapsedMs();
      const found = await look();
      if (found !== undefined) return found;
      await pause(Math.max(REST_MIN_MS, (systemClock.elapsedMs() - began) * REST_FACTOR));
      const waitMs = pauseMs;
      pauseMs = Math.min(pauseMs * PAUSE_GROWTH, PAUSE_MAX_MS);
      await alarm.wait(waitMs);
    }
  } finally {
    leave();
  }
}
