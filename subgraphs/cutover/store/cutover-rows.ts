/** Finding cutovers and what they are judged by. */
import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { type Acceptance, type CutoverFacts, SEVERITIES, type Severity } from '../domain/gate.ts';
import { AcceptanceCopy, BatchCopy, Cutover, DatasetCopy, Decision, ExceptionCopy, Gate, Vote } from './tables.ts';

/** The row, held until the commit. */
export function lockCutover(em: SqlEntityManager, migrationId: Id): Promise<Cutover | null> {
  return em.findOne(Cutover, { migrationId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

export function findCutover(
  em: SqlEntityManager,
  by: { readonly id: Id } | { readonly migrationId: Id },
): Promise<Cutover | null> {
  return em.findOne(Cutover, by);
}

/** The cutover of the migration that the batch belongs to. */
export async function findCutoverOfBatch(em: SqlEntityManager, batchId: Id): Promise<Cutover | null> {
  const batch = await em.findOne(BatchCopy, { id: batchId });
  return batch && findCutover(em, { migrationId: batch.migrationId });
}

/** In the order in which a migration passes them. */
export function gatesOf(em: SqlEntityManager, cutoverId: Id): Promise<Gate[]> {
  return em.find(Gate, { cutoverId }, { orderBy: { position: 'asc' } });
}

/** The newest first. */
export function decisionsOf(em: SqlEntityManager, cutoverId: Id, limit: number): Promise<Decision[]> {
  return em.find(Decision, { cutoverId }, { orderBy: { position: 'desc' }, limit });
}

export function votesOn(em: SqlEntityManager, decisionId: Id): Promise<Vote[]> {
  return em.find(Vote, { decisionId }, { orderBy: { votedAt: 'asc', voter: 'asc' } });
}

export async function cutoverFacts(em: SqlEntityManager, cutover: Cutover): Promise<CutoverFacts> {
  const { migrationId, datasets, isSurveyed, isReconciled, evidencePack, isEvidenceOutdated, unowned, overdue } =
    cutover;
  const surveyed = await em.find(DatasetCopy, { migrationId });
  const tiers = new Map(surveyed.map(({ id, tier }) => [id, tier]));
  const batches = await em.find(BatchCopy, { migrationId });
  return {
    datasets: { planned: datasets, surveyed: surveyed.filter((each) => each.isSurveyed).length },
    isSurveyed,
    batches: batches.map(({ datasetId, isPaused, isMoved, dispositions, records }) => ({
      // Judged as strictly as can be when the tier is not known.
      tier: tiers.get(datasetId) ?? 'active-clinical',
      isPaused,
      isMoved,
      dispositions,
      records,
    })),
    isReconciled,
    openExceptions: await openExceptions(em, migrationId),
    openDigestMismatches: await em.count(ExceptionCopy, { migrationId, isOpen: true, category: 'digest-mismatch' }),
    neglected: { unowned, overdue },
    acceptances: await acceptancesOf(em, cutover),
    evidence: evidencePack === null ? 'none' : isEvidenceOutdated ? 'outdated' : 'sealed',
  };
}

async function acceptancesOf(em: SqlEntityManager, { migrationId, report }: Cutover): Promise<Acceptance[]> {
  const rows = await em.find(AcceptanceCopy, { migrationId }, { orderBy: { role: 'asc' } });
  return rows.map(({ role, decision, report: signed }) => ({ role, state: signed === report ? decision : 'outdated' }));
}

async function openExceptions(em: SqlEntityManager, migrationId: Id): Promise<Record<Severity, number>> {
  const counts: Record<Severity, number> = { P1: 0, P2: 0, P3: 0, P4: 0 };
  for (const severity of SEVERITIES) {
    counts[severity] = await em.count(ExceptionCopy, { migrationId, isOpen: true, severity });
  }
  return counts;
}
