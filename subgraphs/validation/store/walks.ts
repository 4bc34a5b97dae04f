/** Steps of scripts that people went through, and records that something is in question about. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { derivedId } from '../../../kernel/id.ts';
import type { Unit } from '../../../runtime/store.ts';
import { type DrawnRecord, isWholeItem, type Walk } from '../domain/script.ts';
import { WalkRow } from './acceptance-tables.ts';
import { Dataset, ExceptionRow } from './tables.ts';

/** Steps walked that are looked at; a migration has a few scripts of a few steps. */
const WALKS_MAX = 100_000;

export function walksOf(em: SqlEntityManager, migrationId: string): Promise<WalkRow[]> {
  return em.find(WalkRow, { migrationId }, { orderBy: { number: 'asc' }, limit: WALKS_MAX });
}

export interface Walked extends Walk {
  readonly record: DrawnRecord;
  readonly exceptionId: string | null;
  readonly walkedBy: string;
  /** RFC 3339, UTC. */
  readonly walkedAt: string;
}

/** The migration is locked: numbers have no gaps. */
export async function addWalk(unit: Unit, migrationId: string, { record, ...walk }: Walked): Promise<WalkRow> {
  const number = (await unit.em.count(WalkRow, { migrationId })) + 1;
  const { datasetId, itemId, type: recordType, key: sourceId } = record;
  const about = { datasetId, itemId, recordType, sourceId };
  const row = { id: derivedId('walk', migrationId, String(number)), migrationId, number, ...walk, ...about };
  await unit.em.insert(WalkRow, row);
  return row;
}

/** A record of the type that an exception is about: the first by id. */
export async function inQuestion(
  em: SqlEntityManager,
  migrationId: string,
  type: string,
): Promise<DrawnRecord | undefined> {
  const recordType = isWholeItem({ type }) ? null : type;
  const messages = { migrationId, format: 'hl7v2' as const };
  const datasets = type === 'message' ? await em.find(Dataset, messages, { fields: ['id'] }) : undefined;
  const within = datasets === undefined ? {} : { datasetId: { $in: datasets.map(({ id }) => id) } };
  const where = {
    migrationId,
    ...within,
    recordType,
    itemId: { $ne: null },
    sourceId: { $ne: null },
    batchId: { $ne: null },
  };
  const [row] = await em.find(ExceptionRow, where, { orderBy: { id: 'asc' }, limit: 1 });
  const { datasetId, batchId, itemId, sourceId: key, position = '' } = row ?? {};
  if (datasetId == null || batchId == null || itemId == null || key == null) return undefined;
  return { datasetId, batchId, itemId, type, key, position };
}
