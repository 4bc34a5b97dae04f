/** The host's limits on a connector: retries, waits and deadlines. */
export interface GuardLimits {
  /** Tries after the first one, for an operation that fails with a transient error. */
  readonly retriesMax: number;
  /** How often one stream may be taken up again, however much progress it makes. */
  readonly resumesMax: number;
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
  /** A longer Retry-After is left to whoever scheduled the work. */
  readonly retryAfterMostMs: number;
  /** For one call that answers once. */
  readonly callDeadlineMs: number;
  /** For the next chunk of a stream, and for a connector to take the next chunk offered to it. */
  readonly idleDeadlineMs: number;
  /** For the first item of a listing, where a connector declares that it takes long to prepare. */
  readonly preparationMostMs: number;
  /** How often an ambiguous commit is looked up and repeated. */
  readonly lookUpsMax: number;
}

/** What a third-party connector may take of the machine, for each endpoint. */
export interface LentLimits {
  /** What it may keep in the spool, counted as the disk does. */
  readonly spoolMaxBytes: number;
  /** What its connections may carry while it is open, both ways together. */
  readonly wireMaxBytes: number;
  /** How many connections a minute it may open, as many of them at once as a minute allows. */
  readonly connectionsPerMinuteMax: number;
}

export const LENT_LIMITS: LentLimits = {
  spoolMaxBytes: 16 * 1024 ** 3,
  wireMaxBytes: 1024 ** 4,
  // Twice as many stay below the 28,232 ports that Linux has for one place, each of which it holds back for a minute.
  connectionsPerMinuteMax: 12_000,
};

export const GUARD_LIMITS: GuardLimits = {
  retriesMax: 4,
  resumesMax: 100,
  backoffFirstMs: 100,
  backoffMostMs: 10_000,
  retryAfterMostMs: 60_000,
  callDeadlineMs: 120_000,
  idleDeadlineMs: 60_000,
  preparationMostMs: 7 * 86_400_000,
  lookUpsMax: 3,
};
