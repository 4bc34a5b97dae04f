/** Whether a policy may rule a migration: proposed by one person, approved by another, where the policy itself asks. */
import type { Actor } from '../../../kernel/actor.ts';
import type { ApprovalRequest } from '../../../kernel/approval.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Policy } from './policy.ts';
import { approve, draftApproval, propose, type TwoPersonApproval, type Words } from './two-person-approval.ts';

/** About one sealed policy of one migration: another policy, which has another digest, starts again as a draft. */
export interface PolicyApproval extends TwoPersonApproval {
  readonly migrationId: Id;
  readonly policy: Sha256;
}

const WORDS: Words = { document: 'the policy of the migration', setting: 'policy' };

/**
 * A policy with a risk model, a risk left out or an accepted one always needs the second person: without that nothing
 * is ever only sampled or left out, and no older algorithm spoken.
 */
export function draftPolicy(migrationId: Id, digest: Sha256, policy: Policy): PolicyApproval {
  const { riskModel, leftOut } = policy.sampling;
  const takesRisks = riskModel !== null || leftOut.length > 0 || policy.acceptedRisks.length > 0;
  const need = takesRisks ? 'required' : policy.approval.policy;
  return { migrationId, policy: digest, ...draftApproval(need) };
}

export function proposePolicy(approval: PolicyApproval, proposedBy: string): Outcome<PolicyApproval> {
  return propose(approval, proposedBy, WORDS);
}

/** `policy` is the digest the approver looked at: approving one that has changed since is refused. */
export function approvePolicy(
  approval: PolicyApproval,
  policy: Sha256,
  approver: Actor,
  at: Date,
): Outcome<PolicyApproval> {
  if (policy !== approval.policy) {
    return refused({
      code: 'POLICY_CHANGED',
      message: 'the policy of the migration is not the one that was looked at',
      field: ['policy'],
      remedy: 'read the policy as it is now, and approve that one',
    });
  }
  const { migrationId } = approval;
  const request = (proposedBy: string): ApprovalRequest => ({
    subject: migrationId,
    act: 'the policy',
    details: { policy },
    proposedBy,
  });
  return approve(approval, request, { approver, at }, WORDS);
}
