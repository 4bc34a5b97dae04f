/** The one home of the machine's clock; everything else is handed a Clock. */
export interface Clock {
  /** The current instant. */
  now(): Date;
  /** Milliseconds that only go forward, for measuring how long something took. */
  elapsedMs(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  elapsedMs: () => performance.now(),
};

/** A clock that stands at `at` until it is moved; for tests and for reproducible demonstrations. */
export function fixedClock(at: Date): Clock & { advance(ms: number): void } {
  let ms = at.getTime();
  const start = ms;
  return {
    now: () => new Date(ms),
    elapsedMs: () => ms - start,
    advance: (by) => {
      ms += by;
    },
  };
}
