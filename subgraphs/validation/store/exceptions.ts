/** Exceptions: raised once, found by filter or by cursor. */
import { type FilterQuery, raw, type RequiredEntityData } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Unit } from '../../../runtime/store.ts';
import { causeOf } from '../domain/cause.ts';
import type { Category, Severity } from '../domain/category.ts';
import type { ReconciliationException } from '../domain/exception.ts';
import { noteAct } from './acts.ts';
import { CauseBook } from './causes.ts';
import { lockMigration } from './copies.ts';
import { ExceptionItem, ExceptionRow } from './tables.ts';

const IDS_PER_QUERY_MAX = 1000;

/** An exception and the items it puts in doubt. */
export interface Raised {
  readonly exception: ReconciliationException;
  readonly items: readonly { readonly itemId: string; readonly batchId: string }[];
}

export interface Kept {
  /** The ids of those that were never raised before. */
  readonly fresh: ReadonlySet<string>;
  /** Those that a re-check had closed and that disagree again. */
  readonly reopened: readonly ExceptionRow[];
}

/** `round`: of the migration, when the look began that saw them; the present one when left out. */
export interface SeenBy {
  readonly actor: string;
  readonly at: Date;
  readonly round?: number | undefined;
}

/** Keeps those that are new and opens again those that a re-check had closed. */
export async function keepExceptions(
  unit: Unit,
  migrationId: string,
  raised: readonly Raised[],
  by: SeenBy,
): Promise<Kept> {
  const ids = raised.map(({ exception }) => exception.id);
  const migration = await lockMigration(unit, migrationId);
  const known = await unit.em.find(ExceptionRow, { id: { $in: ids } });
  const round = by.round ?? migration.round;
  for (const row of known) row.round = Math.max(row.round, round);
  const causes = new CauseBook();
  const reopened = known.filter(({ closedBy }) => closedBy === 'recheck');
  for (const row of reopened) {
    Object.assign(row, { state: 'open', isOpen: true, closedBy: null, closedAt: null });
    noteAct(unit, migration, row, { action: 'exception-reopened', ...by });
    causes.add(exceptionOf(row), 'opened');
  }
  const fresh = new Map<string, ReconciliationException>();
  for (const { exception } of raised) {
    if (!known.some(({ id }) => id === exception.id)) fresh.set(exception.id, exception);
  }
  for (const exception of fresh.values()) {
    migration.exceptionSeq += 1;
    unit.em.create(ExceptionRow, { ...rowOf(exception), round, seq: migration.exceptionSeq }, { persist: true });
    causes.add(exception, 'raised');
  }
  await unit.em.flush();
  await causes.write(unit.em, by.at);
  const items = raised.flatMap(({ exception, items: of }) =>
    of.map((item) => ({ ...item, exceptionId: exception.id })),
  );
  if (items.length > 0) await unit.em.upsertMany(ExceptionItem, items, { onConflictAction: 'ignore' });
  return { fresh: new Set(fresh.keys()), reopened };
}

type ExceptionData = Omit<RequiredEntityData<ExceptionRow>, 'seq'>;

export function rowOf(exception: ReconciliationException): ExceptionData {
  const { raisedAt, dueAt, closedAt, waivedUntil, recheckedAt, sourceId, targetId, position, ...rest } = exception;
  return {
    ...rest,
    isOpen: rest.state !== 'closed',
    sourceId: sourceId === null ? null : storable(sourceId),
    targetId: targetId === null ? null : storable(targetId),
    position: storable(position),
    raisedAt: raisedAt.toISOString(),
    dueAt: dueAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
    waivedUntil: waivedUntil?.toISOString() ?? null,
    recheckedAt: recheckedAt?.toISOString() ?? null,
  };
}

/** PostgreSQL holds no NUL in a text. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

export function exceptionOf(row: ExceptionRow): ReconciliationException {
  const { id, migrationId, category, severity, origin, code, position, note, state } = row;
  const instant = (text: string | null | undefined): Date | null => (text == null ? null : new Date(text));
  const { datasetId = null, recordType = null, field = null } = row;
  return {
    ...{ id, migrationId, category, severity, origin, code, position, note, state, datasetId, recordType, field },
    causeId: row.causeId ?? causeOf({ migrationId, datasetId, origin, category, code, recordType, field }).id,
    batchId: row.batchId ?? null,
    itemId: row.itemId ?? null,
    sourceId: row.sourceId ?? null,
    targetId: row.targetId ?? null,
    owner: row.owner ?? null,
    remedyId: row.remedyId ?? null,
    raisedAt: new Date(row.raisedAt),
    dueAt: new Date(row.dueAt),
    closedBy: row.closedBy ?? null,
    closedAt: instant(row.closedAt),
    waivedUntil: instant(row.waivedUntil),
    recheckedAt: instant(row.recheckedAt),
    recheckFound: row.recheckFound ?? null,
  };
}

/** The items the exception puts in doubt. */
export function itemsOfException(em: SqlEntityManager, exceptionId: string): Promise<ExceptionItem[]> {
  return em.find(ExceptionItem, { exceptionId }, { orderBy: { itemId: 'asc' } });
}

