/** Legal holds: what is held stays in the migration until two people have released it. */
import type { Actor } from '../../../kernel/actor.ts';
import { decideApproval } from '../../../kernel/approval.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { compileGlob } from './glob.ts';

export interface Hold {
  readonly id: Id;
  readonly datasetId: Id;
  /** The reference of the matter; never a patient. */
  readonly matter: string;
  /** Which paths of the dataset; null for all of them. */
  readonly items: string | null;
  readonly releaseProposedBy: string | null;
  readonly releasedBy: string | null;
}

export interface HoldWish {
  readonly datasetId: Id;
  readonly matter: string;
  readonly items: string | null;
}

const MATTER_LENGTH_MAX_CHARS = 200;

export function holdIdOf({ datasetId, matter, items }: HoldWish): Id {
  return derivedId('hold', datasetId, matter, items ?? 'all');
}

export function isInForce({ releasedBy }: Pick<Hold, 'releasedBy'>): boolean {
  return releasedBy === null;
}

/** Refuses with MATTER_NEEDED and GLOB_INVALID. */
export function decideHold(wish: HoldWish): Outcome<HoldWish> {
  const matter = wish.matter.trim();
  if (matter === '' || matter.length > MATTER_LENGTH_MAX_CHARS) {
    return refused({
      code: 'MATTER_NEEDED',
      message: `a legal hold needs the reference of its matter, of 1 to ${MATTER_LENGTH_MAX_CHARS} characters`,
      field: ['matter'],
      remedy: 'give the reference under which the matter is kept, without naming a patient',
    });
  }
  const glob = wish.items === null ? undefined : compileGlob(wish.items);
  if (glob?.ok === false) return refused(...glob.refusals.map((each) => ({ ...each, field: ['items'] })));
  return granted({ ...wish, matter });
}

/** Proposing again takes the place of an earlier proposal. Refuses with HOLD_RELEASED. */
export function proposeRelease(hold: Hold, proposedBy: string): Outcome<Hold> {
  return isInForce(hold) ? granted({ ...hold, releaseProposedBy: proposedBy }) : alreadyReleased();
}

/** Refuses with HOLD_RELEASED, NOT_PROPOSED, ROLE_REQUIRED or MAKER_IS_CHECKER. */
export function approveRelease(hold: Hold, approver: Actor, at: Date): Outcome<Hold> {
  if (!isInForce(hold)) return alreadyReleased();
  const { id, datasetId, matter, items, releaseProposedBy: proposedBy } = hold;
  if (proposedBy === null) {
    return refused({
      code: 'NOT_PROPOSED',
      message: 'nobody has proposed to release the legal hold',
      remedy: 'let an operator propose it first',
    });
  }
  const request = { subject: id, act: 'the release', details: { datasetId, matter, items }, proposedBy };
  const decision = decideApproval(request, approver, at);
  return decision.ok ? granted({ ...hold, releasedBy: decision.value.approvedBy }) : decision;
}

/** Refuses with LEGAL_HOLD an exclusion in a dataset that is held whole. */
export function checkAgainstHolds(holds: readonly Hold[]): Outcome<null> {
  const whole = holds.find((hold) => isInForce(hold) && hold.items === null);
  if (whole === undefined) return granted(null);
  return refused({
    code: 'LEGAL_HOLD',
    message: `the dataset is held whole for the matter ${JSON.stringify(whole.matter)}: nothing of it stays behind`,
    field: ['datasetId'],
    remedy: 'have the hold released by two people, or let the items move',
  });
}

function alreadyReleased(): Outcome<never> {
  return refused({
    code: 'HOLD_RELEASED',
    message: 'the legal hold is released already',
    remedy: 'place it again when it was released too early',
  });
}
