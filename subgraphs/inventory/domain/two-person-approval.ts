/** A document, known by its digest, that one person proposes and another approves, where the policy asks for that. */
import type { Actor } from '../../../kernel/actor.ts';
import { type ApprovalRequest, decideApproval } from '../../../kernel/approval.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';

export const APPROVAL_STATES = ['draft', 'proposed', 'approved', 'not-required'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

export interface TwoPersonApproval {
  readonly state: ApprovalState;
  readonly proposedBy: string | null;
  readonly approvedBy: string | null;
  readonly approvedAt: Date | null;
}

/** What the document is called, for example `the lineage map of the dataset`, and which setting asks for approval. */
export interface Words {
  readonly document: string;
  readonly setting: string;
}

export function draftApproval(need: 'required' | 'not-required'): TwoPersonApproval {
  const state = need === 'required' ? 'draft' : 'not-required';
  return { state, proposedBy: null, approvedBy: null, approvedAt: null };
}

/** Proposing again takes the place of an earlier proposal; what is approved stays approved. */
export function propose<T extends TwoPersonApproval>(approval: T, proposedBy: string, words: Words): Outcome<T> {
  switch (approval.state) {
    case 'draft':
    case 'proposed':
      return granted({ ...approval, state: 'proposed', proposedBy });
    case 'approved':
      return granted(approval);
    case 'not-required':
      return notAskedFor(words);
    default:
      return approval.state satisfies never;
  }
}

/** Refuses with APPROVAL_NOT_REQUIRED, NOT_PROPOSED and as decideApproval does. */
export function approve<T extends TwoPersonApproval>(
  approval: T,
  request: (proposedBy: string) => ApprovalRequest,
  by: { readonly approver: Actor; readonly at: Date },
  words: Words,
): Outcome<T> {
  if (approval.state === 'not-required') return notAskedFor(words);
  if (approval.state === 'approved') return granted(approval);
  if (approval.proposedBy === null) {
    return refused({
      code: 'NOT_PROPOSED',
      message: `nobody has proposed ${words.document}`,
      remedy: 'let an operator propose it first',
    });
  }
  const decision = decideApproval(request(approval.proposedBy), by.approver, by.at);
  if (!decision.ok) return decision;
  return granted({ ...approval, state: 'approved', approvedBy: decision.value.approvedBy, approvedAt: by.at });
}

function notAskedFor({ document, setting }: Words): Outcome<never> {
  return refused({
    code: 'APPROVAL_NOT_REQUIRED',
    message: `the policy does not ask for approval of ${document}: declaring the migration was enough`,
    remedy: `declare it with a policy that has approval.${setting}: required`,
  });
}
