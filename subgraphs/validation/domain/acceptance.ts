/** Acceptance: people of a role say that they used what arrived, and what their signature means (21 CFR 11.50). */
import { type AcceptanceRole, type AcceptanceRules, ACCEPTANCE_ROLES } from '../../../kernel/acceptance.ts';
import { type Actor, hasRole } from '../../../kernel/actor.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';

export const ACCEPTANCE_DECISIONS = ['accepted', 'rejected'] as const;
export type AcceptanceDecision = (typeof ACCEPTANCE_DECISIONS)[number];

/** One signature. It is bound to the report that the signer had before him. */
export interface SignOff {
  readonly role: AcceptanceRole;
  readonly decision: AcceptanceDecision;
  /** In the signer's words: what the signature means. */
  readonly meaning: string;
  readonly report: Sha256;
  readonly signedBy: string;
  /** RFC 3339, UTC. */
  readonly signedAt: string;
}

/** `outdated`: it was signed on a report that is not the newest. */
export const SIGN_OFF_STATES = ['not-asked', 'awaited', 'accepted', 'rejected', 'outdated'] as const;
export type SignOffState = (typeof SIGN_OFF_STATES)[number];

export interface RoleStatus {
  readonly role: AcceptanceRole;
  readonly state: SignOffState;
  readonly signedBy: string | null;
  readonly signedAt: string | null;
}

export interface AcceptanceFacts {
  readonly rules: AcceptanceRules;
  /** The newest report of the migration; null until all is reconciled. */
  readonly report: Sha256 | null;
  /** The newest of each role. */
  readonly signOffs: readonly SignOff[];
}

/** What the policy asks of tests of the role's script, and what was done since the items last moved. */
export interface Testing {
  readonly testersMin: number;
  /** Steps that fewer people walked. */
  readonly unwalked: readonly string[];
  readonly shiftHours: number;
  /** See hoursOfDay. */
  readonly hoursWalked: number;
}

const HOUR_MS = 3_600_000;
const HOURS_OF_DAY = 24;

/** In how many different hours of any 24 that follow each other something happened: a shift is walked, not a minute. */
export function hoursOfDay(instants: readonly Date[]): number {
  const hours = [...new Set(instants.map((at) => Math.floor(at.getTime() / HOUR_MS)))].toSorted((a, b) => a - b);
  const within = (first: number) => hours.filter((hour) => hour >= first && hour < first + HOURS_OF_DAY).length;
  return Math.max(0, ...hours.map(within));
}

const MEANING_LENGTH_MAX_CHARS = 2000;

export interface Signature {
  readonly role: AcceptanceRole;
  readonly decision: AcceptanceDecision;
  readonly meaning: string;
  /** The report that the signer looked at. */
  readonly report: Sha256;
}

/**
 * Refuses with ROLE_REQUIRED who may not sign for the role, MAKER_IS_CHECKER who operates migrations, NOT_RECONCILED,
 * REPORT_CHANGED, MEANING_MISSING, and SCRIPT_NOT_WALKED or SHIFT_NOT_WALKED an acceptance without the tests that the
 * policy asks for.
 */
export function sign(
  facts: AcceptanceFacts & { readonly testing?: Testing },
  signature: Signature,
  signer: Actor,
  at: Date,
): Outcome<SignOff> {
  const { role, decision, report } = signature;
  const { signers } = facts.rules[role];
  const isNamed = signers.length === 0 || signers.includes(signer.id);
  if (!hasRole(signer, 'reviewer') || !isNamed) {
    const remedy = signers.length === 0 ? 'ask a reviewer' : 'ask one of the people the policy names for the role';
    return refused({ code: 'ROLE_REQUIRED', message: `not everybody signs for ${role}`, remedy });
  }
  if (hasRole(signer, 'operator')) {
    const message = 'who operates migrations does not accept them';
    return refused({ code: 'MAKER_IS_CHECKER', message, remedy: 'ask a reviewer who is no operator' });
  }
  if (facts.report === null) {
    const message = 'not everything is reconciled yet';
    return refused({ code: 'NOT_RECONCILED', message, remedy: 'wait until every batch is reconciled' });
  }
  if (report !== facts.report) {
    const message = 'the report of the migration is not the one that was looked at';
    return refused({
      ...{ code: 'REPORT_CHANGED', message, field: ['input', 'report'] },
      remedy: 'read the report as it is now, and sign that one',
    });
  }
  const meaning = signature.meaning.trim();
  if (meaning === '' || meaning.length > MEANING_LENGTH_MAX_CHARS) {
    return refused({
      ...{ code: 'MEANING_MISSING', field: ['input', 'meaning'] },
      message: `a signature says what it means, in 1 to ${MEANING_LENGTH_MAX_CHARS} characters`,
      remedy: 'say what was looked at and what is accepted',
    });
  }
  const { testing } = facts;
  const untested = decision === 'accepted' && testing !== undefined ? untestedBy(role, testing) : [];
  if (untested.length > 0) return refused(...untested);
  return granted({ role, decision, meaning, report, signedBy: signer.id, signedAt: at.toISOString() });
}

function untestedBy(role: AcceptanceRole, testing: Testing): readonly Refusal[] {
  const { testersMin, unwalked, shiftHours, hoursWalked } = testing;
  const steps = `these steps of the script of ${role}: ${unwalked.join(', ')}`;
  const notWalked: Refusal = {
    code: 'SCRIPT_NOT_WALKED',
    message: `fewer than ${testersMin} people have walked ${steps}`,
    remedy: 'have them walked at the target, with what was seen recorded; then sign',
  };
  const hours = `in ${hoursWalked} different hours of a day, and a shift has ${shiftHours}`;
  const notForAShift: Refusal = {
    code: 'SHIFT_NOT_WALKED',
    message: `the script of ${role} was walked ${hours}`,
    remedy: 'have its steps walked through a whole shift, while the target is used; then sign',
  };
  return [...(unwalked.length > 0 ? [notWalked] : []), ...(hoursWalked < shiftHours ? [notForAShift] : [])];
}

/** Where every role stands on a dataset; roles that do not sign for it are left out. */
export function roleStatuses(facts: AcceptanceFacts, dataset?: string): readonly RoleStatus[] {
  return ACCEPTANCE_ROLES.filter((role) => {
    const { datasets } = facts.rules[role];
    return dataset === undefined || datasets.length === 0 || datasets.includes(dataset);
  }).map((role) => statusOf(facts, role));
}

function statusOf({ rules, report, signOffs }: AcceptanceFacts, role: AcceptanceRole): RoleStatus {
  const signed = signOffs.find((each) => each.role === role);
  if (signed === undefined) {
    const state = rules[role].signOff === 'required' ? 'awaited' : 'not-asked';
    return { role, state, signedBy: null, signedAt: null };
  }
  const { decision, signedBy, signedAt } = signed;
  return { role, state: signed.report === report ? decision : 'outdated', signedBy, signedAt };
}
