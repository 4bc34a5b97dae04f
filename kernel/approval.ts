/** Four-eyes before an act: the maker of a request is never its checker. */
import { hasRole, type Actor } from './actor.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { sha256, type Sha256 } from './digest.ts';
import { granted, refused, type Outcome } from './refusal.ts';

/** What is asked for. Its digest covers every word of it: a changed request is another request. */
export interface ApprovalRequest {
  readonly subject: string;
  readonly act: string;
  readonly details: Json;
  readonly proposedBy: string;
}

export interface Approval {
  readonly request: Sha256;
  readonly approvedBy: string;
  /** RFC 3339, UTC. */
  readonly approvedAt: string;
}

export function requestDigest(request: ApprovalRequest): Sha256 {
  return sha256(canonicalJson({ ...request }));
}

/** Refuses with ROLE_REQUIRED or MAKER_IS_CHECKER. */
export function decideApproval(request: ApprovalRequest, approver: Actor, approvedAt: Date): Outcome<Approval> {
  if (!hasRole(approver, 'approver')) {
    return refused({
      code: 'ROLE_REQUIRED',
      message: `${request.act} of ${request.subject} needs an approver`,
      remedy: 'ask somebody who holds the role approver',
    });
  }
  if (approver.id === request.proposedBy) {
    return refused({
      code: 'MAKER_IS_CHECKER',
      message: `${request.act} of ${request.subject} was proposed by the same person`,
      remedy: 'ask another approver; nobody approves his own request',
    });
  }
  return granted({ request: requestDigest(request), approvedBy: approver.id, approvedAt: approvedAt.toISOString() });
}
