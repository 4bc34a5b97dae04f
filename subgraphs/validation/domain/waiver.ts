/** A waiver: an accepted risk with an end. Asked for by one person, approved by another; it expires by itself. */
import type { Actor } from '../../../kernel/actor.ts';
import { type Approval, type ApprovalRequest, decideApproval, requestDigest } from '../../../kernel/approval.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { isClosed, type ReconciliationException, stateAt } from './exception.ts';

export interface WaiverRequest {
  readonly exceptionId: Id;
  readonly reason: string;
  readonly expiresAt: Date;
  readonly proposedBy: string;
}

const REASON_LENGTH_MAX_CHARS = 2000;
const WAIVER_DAYS_MAX = 366;
const DAY_MS = 86_400_000;

export function proposeWaiver(
  exception: ReconciliationException,
  asked: { readonly reason: string; readonly expiresAt: Date },
  proposer: Actor,
  now: Date,
): Outcome<WaiverRequest> {
  if (stateAt(exception, now) === 'closed') return refused(isClosed(exception));
  const reason = asked.reason.trim();
  if (reason === '' || reason.length > REASON_LENGTH_MAX_CHARS) {
    const message = `a waiver needs a reason of 1 to ${REASON_LENGTH_MAX_CHARS} characters`;
    return refused({
      code: 'REASON_MISSING',
      message,
      field: ['input', 'reason'],
      remedy: 'say why the risk is accepted',
    });
  }
  const days = (asked.expiresAt.getTime() - now.getTime()) / DAY_MS;
  if (!(days > 0 && days <= WAIVER_DAYS_MAX)) {
    const message = 'a waiver ends in the future, and within a year';
    const remedy = `give an instant within ${WAIVER_DAYS_MAX} days from now`;
    return refused({ code: 'EXPIRY_INVALID', message, field: ['input', 'expiresAt'], remedy });
  }
  return granted({ exceptionId: exception.id, reason, expiresAt: asked.expiresAt, proposedBy: proposer.id });
}

export function approvalRequestOf(waiver: WaiverRequest): ApprovalRequest {
  return {
    subject: waiver.exceptionId,
    act: 'waive-exception',
    details: { reason: waiver.reason, expiresAt: waiver.expiresAt.toISOString() },
    proposedBy: waiver.proposedBy,
  };
}

/** What an approver sees and approves; another reason or end has another digest. */
export function waiverDigest(waiver: WaiverRequest): Sha256 {
  return requestDigest(approvalRequestOf(waiver));
}

export interface WaivedException {
  readonly exception: ReconciliationException;
  readonly approval: Approval;
}

/** Refuses the proposer himself, somebody who is no approver, and a waiver that would have run out already. */
export function approveWaiver(
  exception: ReconciliationException,
  waiver: WaiverRequest,
  approver: Actor,
  now: Date,
): Outcome<WaivedException> {
  if (stateAt(exception, now) === 'closed') return refused(isClosed(exception));
  if (waiver.expiresAt.getTime() <= now.getTime()) {
    const remedy = 'ask for a new waiver with a later end';
    return refused({ code: 'WAIVER_EXPIRED', message: 'the waiver asked for has already run out', remedy });
  }
  const decided = decideApproval(approvalRequestOf(waiver), approver, now);
  if (!decided.ok) return decided;
  const closed = { state: 'closed', closedBy: 'waiver', closedAt: now, waivedUntil: waiver.expiresAt } as const;
  return granted({ exception: { ...exception, ...closed }, approval: decided.value });
}
