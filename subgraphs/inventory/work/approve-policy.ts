/** Proposing and approving the policy of a migration: two people, one digest. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, type Outcome } from '../../../kernel/refusal.ts';
import { approvePolicy as decide, type PolicyApproval, proposePolicy as propose } from '../domain/policy-approval.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { policyApprovalOf } from '../store/programme-rows.ts';
import { entryOf, eventOf, refusalEntry } from './announce.ts';
import type { InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';
import { unknownMigration } from './survey-migration.ts';

export interface PolicyWish {
  readonly migrationId: Id;
  readonly actor: Actor;
}

/** Refuses with MIGRATION_UNKNOWN and as the rule of the domain does. */
export function proposePolicy(context: InventoryContext, wish: PolicyWish): Promise<Outcome<Id>> {
  return change(context, wish, 'policy-proposed', (approval) => propose(approval, wish.actor.id));
}

/** `policy` is the digest of the policy that was looked at. */
export function approvePolicy(
  context: InventoryContext,
  wish: PolicyWish & { readonly policy: Sha256 },
): Promise<Outcome<Id>> {
  return change(context, wish, 'policy-approved', (approval) =>
    decide(approval, wish.policy, wish.actor, context.clock.now()),
  );
}

function change(
  context: InventoryContext,
  { migrationId, actor }: PolicyWish,
  action: string,
  rule: (approval: PolicyApproval) => Outcome<PolicyApproval>,
): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const migration = await lockMigration(unit.em, migrationId);
    const row = migration && (await policyApprovalOf(unit.em, migration));
    const act = { action, subject: migrationId, actor };
    if (migration === null || row === null) {
      const refusal = unknownMigration();
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    const { approvedAt: at, ...rest } = row;
    const decision = rule({ ...rest, approvedAt: at === null ? null : new Date(at) });
    if (!decision.ok) {
      unit.audit(refusalEntry(context, act, decision.refusals));
      return decision;
    }
    const isNew = decision.value.state === 'approved' && row.state !== 'approved';
    const { state, proposedBy, approvedBy } = decision.value;
    const approvedAt = decision.value.approvedAt?.toISOString() ?? null;
    Object.assign(row, { state, proposedBy, approvedBy, approvedAt });
    factsChanged(unit, migration);
    if (isNew) {
      const payload = { migrationId, policy: row.policy, proposedBy, approvedBy, approvedAt };
      const fact = { type: 'inventory.policy-approved.v1', subject: migrationId, occurrence: row.policy } as const;
      unit.emit(eventOf(context, { ...fact, actor, payload }));
    }
    unit.audit(entryOf(context, { ...act, digests: { policy: row.policy } }));
    return granted(migrationId);
  });
}
