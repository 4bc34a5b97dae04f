/** What validation keeps of migrations, datasets and batches, from what the other subgraphs said of them. */
import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Unit } from '../../../runtime/store.ts';
import type { PolicyApproval } from '../domain/sampling/draw-plan.ts';
import { ApprovedPolicy, Batch, Dataset, Migration } from './tables.ts';

/** A migration has at most this many datasets (schema/plan.v1.json), and a batch for each. */
const DATASETS_MAX = 10_000;
const MIGRATIONS_MAX = 1_000;

export async function migrationOf(em: SqlEntityManager, id: string): Promise<Migration> {
  return (await em.findOne(Migration, { id })) ?? unknown('migration', id);
}

export async function datasetOf(em: SqlEntityManager, id: string): Promise<Dataset> {
  return (await em.findOne(Dataset, { id })) ?? unknown('dataset', id);
}

export async function batchOf(em: SqlEntityManager, id: string): Promise<Batch> {
  return (await em.findOne(Batch, { id })) ?? unknown('batch', id);
}

export function findBatch(em: SqlEntityManager, id: string): Promise<Batch | null> {
  return em.findOne(Batch, { id });
}

/** Who agreed to the policy, where two people did. */
export async function approvalOf(
  em: SqlEntityManager,
  migrationId: string,
  policy: string,
): Promise<PolicyApproval | null> {
  const row = await em.findOne(ApprovedPolicy, { migrationId, policy });
  return row && { proposedBy: row.proposedBy, approvedBy: row.approvedBy, approvedAt: row.approvedAt };
}

/** Those whose exceptions are looked at by the clock. */
export async function migrationIds(em: SqlEntityManager): Promise<readonly string[]> {
  const found = await em.find(Migration, {}, { fields: ['id'], orderBy: { id: 'desc' }, limit: MIGRATIONS_MAX });
  return found.map(({ id }) => id);
}

/** In the order of the plan. */
export function datasetsOf(em: SqlEntityManager, migrationId: string): Promise<Dataset[]> {
  return em.find(Dataset, { migrationId }, { orderBy: { ordinal: 'asc' }, limit: DATASETS_MAX });
}

export function batchesOf(em: SqlEntityManager, migrationId: string): Promise<Batch[]> {
  return em.find(Batch, { migrationId }, { orderBy: { id: 'asc' }, limit: DATASETS_MAX });
}

/** Kept from being changed by anybody else until the unit is committed: what happens in a migration has one order. */
export async function lockMigration(unit: Unit, id: string): Promise<Migration> {
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const;
  return (await unit.em.findOne(Migration, { id }, lock)) ?? unknown('migration', id);
}

function unknown(what: string, id: string): never {
  throw brokenPromise(`validation was never told of this ${what}`, id);
}

/** What other migrations of this house brought and surveyed, as sealed documents. */
export async function documentsOfOthers(
  em: SqlEntityManager,
  migrationId: string,
): Promise<{ readonly keys: readonly string[]; readonly surveys: readonly string[] }> {
  const other = { migrationId: { $ne: migrationId } };
  const batches = await em.find(Batch, { ...other, expectedKeys: { $ne: null } }, { limit: DATASETS_MAX });
  const datasets = await em.find(Dataset, { ...other, survey: { $ne: null } }, { limit: DATASETS_MAX });
  return {
    keys: batches.flatMap(({ expectedKeys }) => expectedKeys ?? []),
    surveys: datasets.flatMap(({ survey }) => survey ?? []),
  };
}

export function findMigration(em: SqlEntityManager, id: string): Promise<Migration | null> {
  return em.findOne(Migration, { id });
}
