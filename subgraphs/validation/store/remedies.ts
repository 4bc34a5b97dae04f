/** Remedies: items that somebody asked to have moved again, and what came of it. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { RemedyState } from '../domain/remedy.ts';
import { ExceptionRow } from './tables.ts';

export const Remedy = defineEntity({
  name: 'Remedy',
  properties: (p) => ({
    /** The batch that moves the items. */
    id: p.string().primary(),
    migrationId: p.string().index(),
    datasetId: p.string(),
    /** The batch they were moved with before. */
    remedyOf: p.string().index(),
    reason: p.text(),
    /** The corrected map they move by; null: that of their batch. */
    lineage: p.string().nullable(),
    state: p.string().$type<RemedyState>(),
    exceptions: p.integer(),
    items: p.integer(),
    proposedBy: p.string(),
    proposedAt: p.string(),
    /** The round of the migration that began when it had moved; null before. */
    round: p.integer().nullable(),
    /** Once it is ended: how many of its exceptions were closed, and how many were seen again. */
    closed: p.integer().nullable(),
    left: p.integer().nullable(),
  }),
});
export type Remedy = InferEntity<typeof Remedy>;

export function findRemedy(em: SqlEntityManager, id: string): Promise<Remedy | null> {
  return em.findOne(Remedy, { id });
}

/** How many remedies of the batch there are, cancelled ones included. */
export function remediesOfBatch(em: SqlEntityManager, remedyOf: string): Promise<number> {
  return em.count(Remedy, { remedyOf });
}

/** The items of the batch that its remedies move again, those counted twice that are in two. */
export async function itemsAskedFor(em: SqlEntityManager, remedyOf: string): Promise<number> {
  const rows = await em.find(Remedy, { remedyOf, state: { $ne: 'cancelled' } }, { fields: ['items'] });
  return rows.reduce((sum, { items }) => sum + items, 0);
}

/** Up to `limit` remedies of a migration, the newest first. */
export function remediesOf(em: SqlEntityManager, migrationId: string, limit: number): Promise<Remedy[]> {
  return em.find(Remedy, { migrationId }, { orderBy: { proposedAt: 'desc', id: 'asc' }, limit });
}

/** Those whose items have moved and whose exceptions nobody has looked at since, by id. */
export function remediesMoved(em: SqlEntityManager, migrationId: string): Promise<Remedy[]> {
  return em.find(Remedy, { migrationId, state: 'moved' }, { orderBy: { id: 'asc' } });
}

export interface MovedItems {
  readonly batchId: string;
  readonly itemIds: readonly string[];
  /** The round that began when they had moved. */
  readonly round: number;
}

/**
 * Up to `limit` open exceptions about items that were moved again, after a place in the order of commits, that no look
 * has seen since. What people saw is for people to close.
 */
export function unseenOf(
  em: SqlEntityManager,
  { batchId, itemIds, round }: MovedItems,
  seq: number,
  limit: number,
): Promise<ExceptionRow[]> {
  const unseen = { round: { $lt: round }, origin: { $ne: 'script' as const } };
  const where = { batchId, isOpen: true, seq: { $gt: seq }, itemId: { $in: [...itemIds] }, ...unseen };
  return em.find(ExceptionRow, where, { orderBy: { seq: 'asc' }, limit });
}

/** Up to `limit` exceptions of a remedy after one of them, in the order of their ids. */
export function membersOf(
  em: SqlEntityManager,
  remedyId: string,
  after: string,
  limit: number,
): Promise<ExceptionRow[]> {
  return em.find(ExceptionRow, { remedyId, id: { $gt: after } }, { orderBy: { id: 'asc' }, limit });
}
