/** Changes of bandwidth, as rows. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import type { BandwidthChange as Change } from '../domain/bandwidth-change.ts';
import { BandwidthChange } from './bandwidth-tables.ts';

const NEWEST_FIRST = { orderBy: { number: 'desc' } } as const;

/** Of a migration; the newest count. */
const CHANGES_MAX = 1000;

/** Whether in force or only proposed. */
export function newestChange(em: SqlEntityManager, migrationId: Id): Promise<BandwidthChange | null> {
  return em.findOne(BandwidthChange, { migrationId }, NEWEST_FIRST);
}

/** The newest first, and those that never were in force among them. */
export function changesOf(em: SqlEntityManager, migrationId: Id): Promise<BandwidthChange[]> {
  return em.find(BandwidthChange, { migrationId }, { ...NEWEST_FIRST, limit: CHANGES_MAX });
}

export function changeOf({
  migrationId,
  document,
  state,
  proposedBy,
  approvedBy,
  inForceSince,
}: BandwidthChange): Change {
  const approvedAt = inForceSince === null ? null : new Date(inForceSince);
  return { migrationId, document, state, proposedBy, approvedBy, approvedAt };
}