export function findException(em: SqlEntityManager, id: string): Promise<ExceptionRow | null> {
  return em.findOne(ExceptionRow, { id });
}

/** Exceptions that a waiver had closed until now or before, the oldest first. */
export async function waiversRunOut(
  em: SqlEntityManager,
  migrationId: string | undefined,
  now: string,
  limit: number,
): Promise<readonly string[]> {
  const within = migrationId === undefined ? {} : { migrationId };
  const where = { waivedUntil: { $lte: now }, state: 'closed', closedBy: 'waiver', ...within } as const;
  const rows = await em.find(ExceptionRow, where, { fields: ['id'], orderBy: { waivedUntil: 'asc' }, limit });
  return rows.map(({ id }) => id);
}

/** Every exception of a migration after one, in the order of their ids. */
export function exceptionsById(
  em: SqlEntityManager,
  migrationId: string,
  after: string,
  limit: number,
): Promise<ExceptionRow[]> {
  return em.find(ExceptionRow, { migrationId, id: { $gt: after } }, { orderBy: { id: 'asc' }, limit });
}

/** Those of these ids that there are, in the order of their ids. */
export async function exceptionsNamed(em: SqlEntityManager, ids: readonly string[]): Promise<ExceptionRow[]> {
  const rows: ExceptionRow[] = [];
  for (let at = 0; at < ids.length; at += IDS_PER_QUERY_MAX) {
    const some = ids.slice(at, at + IDS_PER_QUERY_MAX);
    rows.push(...(await em.find(ExceptionRow, { id: { $in: some } })));
  }
  return rows.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

/** Up to `limit` open ones of a category after one, in the order of their ids. */
export function openOfCategory(
  em: SqlEntityManager,
  migrationId: string,
  category: Category,
  after: string,
  limit: number,
): Promise<ExceptionRow[]> {
  const where = { migrationId, category, isOpen: true, id: { $gt: after } };
  return em.find(ExceptionRow, where, { orderBy: { id: 'asc' }, limit });
}

export function countOfCategory(em: SqlEntityManager, batchId: string, category: Category): Promise<number> {
  return em.count(ExceptionRow, { batchId, category });
}

/** Neither closed by a re-check nor under a waiver that still holds. */
export function openAt(now: string): FilterQuery<ExceptionRow> {
  return { $or: [{ isOpen: true }, { closedBy: 'waiver', waivedUntil: { $lte: now } }] };
}

export function countOpen(em: SqlEntityManager, where: FilterQuery<ExceptionRow>, now: string): Promise<number> {
  return em.count(ExceptionRow, { $and: [where, openAt(now)] } as FilterQuery<ExceptionRow>);
}

export interface ExceptionTally {
  readonly total: number;
  readonly categories: Readonly<Record<string, number>>;
  readonly severities: Readonly<Record<string, number>>;
}

/** Every exception of a batch, whatever became of it, by category and by severity. */
export async function tallyOf(em: SqlEntityManager, batchId: string): Promise<ExceptionTally> {
  const rows = await em
    .createQueryBuilder(ExceptionRow)
    .select(['category', 'severity', raw('count(*) as count')])
    .where({ batchId })
    .groupBy(['category', 'severity'])
    .execute<{ category: Category; severity: Severity; count: number | string }[]>('all');
  const sums = (name: 'category' | 'severity'): Readonly<Record<string, number>> => {
    const sum: Record<string, number> = {};
    for (const row of rows) sum[row[name]] = (sum[row[name]] ?? 0) + Number(row.count);
    return sum;
  };
  const total = rows.reduce((all, { count }) => all + Number(count), 0);
  return { total, categories: sums('category'), severities: sums('severity') };
}

/** Up to `limit` exceptions after a place in the order of commits. */
export function exceptionsAfter(
  em: SqlEntityManager,
  migrationId: string,
  seq: number,
  limit: number,
): Promise<ExceptionRow[]> {
  return em.find(ExceptionRow, { migrationId, seq: { $gt: seq } }, { orderBy: { seq: 'asc' }, limit });
}

/** Of these items, those that an exception puts in doubt. What a waiver closed is accepted, not mended. */
export async function itemsInDoubt(
  em: SqlEntityManager,
  itemIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const links = await em.find(ExceptionItem, { itemId: { $in: [...itemIds] } }, { orderBy: { exceptionId: 'asc' } });
  const ids = [...new Set(links.map(({ exceptionId }) => exceptionId))];
  const mended = new Set<string>();
  for (let at = 0; at < ids.length; at += IDS_PER_QUERY_MAX) {
    const some = ids.slice(at, at + IDS_PER_QUERY_MAX);
    const rows = await em.find(ExceptionRow, { id: { $in: some }, closedBy: 'recheck' }, { fields: ['id'] });
    for (const { id } of rows) mended.add(id);
  }
  const doubts = new Map<string, string[]>();
  for (const { itemId, exceptionId } of links) {
    if (!mended.has(exceptionId)) doubts.set(itemId, [...(doubts.get(itemId) ?? []), exceptionId]);
  }
  return doubts;
}
