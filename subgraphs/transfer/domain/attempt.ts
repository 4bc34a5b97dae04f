/** The move of one item, and of the parcels it is delivered in: the states, and what to do next in each. */
import { brokenPromise } from '../../../kernel/fault.ts';

/** `under-way` is the only state that is not final. */
export const ATTEMPT_STATES = ['under-way', 'moved', 'set-aside', 'failed'] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** `none`: nothing of it is at the target as far as we know. */
export const PARCEL_STATES = ['none', 'staged', 'committed'] as const;
export type ParcelState = (typeof PARCEL_STATES)[number];

export type ParcelAct = 'stage' | 'commit';

/** Staging again is allowed until the commit; a commit that is looked up may be found from any state. */
export const PARCEL_TRANSITIONS: Readonly<Record<ParcelAct, Readonly<Partial<Record<ParcelState, ParcelState>>>>> = {
  stage: { none: 'staged', staged: 'staged' },
  commit: { none: 'committed', staged: 'committed', committed: 'committed' },
};

/** The state after the act. A committed parcel is never staged again: that is BROKEN_PROMISE. */
export function parcelAfter(state: ParcelState | undefined, act: ParcelAct): ParcelState {
  const next = PARCEL_TRANSITIONS[act][state ?? 'none'];
  if (next === undefined) throw brokenPromise(`a ${state} parcel cannot ${act}`);
  return next;
}

export type ParcelStep = 'stage' | 'look-up' | 'done';

/**
 * What to do with a parcel, by what the rows say. Without a row nothing can have been committed, for the row is
 * saved before the commit; with a row and no receipt the target is asked before anything is written.
 */
export function nextStep(state: ParcelState | undefined): ParcelStep {
  if (state === undefined) return 'stage';
  return state === 'committed' ? 'done' : 'look-up';
}

/** Why an item did not move: a code of the fault table, and where in the item. Never patient data. */
export interface Reason {
  readonly code: string;
  readonly subject?: string | undefined;
}

/** The bytes the source sent now are not the bytes in the sealed manifest. */
export const DIGEST_MISMATCH_IN_FLIGHT = 'DIGEST_MISMATCH_IN_FLIGHT';
/** The target holds something else than what was sent to it, by its own account. */
export const STAGED_DIFFERS = 'STAGED_DIFFERS';
/** The lineage map cannot make records of the item without losing or inventing something. */
export const NOT_MAPPABLE = 'NOT_MAPPABLE';
