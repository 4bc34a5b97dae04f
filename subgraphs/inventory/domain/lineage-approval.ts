/** Whether a lineage map may move data: proposed by one person, approved by another, or not asked for by the policy. */
import type { Actor } from '../../../kernel/actor.ts';
import type { ApprovalRequest } from '../../../kernel/approval.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Policy } from './policy.ts';
import { approve, draftApproval, propose, type TwoPersonApproval, type Words } from './two-person-approval.ts';

/** About one map of one dataset: another map, which has another digest, starts again as a draft. */
export interface LineageApproval extends TwoPersonApproval {
  readonly datasetId: Id;
  /** Null for pass-through, which changes nothing and is approved in the same way. */
  readonly lineage: Sha256 | null;
}

const WORDS: Words = { document: 'the lineage map of the dataset', setting: 'lineage' };

export function draftLineage(datasetId: Id, lineage: Sha256 | null, policy: Policy): LineageApproval {
  return { datasetId, lineage, ...draftApproval(policy.approval.lineage) };
}

/** Proposing again takes the place of an earlier proposal; what is approved stays approved. */
export function proposeLineage(approval: LineageApproval, proposedBy: string): Outcome<LineageApproval> {
  return propose(approval, proposedBy, WORDS);
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
  const { datasetId } = approval;
  const request = (proposedBy: string): ApprovalRequest => ({
    subject: datasetId,
    act: 'the lineage map',
    details: { lineage },
    proposedBy,
  });
  return approve(approval, request, { approver, at }, WORDS);
}
