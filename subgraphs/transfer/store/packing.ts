/** Manifest rows on their way into a manifest. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { insertRows } from '../../../runtime/rows.ts';
import type { ManifestRow } from '../domain/manifest.ts';
import { PackRow } from './tables.ts';

const PAGE_ROWS = 500;

/** Which lines of the survey, `from` to `to` inclusive, are packed already. */
export async function packedBetween(
  em: SqlEntityManager,
  batchId: string,
  from: number,
  to: number,
): Promise<ReadonlySet<number>> {
  const rows = await em.find(PackRow, { batchId, ordinal: { $gte: from, $lte: to } }, { fields: ['ordinal'] });
  return new Set(rows.map((row) => row.ordinal));
}

export async function savePacked(
  em: SqlEntityManager,
  batchId: string,
  packed: readonly { readonly ordinal: number; readonly row: ManifestRow }[],
): Promise<void> {
  const rows = packed.map(({ ordinal, row }) => ({ batchId, ordinal, line: JSON.stringify(row) }));
  await insertRows(em, PackRow, rows);
}

/** Every packed row of the batch in the order of the survey. `read` opens a fresh view for each page. */
export async function* packedRows(
  read: <T>(work: (em: SqlEntityManager) => Promise<T>) => Promise<T>,
  batchId: string,
): AsyncGenerator<ManifestRow> {
  for (let after = -1; ; ) {
    const from = after;
    const page = await read((em) =>
      em.find(PackRow, { batchId, ordinal: { $gt: from } }, { orderBy: { ordinal: 'asc' }, limit: PAGE_ROWS }),
    );
    for (const { line } of page) yield JSON.parse(line) as ManifestRow;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    after = last.ordinal;
  }
}

/** The sealed manifest holds them now. */
export async function forgetPacked(em: SqlEntityManager, batchId: string): Promise<void> {
  await em.nativeDelete(PackRow, { batchId });
}
