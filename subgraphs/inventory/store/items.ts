/** Item rows: written in chunks, read in the order of the bytes of their paths, never all at once. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { Item } from './tables.ts';

const PAGE_ROWS = 1000;

/** Rows that are there already take the new values; the ids in `items` are distinct. */
export async function saveItems(em: SqlEntityManager, items: readonly Item[]): Promise<void> {
  await em.upsertMany(Item, [...items], { onConflictFields: ['id'], disableIdentityMap: true });
}

export interface ItemPage {
  readonly datasetId: Id;
  readonly pass?: number | undefined;
  readonly afterPath?: string | undefined;
  readonly limit: number;
}

export function findItems(em: SqlEntityManager, { datasetId, pass, afterPath, limit }: ItemPage): Promise<Item[]> {
  const where = {
    datasetId,
    ...(pass === undefined ? {} : { pass }),
    ...(afterPath === undefined ? {} : { path: { $gt: afterPath } }),
  };
  return em.find(Item, where, { orderBy: { path: 'asc' }, limit, disableIdentityMap: true });
}

/** Every item of one pass, sorted by path. `read` opens a fresh view for each page. */
export async function* itemsByPath(
  read: <T>(work: (em: SqlEntityManager) => Promise<T>) => Promise<T>,
  datasetId: Id,
  pass: number,
): AsyncGenerator<Item> {
  let afterPath: string | undefined;
  do {
    const from = afterPath;
    const page = await read((em) => findItems(em, { datasetId, pass, afterPath: from, limit: PAGE_ROWS }));
    yield* page;
    afterPath = page.length < PAGE_ROWS ? undefined : page.at(-1)?.path;
  } while (afterPath !== undefined);
}

/** Removes items that an earlier pass found and this one did not. */
export async function forgetItems(em: SqlEntityManager, datasetIds: readonly Id[], before: number): Promise<void> {
  await em.nativeDelete(Item, { datasetId: { $in: [...datasetIds] }, pass: { $lt: before } });
}
