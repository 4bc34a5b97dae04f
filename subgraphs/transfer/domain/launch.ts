/** Whether a batch may be launched: readiness, four-eyes, and that what was approved is what would be launched. */
import type { Actor } from '../../../kernel/actor.ts';
import { type Approval, type ApprovalRequest, decideApproval, requestDigest } from '../../../kernel/approval.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import { advance, type BatchAct, type BatchState } from './batch.ts';
import { readinessRefusals, type Standing } from './readiness.ts';
import { endpointDigest, type Ends, type TransferPolicy } from './plan.ts';

/** Everything that decides what would move, and where to. */
export interface LaunchFacts {
  readonly batchId: string;
  readonly survey: Sha256;
  readonly lineage: Sha256 | null;
  readonly policy: Sha256;
  readonly ends: Ends;
  readonly items: number;
  readonly bytes: number;
}

export interface LaunchableBatch {
  readonly id: string;
  readonly state: BatchState;
}

/** What an approver is asked: change any of it, and it is another request. */
export function launchRequest(facts: LaunchFacts, proposedBy: string): ApprovalRequest {
  const { batchId, survey, lineage, policy, ends, items, bytes } = facts;
  const details = {
    survey,
    lineage,
    policy,
    source: endpointDigest(ends.source),
    target: endpointDigest(ends.target),
    items,
    bytes,
  };
  return { subject: batchId, act: 'launch', details, proposedBy };
}

/** Refuses with BATCH_STATE, NOT_PROPOSED, REQUEST_CHANGED, ROLE_REQUIRED or MAKER_IS_CHECKER. */
export function decideLaunchApproval(
  batch: LaunchableBatch,
  proposed: { readonly digest: Sha256; readonly proposedBy: string } | undefined,
  facts: LaunchFacts,
  approver: Actor,
  at: Date,
): Outcome<{ readonly state: BatchState; readonly approval: Approval }> {
  const next = advance(batch, 'approve');
  if (!next.ok) return next;
  if (proposed === undefined) return refused(notProposed(batch));
  const request = launchRequest(facts, proposed.proposedBy);
  if (requestDigest(request) !== proposed.digest) return refused(changed(batch));
  const decided = decideApproval(request, approver, at);
  return decided.ok ? granted({ state: next.value, approval: decided.value }) : decided;
}

export interface LaunchGrounds {
  /** Whether the migration is ready for the batch as it would be launched now. */
  readonly standing: Standing;
  readonly policy: TransferPolicy;
  /** It moves by a map that was not declared, which asks for the approval of maps as well as that of launches. */
  readonly isCorrected: boolean;
  /** Of the request that would be made now. */
  readonly facts: LaunchFacts;
  readonly approved: { readonly digest: Sha256; readonly proposedBy: string } | undefined;
}

/** Refuses with BATCH_STATE, REQUEST_CHANGED and as readinessRefusals says. */
export function decideLaunch(batch: LaunchableBatch, grounds: LaunchGrounds): Outcome<BatchState> {
  const { launchApproval, lineageApproval } = grounds.policy;
  const isApprovalNeeded = launchApproval === 'required' || (grounds.isCorrected && lineageApproval === 'required');
  const act: BatchAct = isApprovalNeeded ? 'launch' : 'launch-without-approval';
  const next = advance(batch, act);
  const refusals: Refusal[] = [...(next.ok ? [] : next.refusals), ...readinessRefusals(grounds.standing)];
  if (next.ok && isApprovalNeeded) {
    const { approved, facts } = grounds;
    if (approved === undefined) refusals.push(notProposed(batch));
    else if (requestDigest(launchRequest(facts, approved.proposedBy)) !== approved.digest)
      refusals.push(changed(batch));
  }
  return next.ok && refusals.length === 0 ? next : refused(...refusals);
}

function notProposed(batch: LaunchableBatch): Refusal {
  return {
    code: 'NOT_PROPOSED',
    message: `nobody proposed to launch batch ${batch.id}`,
    remedy: 'propose the launch, then have somebody else approve it',
  };
}

function changed(batch: LaunchableBatch): Refusal {
  return {
    code: 'REQUEST_CHANGED',
    message: `what batch ${batch.id} would move is not what was proposed`,
    remedy: 'propose the launch again and have the new request approved',
  };
}
