/** What the record office heard: stages that sealed documents, exceptions that were raised and closed. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import type { Unit } from '../../../runtime/store.ts';
import type { StageFact } from '../domain/stage.ts';
import type { HeardException } from '../domain/summary.ts';
import { ExceptionRow, StageRow } from './tables.ts';

const IDS_PER_QUERY_MAX = 500;

export async function addStageFact(unit: Unit, fact: StageFact): Promise<void> {
  const known = await unit.em.findOne(StageRow, { eventId: fact.eventId });
  if (known === null) unit.em.create(StageRow, { ...fact });
}

/** The stages of a migration in the order they were heard of. */
export async function stageFactsOf(em: SqlEntityManager, migrationId: Id): Promise<readonly StageFact[]> {
  return await em.find(StageRow, { migrationId }, { orderBy: { ordinal: 'asc' } });
}

/** The stages of all other migrations. */
export async function stageFactsOfOthers(em: SqlEntityManager, migrationId: Id): Promise<readonly StageFact[]> {
  return await em.find(StageRow, { migrationId: { $ne: migrationId } });
}

/** Which of the subjects are exceptions of other migrations. */
export async function exceptionsOfOthers(
  em: SqlEntityManager,
  migrationId: Id,
  subjects: readonly Id[],
): Promise<readonly Id[]> {
  const others: Id[] = [];
  for (let from = 0; from < subjects.length; from += IDS_PER_QUERY_MAX) {
    const exceptionId = { $in: subjects.slice(from, from + IDS_PER_QUERY_MAX) };
    const rows = await em.find(ExceptionRow, { exceptionId, migrationId: { $ne: migrationId } });
    others.push(...rows.filter((row) => row.migrationId != null).map((row) => row.exceptionId));
  }
  return others;
}

/** Keeps an exception that was raised; it may have been heard of as closed before. */
export async function addException(unit: Unit, migrationId: Id, raised: HeardException): Promise<void> {
  const known = await unit.em.findOne(ExceptionRow, { exceptionId: raised.exceptionId });
  if (known === null) unit.em.create(ExceptionRow, { ...raised, migrationId });
  else Object.assign(known, raised, { migrationId, state: known.state });
}

export async function closeException(unit: Unit, exceptionId: Id, by: 'recheck' | 'waiver'): Promise<void> {
  const known = await unit.em.findOne(ExceptionRow, { exceptionId });
  if (known !== null) known.state = by;
  else unit.em.create(ExceptionRow, { exceptionId, ...UNHEARD, state: by });
}

/** The exceptions of a migration, by id. */
export async function exceptionsOf(em: SqlEntityManager, migrationId: Id): Promise<readonly HeardException[]> {
  const rows = await em.find(ExceptionRow, { migrationId }, { orderBy: { exceptionId: 'asc' } });
  return rows.map(({ exceptionId, batchId, datasetId, itemId, category, severity, state }) => ({
    exceptionId,
    batchId: batchId ?? null,
    datasetId: datasetId ?? null,
    itemId: itemId ?? null,
    category,
    severity,
    state,
  }));
}

/** What is known of an exception whose closing was heard of first. */
const UNHEARD = { migrationId: null, batchId: null, datasetId: null, itemId: null, category: '', severity: '' };
