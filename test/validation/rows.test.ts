/** Rows by item: asked for some items at a time, they are those of one query, in its order. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withColumnar } from '../../runtime/columnar.ts';
import { rowsByItem, rowsOf } from '../../subgraphs/validation/work/rows.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-rows-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([1, 2, 7, 64, 1_000, 5_000])('%i items at a time', async (itemsAtATime) => {
  await withColumnar(
    async (db) => {
      // Items that stand in no order, of which some have no records and one has most.
      await db.run('create table item as select (i * 389) % 1_009 + 1 n from range(1_009) t(i) where i % 10 <> 3');
      await db.run('create table record as select (i * i) % 1_009 + 1 n, i o from range(2_000) t(i)');
      await db.run('insert into record select 500, i from range(3_000, 4_000) t(i)');
      const query = (some: (ordinal: string) => string): string =>
        `select n, o from item left join record using (n) where ${some('item.n')} order by n, o`;
      const [whole, byItem]: [object[], object[]] = [[], []];
      for await (const { n, o } of rowsOf<{ n: number; o: number | null }>(
        db,
        query(() => 'true'),
      ))
        whole.push({ n: Number(n), o: o === null ? null : Number(o) });
      for await (const row of rowsByItem<object>(db, query, join(folder, 'sorted'), itemsAtATime)) byItem.push(row);
      expect(byItem).toEqual(whole);
      expect(byItem.length).toBeGreaterThan(2_000);
    },
    { memoryMaxMb: 128, directory: folder },
  );
});

test('of no items are none', async () => {
  await withColumnar(
    async (db) => {
      await db.run('create table item (n integer)');
      const rows: object[] = [];
      const query = (some: (ordinal: string) => string): string => `select n from item where ${some('n')} order by n`;
      for await (const row of rowsByItem<object>(db, query, join(folder, 'sorted'))) rows.push(row);
      expect(rows).toEqual([]);
    },
    { memoryMaxMb: 128, directory: folder },
  );
});
