/** Item rows: written in chunks, read in the order of the bytes of their paths, never all at once. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { insertRows } from '../../../runtime/rows.ts';
import { LateItem } from './survey-tables.ts';
import { Item } from './tables.ts';

/** The items of a migration, or those a survey after the launch has listed beside them. */
export type ItemTable = typeof Item | typeof LateItem;

const PAGE_ROWS = 1000;

/** What the listing of a source says of an item. */
export interface ListedRow {
  readonly id: Id;
  readonly datasetId: Id;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt: string | null;
  readonly excluded: string | null;
}

const LISTED = ['datasetId', 'path', 'sizeBytes', 'modifiedAt', 'excluded', 'pass'] as const;
const NOT_INSPECTED = {
  inspectedIn: 0,
  contentKind: null,
  mediaType: null,
  isStructured: null,
  hidden: null,
  noted: null,
} as const;

/**
 * Writes listed items into a pass; their ids are distinct. A row that already says the same is only taken over into
 * the pass. Answers how many of them the pass had already.
 */
export async function saveListed(
  em: SqlEntityManager,
  table: ItemTable,
  rows: readonly ListedRow[],
  pass: number,
): Promise<number> {
  const ids = rows.map(({ id }) => id);
  const known = await em.find(table, { id: { $in: ids } }, { disableIdentityMap: true });
  const knownById = new Map(known.map((row) => [row.id, row]));
  const isSame = (row: ListedRow): boolean => {
    const before = knownById.get(row.id);
    return (
      before !== undefined &&
      before.sizeBytes === row.sizeBytes &&
      before.modifiedAt === row.modifiedAt &&
      before.excluded === row.excluded
    );
  };
  const same = rows.filter(isSame).map(({ id }) => id);
  const fresh = rows.filter((row) => !isSame(row)).map((row) => ({ ...NOT_INSPECTED, ...row, pass }));
  if (same.length > 0) await em.nativeUpdate(table, { id: { $in: same } }, { pass });
  await insertRows(em, table, fresh, { on: ['id'], take: [...LISTED, 'inspectedIn'] });
  return known.filter((row) => row.pass === pass).length;
}

/** Rows that are there already take the new values. */
export async function saveInspected(em: SqlEntityManager, table: ItemTable, rows: readonly Item[]): Promise<void> {
  await insertRows(em, table, rows, { on: ['id'] });
}

export interface ItemPage {
  readonly datasetId: Id;
  readonly pass?: number | undefined;
  /** Leaves out what this survey has already looked into. */
  readonly notInspectedIn?: number | undefined;
  readonly afterPath?: string | undefined;
  readonly limit: number;
}

export function findItems(em: SqlEntityManager, table: ItemTable, page: ItemPage): Promise<Item[]> {
  const { datasetId, pass, notInspectedIn, afterPath, limit } = page;
  const where = {
    datasetId,
    ...(pass === undefined ? {} : { pass }),
    ...(notInspectedIn === undefined ? {} : { inspectedIn: { $ne: notInspectedIn } }),
    ...(afterPath === undefined ? {} : { path: { $gt: afterPath } }),
  };
  return em.find(table, where, { orderBy: { path: 'asc' }, limit, disableIdentityMap: true });
}

type Read = <T>(work: (em: SqlEntityManager) => Promise<T>) => Promise<T>;

/** Pages of the items of one pass, sorted by path. `read` opens a fresh view for each page. */
export async function* pagesByPath(
  read: Read,
  table: ItemTable,
  page: Omit<ItemPage, 'afterPath'>,
): AsyncGenerator<readonly Item[]> {
  let afterPath: string | undefined;
  do {
    const from = afterPath;
    const rows = await read((em) => findItems(em, table, { ...page, afterPath: from }));
    if (rows.length > 0) yield rows;
    afterPath = rows.length < page.limit ? undefined : rows.at(-1)?.path;
  } while (afterPath !== undefined);
}

/** Every item of one pass, sorted by path. */
export async function* itemsByPath(read: Read, table: ItemTable, datasetId: Id, pass: number): AsyncGenerator<Item> {
  for await (const page of pagesByPath(read, table, { datasetId, pass, limit: PAGE_ROWS })) yield* page;
}

/** Which of `paths` the pass holds in any of the datasets. */
export async function pathsAmong(
  em: SqlEntityManager,
  table: ItemTable,
  datasetIds: readonly Id[],
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const where = { datasetId: { $in: [...datasetIds] }, path: { $in: [...paths] } };
  const rows = await em.find(table, where, { fields: ['path'], disableIdentityMap: true });
  return new Set(rows.map(({ path }) => path));
}

/** Removes items that an earlier pass found and this one did not. */
export async function forgetItems(
  em: SqlEntityManager,
  table: ItemTable,
  datasetIds: readonly Id[],
  before: number,
): Promise<void> {
  await em.nativeDelete(table, { datasetId: { $in: [...datasetIds] }, pass: { $lt: before } });
}
