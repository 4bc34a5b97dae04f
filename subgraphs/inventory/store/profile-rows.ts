/** Profile rows. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { DatasetProfile } from './profile-tables.ts';

export function profileOf(em: SqlEntityManager, datasetId: Id): Promise<DatasetProfile | null> {
  return em.findOne(DatasetProfile, { datasetId });
}

export interface ProfileFilter {
  readonly migrationId: Id;
  readonly datasetId?: Id | undefined;
}

export function pageOfProfiles(
  em: SqlEntityManager,
  filter: ProfileFilter,
  limit: number,
  after: Id | null | undefined,
): Promise<DatasetProfile[]> {
  const later = after ? { datasetId: { $gt: after } } : {};
  return em.find(DatasetProfile, { $and: [whereOf(filter), later] }, { orderBy: { datasetId: 'asc' }, limit });
}

export function countProfiles(em: SqlEntityManager, filter: ProfileFilter): Promise<number> {
  return em.count(DatasetProfile, whereOf(filter));
}

function whereOf({ migrationId, datasetId }: ProfileFilter) {
  return { migrationId, ...(datasetId === undefined ? {} : { datasetId }) };
}
