/** Manifest rows on their way into a manifest. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { insertRows, rowsOfStretch } from '../../../runtime/rows.ts';
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
  const rows = await rowsOfStretch(em, PackRow, ['ordinal'], { of: { batchId }, by: 'ordinal', from, to });
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
  for (let next = 0; ; ) {
    const stretch = { of: { batchId }, by: 'ordinal', from: next, limit: PAGE_ROWS } as const;
    const page = await read((em) => rowsOfStretch(em, PackRow, ['ordinal', 'line'], stretch));
    for (const { line } of page) yield JSON.parse(line) as ManifestRow;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    next = last.ordinal + 1;
  }
}

/** The sealed manifest holds them now. */
export async function forgetPacked(em: SqlEntityManager, batchId: string): Promise<void> {
  await em.nativeDelete(PackRow, { batchId });
}
