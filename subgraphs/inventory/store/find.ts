/** Rows for those who look: by key, and page by page. A cursor is the id of the last row seen. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { findItems } from './items.ts';
import { Dataset, Endpoint, Item, Migration, System } from './tables.ts';

export type After = Id | null | undefined;

export function findMigration(
  em: SqlEntityManager,
  by: { readonly id: Id } | { readonly name: string },
): Promise<Migration | null> {
  return em.findOne(Migration, by);
}

export function findDataset(em: SqlEntityManager, id: Id): Promise<Dataset | null> {
  return em.findOne(Dataset, { id });
}

export function findItem(em: SqlEntityManager, id: Id): Promise<Item | null> {
  return em.findOne(Item, { id });
}

export function findSystem(em: SqlEntityManager, id: Id): Promise<System | null> {
  return em.findOne(System, { id });
}

/** The source first. */
export function systemsOf(em: SqlEntityManager, migrationId: Id): Promise<System[]> {
  return em.find(System, { migrationId }, { orderBy: { role: 'asc', name: 'asc' } });
}

/** The ways into a system. */
export function endpointsThrough(em: SqlEntityManager, systemId: Id): Promise<Endpoint[]> {
  return em.find(Endpoint, { systemId }, { orderBy: { label: 'asc' } });
}

/** The system an endpoint leads into. */
export async function findSystemOf(em: SqlEntityManager, endpointId: Id): Promise<System | null> {
  const endpoint = await em.findOne(Endpoint, { id: endpointId });
  return endpoint && em.findOne(System, { id: endpoint.systemId });
}

/** The newest first. */
export async function pageOfMigrations(em: SqlEntityManager, limit: number, after: After): Promise<Migration[]> {
  const last = after ? await em.findOne(Migration, { id: after }) : null;
  const older = last && {
    $or: [{ declaredAt: { $lt: last.declaredAt } }, { declaredAt: last.declaredAt, id: { $gt: last.id } }],
  };
  return em.find(Migration, older ?? {}, { orderBy: { declaredAt: 'desc', id: 'asc' }, limit });
}

export function countMigrations(em: SqlEntityManager): Promise<number> {
  return em.count(Migration);
}

/** In the order of the plan. */
export async function pageOfDatasets(
  em: SqlEntityManager,
  migrationId: Id,
  limit: number,
  after: After,
): Promise<Dataset[]> {
  const last = after ? await em.findOne(Dataset, { id: after }) : null;
  const position = { $gt: last?.position ?? -1 };
  return em.find(Dataset, { migrationId, position }, { orderBy: { position: 'asc' }, limit });
}

export function countDatasets(em: SqlEntityManager, migrationId: Id): Promise<number> {
  return em.count(Dataset, { migrationId });
}

/** Sorted by path. */
export async function pageOfItems(em: SqlEntityManager, datasetId: Id, limit: number, after: After): Promise<Item[]> {
  const last = after ? await findItem(em, after) : null;
  return findItems(em, Item, { datasetId, limit, afterPath: last?.path });
}

export function countItems(em: SqlEntityManager, datasetId: Id): Promise<number> {
  return em.count(Item, { datasetId });
}
