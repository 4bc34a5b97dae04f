/** Other caps than those of the policy, while a migration runs: a document of its own, decided by two people. */
import type { Actor } from '../../../kernel/actor.ts';
import type { ApprovalRequest } from '../../../kernel/approval.ts';
import type { BandwidthRules } from '../../../kernel/bandwidth.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Policy } from './policy.ts';
import { approve, draftApproval, propose, type TwoPersonApproval, type Words } from './two-person-approval.ts';

/** What is sealed. The number tells it from the same caps asked for at another time. */
export interface BandwidthDocument {
  readonly migrationId: Id;
  /** From 1, for each migration. */
  readonly number: number;
  /** Null: those of the policy again. */
  readonly bandwidth: BandwidthRules | null;
  /** Never patient data. */
  readonly reason: string;
}

export interface BandwidthChange extends TwoPersonApproval {
  readonly migrationId: Id;
  /** The sealed document. */
  readonly document: Sha256;
}

export const REASON_LENGTH_MAX_CHARS = 500;
const WORDS: Words = { document: 'other bandwidth for the migration', setting: 'bandwidth' };

export function checkReason(reason: string): Outcome<string> {
  const words = reason.trim();
  if (words !== '' && words.length <= REASON_LENGTH_MAX_CHARS) return granted(words);
  return refused({
    code: 'REASON_INVALID',
    message: `a change of bandwidth has a reason of 1 to ${REASON_LENGTH_MAX_CHARS} characters`,
    field: ['reason'],
    remedy: 'say why, without naming a patient',
  });
}

/** In force at once where the policy asks for no second person. */
export function proposeChange(
  asked: { readonly migrationId: Id; readonly document: Sha256 },
  policy: Policy,
  proposedBy: string,
): Outcome<BandwidthChange> {
  const change = { ...asked, ...draftApproval(policy.approval.bandwidth) };
  return change.state === 'not-required' ? granted({ ...change, proposedBy }) : propose(change, proposedBy, WORDS);
}

/** `document` is the digest the approver looked at: approving one that was replaced since is refused. */
export function approveChange(
  change: BandwidthChange,
  document: Sha256,
  approver: Actor,
  at: Date,
): Outcome<BandwidthChange> {
  if (document !== change.document) return notThatOne();
  const request = (proposedBy: string): ApprovalRequest => ({
    subject: change.migrationId,
    act: 'other bandwidth',
    details: { document },
    proposedBy,
  });
  return approve(change, request, { approver, at }, WORDS);
}

function notThatOne(): Outcome<never> {
  return refused({
    code: 'BANDWIDTH_CHANGED',
    message: 'the bandwidth that is proposed is not the one that was looked at',
    field: ['document'],
    remedy: 'read what is proposed now, and approve that',
  });
}
