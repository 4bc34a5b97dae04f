/** Deciding a cutover: proposed by one person, recorded by another, bound to the gates both of them saw. */
import type { Actor } from '../../../kernel/actor.ts';
import { type ApprovalRequest, decideApproval } from '../../../kernel/approval.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { Verdict } from './verdict.ts';

export const DECISIONS = ['go', 'hold', 'no-go', 'roll-back'] as const;
export type DecisionKind = (typeof DECISIONS)[number];

/** `evidence` is the digest of the gates as they were seen. */
export interface Wish {
  readonly cutoverId: Id;
  readonly decision: DecisionKind;
  readonly reason: string;
  readonly evidence: Sha256;
}

/** The last proposal of that decision, while nobody has recorded it. */
export interface Proposal {
  readonly decision: DecisionKind;
  readonly evidence: Sha256;
  readonly proposedBy: string;
}

const REASON_LENGTH_MAX_CHARS = 2000;

/** Refuses with REASON_NEEDED, and with GATES_NOT_PASSED a go that the gates do not carry. */
export function checkWish(
  { decision, reason }: Pick<Wish, 'decision' | 'reason'>,
  verdict: Verdict,
): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (reason.trim() === '' || reason.length > REASON_LENGTH_MAX_CHARS) {
    refusals.push({
      code: 'REASON_NEEDED',
      message: `a decision needs a reason of 1 to ${REASON_LENGTH_MAX_CHARS} characters`,
      field: ['reason'],
      remedy: 'say why, without naming a patient',
    });
  }
  if (decision === 'go' && verdict !== 'go') {
    refusals.push({
      code: 'GATES_NOT_PASSED',
      message: `the gates say ${verdict}, and nobody can decide go against them`,
      field: ['decision'],
      remedy: 'bring every gate to passed, or decide hold, no-go or roll-back',
    });
  }
  return refusals;
}

/** Stopping is always safe: a hold needs no second person. */
export function needsProposal(decision: DecisionKind, approval: 'required' | 'not-required'): boolean {
  return approval === 'required' && decision !== 'hold';
}

export function decisionRequest(wish: Omit<Wish, 'reason'>, proposedBy: string): ApprovalRequest {
  const { cutoverId, decision, evidence } = wish;
  return { subject: cutoverId, act: `the decision ${decision}`, details: { decision, evidence }, proposedBy };
}

/** Refuses with NOT_PROPOSED, EVIDENCE_CHANGED, and as decideApproval does. */
export function decideDecision(
  wish: Wish,
  proposal: Proposal | undefined,
  approval: 'required' | 'not-required',
  approver: Actor,
  at: Date,
): Outcome<'recorded'> {
  if (!needsProposal(wish.decision, approval)) return granted('recorded');
  if (proposal === undefined || proposal.decision !== wish.decision) {
    return refused({
      code: 'NOT_PROPOSED',
      message: `nobody has proposed the decision ${wish.decision}`,
      remedy: 'let somebody propose it, and somebody else record it',
    });
  }
  if (proposal.evidence !== wish.evidence) {
    return refused({
      code: 'EVIDENCE_CHANGED',
      message: 'the gates have changed since the decision was proposed',
      remedy: 'look at the gates as they are now, and propose again',
    });
  }
  const decided = decideApproval(decisionRequest(wish, proposal.proposedBy), approver, at);
  return decided.ok ? granted('recorded') : decided;
}
