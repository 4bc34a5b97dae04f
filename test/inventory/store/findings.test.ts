import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Store } from '../../../runtime/store.ts';
import { FINDING_ITEMS_MAX, type Found } from '../../../subgraphs/inventory/domain/finding.ts';
import { countFindings, pageOfFindings, saveFindings } from '../../../subgraphs/inventory/store/findings.ts';
import { inventoryStore } from '../../../subgraphs/inventory/store/store.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';

const MIGRATION = 'mig_1';
const scope = { migrationId: MIGRATION, datasetId: 'ds_1', source: 'survey' } as const;
const found = (code: string, change: Partial<Found> = {}): Found => ({
  code,
  severity: 'P3',
  requirement: 'A19',
  count: 1,
  itemIds: ['item_1'],
  position: null,
  detail: 'something to know',
  ...change,
});

onEveryDialect('findings', ({ enter }) => {
  let place: Place;
  let store: Store;
  beforeEach(async () => {
    place = await enter();
    store = (await place.open([inventoryStore])).store('inventory');
  });
  afterEach(() => place.leave());

  const save = (codes: readonly Found[], now: string, change: Partial<typeof scope> = {}) =>
    store.transact((unit) => saveFindings(unit.em, { ...scope, ...change }, codes, now));
  const codes = (filter: object = {}) =>
    store.read(async (em) =>
      (await pageOfFindings(em, { migrationId: MIGRATION, ...filter }, 250, null)).map(({ code }) => code),
    );

  test('of one look take the place of what it found before, and keep when each was first seen', async () => {
    await save([found('A'), found('B')], '2026-01-01T00:00:00.000Z');
    await save([found('B', { count: 7 }), found('C')], '2026-02-02T00:00:00.000Z');
    const rows = await store.read((em) => pageOfFindings(em, { migrationId: MIGRATION }, 250, null));
    expect(rows.map(({ code, count, firstSeenAt }) => [code, count, firstSeenAt.slice(0, 7)])).toEqual([
      ['B', 7, '2026-01'],
      ['C', 1, '2026-02'],
    ]);
  });

  test('of another look or another dataset stay', async () => {
    await save([found('A')], '2026-01-01T00:00:00.000Z');
    await save([found('P')], '2026-01-01T00:00:00.000Z', { source: 'profile' as 'survey' });
    await save([found('M')], '2026-01-01T00:00:00.000Z', { datasetId: null as unknown as 'ds_1' });
    await save([], '2026-02-02T00:00:00.000Z');
    expect(await codes()).toEqual(['M', 'P']);
    expect(await codes({ source: 'profile' })).toEqual(['P']);
  });

  test('name a few items and count the others', async () => {
    const itemIds = Array.from({ length: FINDING_ITEMS_MAX + 5 }, (_, at) => `item_${at}`);
    await save([found('A', { count: itemIds.length, itemIds })], '2026-01-01T00:00:00.000Z');
    const [row] = await store.read((em) => pageOfFindings(em, { migrationId: MIGRATION }, 1, null));
    expect(row?.itemIds).toEqual(itemIds.slice(0, FINDING_ITEMS_MAX));
    expect(row?.count).toBe(itemIds.length);
  });

  test('come page by page, the gravest first, each one once', async () => {
    await save([found('A'), found('B', { severity: 'P1' }), found('C'), found('D', { severity: 'P2' })], '2026');
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.read((em) => pageOfFindings(em, { migrationId: MIGRATION }, 2, after));
      seen.push(...page.map(({ code }) => code));
      after = page.at(-1)?.id;
    } while (after !== undefined);
    expect(seen).toEqual(['B', 'D', 'A', 'C']);
    expect(await store.read((em) => countFindings(em, { migrationId: MIGRATION }))).toBe(4);
  });
});
