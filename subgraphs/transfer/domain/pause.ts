/** What a fault does to the item, and to the batch: the data's own faults touch one item, the machine's pause all. */

export type Consequence = 'fail-item' | 'set-item-aside' | 'pause-batch';

/** Where the fault came from. Reading for the manifest differs from reading for the move: nothing is promised yet. */
export type Place = 'packing' | 'source' | 'target';

/** Why a batch stopped: in words that may be sent on, about an item only by its id. */
export interface PauseReason {
  readonly code: string;
  readonly reason: string;
  readonly subject: string | null;
}

/** Codes that concern one item only. Every other code, a code nobody knows included, pauses the batch. */
export const ITEM_FAULTS: Readonly<Record<Place, Readonly<Record<string, Consequence>>>> = {
  packing: {
    ITEM_NOT_FOUND: 'fail-item',
    ITEM_CHANGED: 'fail-item',
    ITEM_REFUSED: 'fail-item',
    PATH_REFUSED: 'fail-item',
    ACCESS_DENIED: 'fail-item',
  },
  source: {
    ITEM_NOT_FOUND: 'fail-item',
    ITEM_CHANGED: 'set-item-aside',
    DIGEST_MISMATCH_IN_FLIGHT: 'set-item-aside',
    ITEM_REFUSED: 'fail-item',
    PATH_REFUSED: 'fail-item',
    ACCESS_DENIED: 'fail-item',
  },
  target: {
    ITEM_REFUSED: 'set-item-aside',
    ITEM_CONFLICT: 'set-item-aside',
    DELIVERY_IN_DOUBT: 'set-item-aside',
    ITEM_CHANGED: 'set-item-aside',
    PATH_REFUSED: 'set-item-aside',
    DIGEST_MISMATCH_IN_FLIGHT: 'set-item-aside',
    STAGED_DIFFERS: 'set-item-aside',
    NOT_MAPPABLE: 'set-item-aside',
    JSON_NOT_CANONICAL: 'set-item-aside',
  },
};

export function consequenceOf(code: string, place: Place): Consequence {
  return ITEM_FAULTS[place][code] ?? 'pause-batch';
}

export interface RetryRules {
  readonly retryLimit: number;
  readonly retryDelayMs: number;
  readonly retryDelayMaxMs: number;
}

/**
 * How long to wait before an item is tried again, `undefined` when it is not. The next try begins with a look-up, which
 * makes an ambiguous outcome as safe to try again as a transient one.
 */
export function retryDelay(fault: { readonly retry: string }, failures: number, rules: RetryRules): number | undefined {
  if (fault.retry === 'permanent' || failures > rules.retryLimit) return undefined;
  return Math.min(rules.retryDelayMs * 2 ** (failures - 1), rules.retryDelayMaxMs);
}

/** What the host says when its caller asked it to stop; nobody's failure. */
export const ABORTED = 'ABORTED';
/** The lease went to somebody else: whoever has it now goes on. */
export const LEASE_LOST = 'LEASE_LOST';
/** An operator paused the batch. */
export const PAUSED_BY_OPERATOR = 'PAUSED_BY_OPERATOR';
/** More items were set aside than the policy takes. */
export const SET_ASIDE_LIMIT = 'SET_ASIDE_LIMIT';
/** Something we did not foresee. */
export const UNEXPECTED = 'UNEXPECTED';
