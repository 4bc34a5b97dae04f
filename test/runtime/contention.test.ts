/** Transactions that get into each other's way: nobody outside notices, unless it does not end. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LockMode } from '@mikro-orm/core';
import type { Database } from '../../runtime/database.ts';
import type { Unit } from '../../runtime/store.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { Depot, entryAbout, PARCELS, parcelTaken } from './parcels.ts';

const serialisationFailure = () => Object.assign(new Error('could not serialize access'), { code: '40001' });

onEveryDialect('a transaction in the way of another', (dialect) => {
  let place: Place;
  let database: Database;
  beforeEach(async () => {
    place = await dialect.enter();
    database = await place.open([PARCELS]);
  });
  afterEach(() => place.leave());

  const depots = () => database.store('transfer').read((em) => em.count(Depot));

  test('is done again on a fresh unit and leaves nothing of the attempts before', async () => {
    let attempts = 0;
    const answer = await database.store('transfer').transact(async (unit) => {
      attempts += 1;
      unit.em.create(Depot, { id: `d${attempts}`, name: 'north' });
      unit.emit(parcelTaken(`p${attempts}`));
      unit.audit(entryAbout(`p${attempts}`));
      await unit.em.flush();
      if (attempts < 3) throw serialisationFailure();
      return attempts;
    });
    expect(answer).toBe(3);
    expect(await database.store('transfer').read((em) => em.find(Depot, {}))).toMatchObject([{ id: 'd3' }]);
  });

  test('that is always in the way ends as a transient fault, after a few attempts', async () => {
    let attempts = 0;
    const transaction = database.store('transfer').transact(async () => {
      attempts += 1;
      throw serialisationFailure();
    });
    await expect(transaction).rejects.toMatchObject({ code: 'STORE_CONTENDED', retry: 'transient' });
    expect(attempts).toBe(6);
    expect(await depots()).toBe(0);
  });

  test('is not done again for any other reason', async () => {
    let attempts = 0;
    const transaction = database.store('transfer').transact(async () => {
      attempts += 1;
      throw new Error('a defect');
    });
    await expect(transaction).rejects.toThrow('a defect');
    expect(attempts).toBe(1);
  });

  if (dialect.dialect === 'postgresql') {
    test('survives a real deadlock: both are done', async () => {
      const store = database.store('transfer');
      await store.transact(async ({ em }) => {
        for (const id of ['left', 'right']) em.create(Depot, { id, name: '' });
      });
      const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
      const lock = async ({ em }: Unit, id: string, add: string) => {
        const depot = await em.findOneOrFail(Depot, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
        depot.name += add;
        await em.flush();
      };
      const cross = (me: 0 | 1, first: string, second: string) =>
        store.transact(async (unit) => {
          await lock(unit, first, `${me}`);
          arrived[me].resolve();
          await arrived[me === 0 ? 1 : 0].promise;
          await lock(unit, second, `${me}`);
        });
      await Promise.all([cross(0, 'left', 'right'), cross(1, 'right', 'left')]);
      const names = (await store.read((em) => em.find(Depot, {}))).map(({ name }) => [...name].toSorted().join(''));
      expect(names).toEqual(['01', '01']);
    });
  }
});
