/** The disposition and assurance of every item of a batch, and their counts. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { ASSURANCE_LEVELS, type AssuranceLevel } from '../../../kernel/assurance.ts';
import { DISPOSITIONS, type Disposition } from '../../../kernel/disposition.ts';
import { insertRows, rowsOfStretch } from '../../../runtime/rows.ts';
import type { Unit } from '../../../runtime/store.ts';
import { levelWith, NO_CHARTS, NOT_OPENED } from '../domain/workflow.ts';
import { type AssuranceCounts, ExceptionItem, ItemDisposition } from './tables.ts';

export async function keepDispositions(unit: Unit, rows: readonly ItemDisposition[]): Promise<void> {
  await insertRows(unit.em, ItemDisposition, rows, { on: ['batchId', 'itemId'] });
}

const DISPOSED = [
  ...(['batchId', 'itemId', 'ordinal', 'path', 'state'] as const),
  ...(['disposition', 'level', 'method', 'ends', 'workflow'] as const),
];

export function dispositionsAfter(
  em: SqlEntityManager,
  batchId: string,
  ordinal: number,
  limit: number,
): Promise<ItemDisposition[]> {
  return rowsOfStretch(em, ItemDisposition, DISPOSED, { of: { batchId }, by: 'ordinal', from: ordinal + 1, limit });
}

export function dispositionsOfItems(
  em: SqlEntityManager,
  batchId: string,
  itemIds: readonly string[],
): Promise<ItemDisposition[]> {
  return em.find(ItemDisposition, { batchId, itemId: { $in: [...itemIds] } });
}

/** Up to `limit` items of the batch that some exception is or was about, after an item, in the order of their ids. */
export async function itemsWithExceptions(
  em: SqlEntityManager,
  batchId: string,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await em.find(
    ExceptionItem,
    { batchId, itemId: { $gt: after } },
    { orderBy: { itemId: 'asc', exceptionId: 'asc' }, limit, fields: ['itemId'] },
  );
  return [...new Set(rows.map(({ itemId }) => itemId))];
}

export async function countByDisposition(
  em: SqlEntityManager,
  batchId: string,
): Promise<Readonly<Record<Disposition, number>>> {
  const counts = DISPOSITIONS.map(async (disposition) => [
    disposition,
    await em.count(ItemDisposition, { batchId, disposition }),
  ]);
  return Object.fromEntries(await Promise.all(counts)) as Record<Disposition, number>;
}

export async function countByAssurance(em: SqlEntityManager, batchId: string): Promise<AssuranceCounts> {
  const counts = ASSURANCE_LEVELS.map(async (level) => [level, await em.count(ItemDisposition, { batchId, level })]);
  return Object.fromEntries(await Promise.all(counts)) as Record<AssuranceLevel, number>;
}

/** What was said of items in opened charts is said anew. */
export async function forgetOpened(em: SqlEntityManager, batchIds: readonly string[]): Promise<void> {
  const some = { batchId: { $in: [...batchIds] } };
  await em.nativeUpdate(ItemDisposition, { ...some, level: 'workflow' }, { level: 'fields' });
  const opened = { ...some, workflow: { $ne: null, $nin: [NO_CHARTS, NOT_OPENED] } };
  await em.nativeUpdate(ItemDisposition, opened, { workflow: NOT_OPENED });
}

/** By item: whether all of it was in charts that were opened and passed, and how far. */
export async function assureOpened(
  em: SqlEntityManager,
  batchIds: readonly string[],
  items: ReadonlyMap<string, { readonly isWhole: boolean; readonly said: string }>,
): Promise<void> {
  const rows = await em.find(ItemDisposition, { batchId: { $in: [...batchIds] }, itemId: { $in: [...items.keys()] } });
  for (const row of rows) {
    const opened = items.get(row.itemId);
    if (opened === undefined || row.workflow === null) continue;
    Object.assign(row, { level: levelWith(row.level, opened.isWhole), workflow: opened.said });
  }
  await em.flush();
}
