/** Rows of drift: the items of a survey that are not as the survey before found them. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { DriftItem } from './survey-tables.ts';

export function pageOfDrift(
  em: SqlEntityManager,
  surveyId: Id,
  limit: number,
  after: Id | null | undefined,
): Promise<DriftItem[]> {
  const later = after ? { id: { $gt: after } } : {};
  return em.find(DriftItem, { surveyId, ...later }, { orderBy: { id: 'asc' }, limit });
}

export function countDrift(em: SqlEntityManager, surveyId: Id): Promise<number> {
  return em.count(DriftItem, { surveyId });
}
