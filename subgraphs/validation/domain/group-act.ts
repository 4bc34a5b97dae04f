/** Doing the same about every open exception of one cause. Nothing is closed unseen: each member is looked at. */
import { granted, type Outcome, refused } from '../../../kernel/refusal.ts';

export type GroupWish =
  | { readonly kind: 'recheck' }
  | { readonly kind: 'assign'; readonly owner: string }
  /** `expiresAt`: RFC 3339, UTC. Another person approves each of them. */
  | { readonly kind: 'propose-waiver'; readonly reason: string; readonly expiresAt: string };

/** Refuses what has no member, and an owner without a name. */
export function askOfGroup(cause: { readonly open: number }, wish: GroupWish): Outcome<GroupWish> {
  if (wish.kind === 'assign' && wish.owner.trim() === '') {
    const remedy = 'name an owner';
    return refused({ code: 'OWNER_MISSING', message: 'nobody is named', field: ['input', 'owner'], remedy });
  }
  if (cause.open > 0) return granted(wish);
  const message = 'no exception of this cause is open';
  return refused({ code: 'NOTHING_OPEN', message, field: ['input', 'causeId'], remedy: 'there is nothing left to do' });
}
