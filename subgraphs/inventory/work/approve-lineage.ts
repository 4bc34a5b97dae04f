/** Proposing and approving the lineage map of a dataset: two people, one digest. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import {
  approveLineage as decide,
  type LineageApproval,
  proposeLineage as propose,
} from '../domain/lineage-approval.ts';
import { approvalOf, lockMigration } from '../store/migration-rows.ts';
import { Dataset, type LineageApproval as ApprovalRow } from '../store/tables.ts';
import { entryOf, refusalEntry } from './announce.ts';
import type { InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';

export interface LineageWish {
  readonly datasetId: Id;
  readonly actor: Actor;
}

/** Refuses with DATASET_UNKNOWN and as the rule of the domain does. */
export function proposeLineage(context: InventoryContext, wish: LineageWish): Promise<Outcome<Id>> {
  return change(context, wish, 'lineage-proposed', (approval) => propose(approval, wish.actor.id));
}

/** `lineage` is the digest of the map that was looked at; null for pass-through. */
export function approveLineage(
  context: InventoryContext,
  wish: LineageWish & { readonly lineage: Sha256 | null },
): Promise<Outcome<Id>> {
  return change(context, wish, 'lineage-approved', (approval) =>
    decide(approval, wish.lineage, wish.actor, context.clock.now()),
  );
}

function change(
  context: InventoryContext,
  { datasetId, actor }: LineageWish,
  action: string,
  rule: (approval: LineageApproval) => Outcome<LineageApproval>,
): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const dataset = await unit.em.findOne(Dataset, { id: datasetId });
    const migration = dataset && (await lockMigration(unit.em, dataset.migrationId));
    const row = dataset && (await approvalOf(unit.em, dataset));
    const act = { action, subject: datasetId, actor };
    const decision = row ? rule(factsOf(row)) : unknownDataset();
    if (!migration || !row || !decision.ok) {
      const refusal = decision.ok ? unknownDataset() : decision;
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    const { state, proposedBy, approvedBy, approvedAt } = decision.value;
    Object.assign(row, { state, proposedBy, approvedBy, approvedAt: approvedAt?.toISOString() ?? null });
    factsChanged(unit, migration);
    const digests = row.lineage === null ? undefined : { lineage: row.lineage };
    unit.audit(entryOf(context, { ...act, digests }));
    return granted(datasetId);
  });
}

function factsOf({ datasetId, lineage, state, proposedBy, approvedBy, approvedAt }: ApprovalRow): LineageApproval {
  const at = approvedAt === null ? null : new Date(approvedAt);
  return { datasetId, lineage, state, proposedBy, approvedBy, approvedAt: at };
}

export function unknownDataset(): ReturnType<typeof refused> {
  return refused({
    code: 'DATASET_UNKNOWN',
    message: 'there is no such dataset',
    field: ['datasetId'],
    remedy: 'look its id up in the datasets of the migration',
  });
}
