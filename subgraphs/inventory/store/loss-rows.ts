/** Loss report rows. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { isCurrent } from '../domain/loss.ts';
import { LossReport } from './loss-tables.ts';
import type { Dataset } from './tables.ts';

export function lossOf(em: SqlEntityManager, datasetId: Id): Promise<LossReport | null> {
  return em.findOne(LossReport, { datasetId });
}

/** What readiness asks of it; null where there is none of this map over these items. */
export async function lossFacts(em: SqlEntityManager, dataset: Dataset): Promise<{ readonly blocking: number } | null> {
  // What passes through unchanged loses nothing.
  if (dataset.lineage === null) return { blocking: 0 };
  const report = await lossOf(em, dataset.id);
  return report !== null && isCurrent(report, dataset) ? { blocking: report.blocking } : null;
}
