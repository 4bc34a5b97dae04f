/** Batches, and what transfer keeps of the migrations and datasets they belong to. */
import { LockMode, type FilterQuery } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Unit } from '../../../runtime/store.ts';
import type { BatchState } from '../domain/batch.ts';
import type { Documents, Standing } from '../domain/readiness.ts';
import { Batch, Dataset, LaunchRequest, Migration, ReadinessCopy } from './tables.ts';

/** A migration has at most this many datasets, so all its batches fit in memory. */
const BATCHES_MAX = 10_000;

export function findBatch(em: SqlEntityManager, id: string): Promise<Batch | null> {
  return em.findOne(Batch, { id });
}

/** The batch, kept from being changed by anybody else until the unit is committed. */
export async function lockBatch(unit: Unit, id: string): Promise<Batch> {
  const batch = await unit.em.findOne(Batch, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  if (batch === null) throw brokenPromise('there is no such batch', id);
  return batch;
}

/** Riskiest tier first. */
export function batchesOf(em: SqlEntityManager, migrationId: string): Promise<Batch[]> {
  return em.find(Batch, { migrationId }, { orderBy: { tierRank: 'asc', id: 'asc' }, limit: BATCHES_MAX });
}

export interface BatchPlace {
  readonly tierRank: number;
  readonly id: string;
}

export interface BatchFilter {
  readonly migrationId?: string | undefined;
  readonly states?: readonly BatchState[] | undefined;
  readonly datasetIds?: readonly string[] | undefined;
  readonly isRemedy?: boolean | undefined;
}

/** Up to `first` batches after a place, riskiest tier first, and how many there are in all. */
export async function pageOfBatches(
  em: SqlEntityManager,
  filter: BatchFilter,
  first: number,
  after: BatchPlace | undefined,
): Promise<{ readonly batches: Batch[]; readonly total: number }> {
  const { migrationId, states, datasetIds, isRemedy } = filter;
  const chosen: FilterQuery<Batch> = {
    ...(migrationId !== undefined && { migrationId }),
    ...(states && { state: { $in: [...states] } }),
    ...(datasetIds && { datasetId: { $in: [...datasetIds] } }),
    ...(isRemedy !== undefined && { remedyOf: isRemedy ? { $ne: null } : null }),
  };
  const beyond: FilterQuery<Batch> = after
    ? { $or: [{ tierRank: { $gt: after.tierRank } }, { tierRank: after.tierRank, id: { $gt: after.id } }] }
    : {};
  const [batches, total] = await Promise.all([
    em.find(Batch, { $and: [chosen, beyond] }, { orderBy: { tierRank: 'asc', id: 'asc' }, limit: first }),
    em.count(Batch, chosen),
  ]);
  return { batches, total };
}

export async function migrationOf(em: SqlEntityManager, batch: Batch): Promise<Migration> {
  const migration = await em.findOne(Migration, { id: batch.migrationId });
  if (migration === null) throw brokenPromise('the migration of a batch was never declared', batch.id);
  return migration;
}

export async function datasetOf(em: SqlEntityManager, datasetId: string): Promise<Dataset> {
  const dataset = await em.findOne(Dataset, { id: datasetId });
  if (dataset === null) throw brokenPromise('a dataset was surveyed that was never declared', datasetId);
  return dataset;
}

export function declaredDocuments(migration: Migration, dataset: Dataset): Documents {
  return { plan: migration.plan, policy: migration.policy, lineage: dataset.lineage ?? null };
}

/**
 * A launched batch keeps the documents it was launched with; before that, what was declared last counts, but a remedy
 * may bring a corrected map of its own.
 */
export function documentsOf({ plan, policy, lineage = null, remedyOf }: Batch, declared: Documents): Documents {
  if (plan != null && policy != null) return { plan, policy, lineage };
  return remedyOf == null || lineage === null ? declared : { ...declared, lineage };
}

/** What decides whether the batch may move by `documents`; its own when left out. */
export async function standingOf(
  em: SqlEntityManager,
  batch: Batch,
  documents: Documents | undefined,
  now: Date,
): Promise<Standing> {
  const copy = await em.findOne(ReadinessCopy, { migrationId: batch.migrationId });
  const all = declaredDocuments(await migrationOf(em, batch), await datasetOf(em, batch.datasetId));
  // The map of a remedy was approved with its launch.
  const declared = batch.remedyOf == null ? all : { ...all, lineage: batch.lineage ?? all.lineage };
  return {
    readiness: copy === null ? undefined : { ready: copy.ready, blocking: copy.blocking, expiresAt: copy.expiresAt },
    declared,
    documents: documents ?? documentsOf(batch, declared),
    now,
  };
}

/** The request the batch was last proposed with. */
export async function requestOf(em: SqlEntityManager, batch: Batch): Promise<LaunchRequest | undefined> {
  if (batch.request == null) return undefined;
  return (await em.findOne(LaunchRequest, { digest: batch.request, batchId: batch.id })) ?? undefined;
}
