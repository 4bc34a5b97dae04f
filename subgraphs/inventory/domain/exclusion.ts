/** Items that stay behind on purpose: a pattern, a reason, and who approved it. */
import type { Actor } from '../../../kernel/actor.ts';
import { type ApprovalRequest, decideApproval } from '../../../kernel/approval.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { compileGlob } from './glob.ts';
import type { Policy } from './policy.ts';

export interface Exclusion {
  readonly id: Id;
  readonly datasetId: Id;
  readonly glob: string;
  readonly reason: string;
  readonly recordedBy: string;
  readonly approvedBy: string | null;
}

const REASON_LENGTH_MAX_CHARS = 1000;

export function exclusionIdOf(datasetId: Id, glob: string, reason: string): Id {
  return derivedId('exc', datasetId, glob, reason);
}

/** An exclusion without the approval its policy asks for does not exclude anything yet. */
export function isEffective(exclusion: Pick<Exclusion, 'approvedBy'>, policy: Policy): boolean {
  return policy.approval.exclusion === 'not-required' || exclusion.approvedBy !== null;
}

export function decideExclusion(
  datasetId: Id,
  wish: { readonly glob: string; readonly reason: string },
  recordedBy: string,
): Outcome<Exclusion> {
  const glob = compileGlob(wish.glob);
  if (!glob.ok) return refused(...glob.refusals.map((each) => ({ ...each, field: ['glob'] })));
  const reason = wish.reason.trim();
  if (reason === '' || reason.length > REASON_LENGTH_MAX_CHARS) {
    return refused({
      code: 'REASON_NEEDED',
      message: `an exclusion needs a reason of 1 to ${REASON_LENGTH_MAX_CHARS} characters`,
      field: ['reason'],
      remedy: 'say why these items stay behind, without naming a patient',
    });
  }
  const id = exclusionIdOf(datasetId, wish.glob, reason);
  return granted({ id, datasetId, glob: wish.glob, reason, recordedBy, approvedBy: null });
}

export function exclusionRequest(exclusion: Exclusion): ApprovalRequest {
  const { id, datasetId, glob, reason, recordedBy } = exclusion;
  return { subject: id, act: 'the exclusion', details: { datasetId, glob, reason }, proposedBy: recordedBy };
}

export function decideExclusionApproval(exclusion: Exclusion, approver: Actor, at: Date): Outcome<Exclusion> {
  if (exclusion.approvedBy !== null) return granted(exclusion);
  const approval = decideApproval(exclusionRequest(exclusion), approver, at);
  return approval.ok ? granted({ ...exclusion, approvedBy: approval.value.approvedBy }) : approval;
}
