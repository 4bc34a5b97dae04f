/** Which version of a record is to stand, over all batches of its dataset. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Standing } from '../domain/version.ts';
import { StandingVersion } from './tables.ts';

/** Databases limit how much one statement may hold. */
const NAMES_PER_STATEMENT = 400;

/** By name; what nobody made yet is not in it. */
export async function standingOf(
  em: SqlEntityManager,
  datasetId: string,
  names: readonly string[],
): Promise<Map<string, Standing>> {
  const standing = new Map<string, Standing>();
  for (let at = 0; at < names.length; at += NAMES_PER_STATEMENT) {
    const name = { $in: names.slice(at, at + NAMES_PER_STATEMENT) };
    for (const row of await em.find(StandingVersion, { datasetId, name })) standing.set(row.name, row);
  }
  return standing;
}

export async function keepStanding(
  em: SqlEntityManager,
  datasetId: string,
  standing: ReadonlyMap<string, Standing>,
): Promise<void> {
  const rows = [...standing].map(([name, { asOf, digest, itemId, batchId, isTied, isDelivered, hasPredecessor }]) => ({
    ...{ datasetId, name, asOf, digest, itemId, batchId, isTied, isDelivered, hasPredecessor },
  }));
  for (let at = 0; at < rows.length; at += NAMES_PER_STATEMENT) {
    const some = rows.slice(at, at + NAMES_PER_STATEMENT);
    await em.upsertMany(StandingVersion, some, { onConflictFields: ['datasetId', 'name'], onConflictAction: 'merge' });
  }
}

/** The items have arrived, and with them the versions that they were to deliver. */
export async function keepDelivered(em: SqlEntityManager, datasetId: string, items: readonly string[]): Promise<void> {
  if (items.length === 0) return;
  await em.nativeUpdate(StandingVersion, { datasetId, itemId: { $in: [...items] } }, { isDelivered: true });
}
