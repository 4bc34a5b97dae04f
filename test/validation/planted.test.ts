/** Faults planted one at a time: each is found once, in its category, at its place, and nothing else is found. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Database } from '../../runtime/database.ts';
import { CATEGORIES } from '../../subgraphs/validation/domain/category.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import { AT_SOURCE } from './planted-at-source.ts';
import { AT_TARGET } from './planted-at-target.ts';
import { datasetsOf } from './planted.ts';
import { Rig } from './rig.ts';

const PLANTED = Object.entries({ ...AT_SOURCE, ...AT_TARGET });

test('every category is planted at least once', () => {
  const planted = new Set(PLANTED.flatMap(([, { found }]) => found.map((line) => line.split(' ')[0])));
  expect([...planted].toSorted()).toEqual([...CATEGORIES].toSorted());
});

onOneDialect('a planted fault is found once, and nothing else is:', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  test.each(PLANTED)('%s', async (name, planted) => {
    const rig = await Rig.open(place, { database, name });
    const { spoil, found, touched } = planted;
    const datasets = datasetsOf(planted);
    await rig.carryAll(...datasets);
    spoil?.(rig);
    await rig.work();
    expect(await rig.found(datasets)).toEqual(found);
    const expected = touched.map(([dataset, path]) => `${dataset} ${path}`);
    expect(await rig.unverified(datasets)).toEqual(expected);
  });
});
