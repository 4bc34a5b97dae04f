/** Approvals of policies, legal holds and confirmations, as rows. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { holdIdOf, isInForce } from '../domain/hold.ts';
import { draftPolicy } from '../domain/policy-approval.ts';
import type { PlannedDataset } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { Confirmation, Hold, PolicyApproval } from './programme-tables.ts';
import type { Dataset, Migration } from './tables.ts';

/** The approval of the policy the migration has now. */
export function policyApprovalOf(em: SqlEntityManager, { id, policy }: Migration): Promise<PolicyApproval | null> {
  return em.findOne(PolicyApproval, { migrationId: id, policy });
}

/**
 * What was settled of the same policy before stays settled. Once a policy of the migration asked for approval, every
 * later one needs it too: nobody gets rid of the second person by declaring again.
 */
export async function savePolicyApproval(
  em: SqlEntityManager,
  migrationId: Id,
  digest: string,
  policy: Policy,
): Promise<void> {
  const id = derivedId('pap', migrationId, digest);
  const known = await em.find(PolicyApproval, { migrationId });
  const isAsked = known.some(({ state }) => state !== 'not-required');
  const approval = { ...policy.approval, policy: isAsked ? ('required' as const) : policy.approval.policy };
  const same = known.find((each) => each.id === id);
  if (same !== undefined && (same.state !== 'not-required' || !isAsked)) return;
  await em.upsert(PolicyApproval, {
    id,
    ...draftPolicy(migrationId, digest, { ...policy, approval }),
    approvedAt: null,
  });
}

/** Released ones too, the oldest first. */
export function holdsOf(em: SqlEntityManager, migrationId: Id): Promise<Hold[]> {
  return em.find(Hold, { migrationId }, { orderBy: { placedAt: 'asc', id: 'asc' } });
}

export async function holdsInForce(em: SqlEntityManager, datasetIds: readonly Id[]): Promise<Hold[]> {
  const holds = await em.find(Hold, { datasetId: { $in: [...datasetIds] } }, { orderBy: { id: 'asc' } });
  return holds.filter(isInForce);
}

export interface PlacedHold {
  readonly migrationId: Id;
  readonly dataset: Pick<Dataset, 'id' | 'name' | 'selection'>;
  readonly matter: string;
  readonly items: string | null;
  readonly placedBy: string;
  readonly placedAt: string;
}

/** A hold in force stays as it was placed; a released one is placed again. */
export async function saveHold(em: SqlEntityManager, placed: PlacedHold): Promise<Id> {
  const { migrationId, dataset, matter, items, placedBy, placedAt } = placed;
  const id = holdIdOf({ datasetId: dataset.id, matter, items });
  const known = await em.findOne(Hold, { id });
  if (known !== null && isInForce(known)) return id;
  const { id: datasetId, name, selection } = dataset;
  const inForce = { releaseProposedBy: null, releasedBy: null, releasedAt: null };
  const row = { id, migrationId, datasetId, dataset: name, selection, matter, items, placedBy, placedAt, ...inForce };
  if (known === null) await em.insert(Hold, row);
  else Object.assign(known, row);
  return id;
}

/** The holds that a plan places. */
export async function savePlannedHold(
  em: SqlEntityManager,
  { legalHold, select, name }: PlannedDataset,
  placed: { readonly migrationId: Id; readonly datasetId: Id; readonly placedBy: string; readonly placedAt: string },
): Promise<void> {
  if (legalHold?.held !== true) return;
  const { datasetId, ...rest } = placed;
  const dataset = { id: datasetId, name, selection: select };
  await saveHold(em, { ...rest, dataset, matter: legalHold.matter, items: legalHold.items ?? null });
}

/** Withdrawn ones too, the newest first. */
export function confirmationsOf(em: SqlEntityManager, migrationId: Id): Promise<Confirmation[]> {
  return em.find(
    Confirmation,
    { migrationId },
    { orderBy: { confirmedAt: 'desc', id: 'asc' }, limit: CONFIRMATIONS_MAX },
  );
}

/** Of one migration; the newest count. */
const CONFIRMATIONS_MAX = 1000;
