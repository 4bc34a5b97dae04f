/** Finding rows: each look replaces what it found before, and when something was first seen is kept. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { FINDING_ITEMS_MAX, type FindingSource, findingIdOf, type Found } from '../domain/finding.ts';
import { Finding } from './finding-tables.ts';

export interface FindingScope {
  readonly migrationId: Id;
  /** Null: what belongs to no dataset. */
  readonly datasetId: Id | null;
  readonly source: FindingSource;
}

/** Puts `found` in the place of everything the same source has found in the same dataset; codes are distinct. */
export async function saveFindings(
  em: SqlEntityManager,
  { migrationId, datasetId, source }: FindingScope,
  found: readonly Found[],
  now: string,
): Promise<void> {
  const where = { migrationId, datasetId, source };
  const before = await em.find(Finding, where, { disableIdentityMap: true });
  const firstSeen = new Map(before.map(({ id, firstSeenAt }) => [id, firstSeenAt]));
  await em.nativeDelete(Finding, where);
  const rows = found.map((each) => {
    const id = findingIdOf(datasetId ?? migrationId, source, each.code);
    const itemIds = each.itemIds.slice(0, FINDING_ITEMS_MAX);
    return { ...each, ...where, id, itemIds, firstSeenAt: firstSeen.get(id) ?? now };
  });
  if (rows.length > 0) await em.insertMany(Finding, rows);
}

export interface FindingFilter {
  readonly migrationId: Id;
  readonly datasetId?: Id | undefined;
  readonly source?: FindingSource | undefined;
}

/** The gravest first, then by code. */
export async function pageOfFindings(
  em: SqlEntityManager,
  filter: FindingFilter,
  limit: number,
  after: Id | null | undefined,
): Promise<Finding[]> {
  const last = after ? await em.findOne(Finding, { id: after }) : null;
  const where = whereOf(filter);
  const later = last && {
    $or: [
      { severity: { $gt: last.severity } },
      { severity: last.severity, code: { $gt: last.code } },
      { severity: last.severity, code: last.code, id: { $gt: last.id } },
    ],
  };
  const orderBy = { severity: 'asc', code: 'asc', id: 'asc' } as const;
  return em.find(Finding, later ? { $and: [where, later] } : where, { orderBy, limit });
}

export function countFindings(em: SqlEntityManager, filter: FindingFilter): Promise<number> {
  return em.count(Finding, whereOf(filter));
}

function whereOf({ migrationId, datasetId, source }: FindingFilter) {
  return {
    migrationId,
    ...(datasetId === undefined ? {} : { datasetId }),
    ...(source === undefined ? {} : { source }),
  };
}
