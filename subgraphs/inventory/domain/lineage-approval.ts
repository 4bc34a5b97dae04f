/** Whether a lineage map may move data: proposed by one person, approved by another, or not asked for by the policy. */
import type { Actor } from '../../../kernel/actor.ts';
import { type ApprovalRequest, decideApproval } from '../../../kernel/approval.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Policy } from './policy.ts';

export const LINEAGE_STATES = ['draft', 'proposed', 'approved', 'not-required'] as const;
export type LineageState = (typeof LINEAGE_STATES)[number];

/** About one map of one dataset: another map, which has another digest, starts again as a draft. */
export interface LineageApproval {
  readonly datasetId: Id;
  /** Null for pass-through, which changes nothing and is approved in the same way. */
  readonly lineage: Sha256 | null;
  readonly state: LineageState;
  readonly proposedBy: string | null;
  readonly approvedBy: string | null;
  readonly approvedAt: Date | null;
}

export function draftLineage(datasetId: Id, lineage: Sha256 | null, policy: Policy): LineageApproval {
  const state = policy.approval.lineage === 'required' ? 'draft' : 'not-required';
  return { datasetId, lineage, state, proposedBy: null, approvedBy: null, approvedAt: null };
}

/** Proposing again takes the place of an earlier proposal; what is approved stays approved. */
export function proposeLineage(approval: LineageApproval, proposedBy: string): Outcome<LineageApproval> {
  switch (approval.state) {
    case 'draft':
    case 'proposed':
      return granted({ ...approval, state: 'proposed', proposedBy });
    case 'approved':
      return granted(approval);
    case 'not-required':
      return notAskedFor();
    default:
      return approval.state satisfies never;
  }
}

export function lineageRequest(approval: LineageApproval, proposedBy: string): ApprovalRequest {
  const { datasetId, lineage } = approval;
  return { subject: datasetId, act: 'the lineage map', details: { lineage }, proposedBy };
}

/** `lineage` is the digest the approver looked at: approving a map that has changed since is refused. */
export function approveLineage(
  approval: LineageApproval,
  lineage: Sha256 | null,
  approver: Actor,
  at: Date,
): Outcome<LineageApproval> {
  if (lineage !== approval.lineage) {
    return refused({
      code: 'LINEAGE_CHANGED',
      message: 'the lineage map of the dataset is not the one that was looked at',
      field: ['lineage'],
      remedy: 'read the map as it is now, and approve that one',
    });
  }
  if (approval.state === 'not-required') return notAskedFor();
  if (approval.state === 'approved') return granted(approval);
  if (approval.proposedBy === null) {
    return refused({
      code: 'NOT_PROPOSED',
      message: 'nobody has proposed the lineage map of the dataset',
      remedy: 'let an operator propose it first',
    });
  }
  const decision = decideApproval(lineageRequest(approval, approval.proposedBy), approver, at);
  if (!decision.ok) return decision;
  return granted({ ...approval, state: 'approved', approvedBy: decision.value.approvedBy, approvedAt: at });
}

function notAskedFor(): Outcome<never> {
  return refused({
    code: 'APPROVAL_NOT_REQUIRED',
    message: 'the policy does not ask for approval of lineage maps: declaring the migration was enough',
    remedy: 'declare it with a policy that has approval.lineage: required',
  });
}
