/** Finding migrations and what belongs to them. */
import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Dataset, Endpoint, Exclusion, LineageApproval, Migration } from './tables.ts';

/** The row, held until the commit: two changes of one migration follow each other. */
export function lockMigration(em: SqlEntityManager, id: string): Promise<Migration | null> {
  return em.findOne(Migration, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

/** In the order of the plan. */
export function datasetsOf(em: SqlEntityManager, migrationId: string): Promise<Dataset[]> {
  return em.find(Dataset, { migrationId }, { orderBy: { position: 'asc' } });
}

/** The source first. */
export function endpointsOf(em: SqlEntityManager, migrationId: string): Promise<Endpoint[]> {
  return em.find(Endpoint, { migrationId }, { orderBy: { role: 'asc', label: 'asc' } });
}

/** In the order in which they are tried. */
export function exclusionsOf(em: SqlEntityManager, datasetIds: readonly string[]): Promise<Exclusion[]> {
  return em.find(
    Exclusion,
    { datasetId: { $in: [...datasetIds] } },
    { orderBy: { datasetId: 'asc', position: 'asc' } },
  );
}

/** The approval of the map the dataset has now. */
/** Every map a dataset was ever declared with. */
export function lineagesOf(em: SqlEntityManager, datasetId: string): Promise<LineageApproval[]> {
  return em.find(LineageApproval, { datasetId }, { orderBy: { id: 'asc' } });
}

export async function approvalOf(em: SqlEntityManager, dataset: Dataset): Promise<LineageApproval | null> {
  return em.findOne(LineageApproval, { datasetId: dataset.id, lineage: dataset.lineage });
}
