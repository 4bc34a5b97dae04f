import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Database } from '../../runtime/database.ts';
import { follow } from '../../runtime/follow.ts';
import { silentLog } from '../../runtime/log.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { poll } from '../support/graph.ts';
import { PARCELS, parcelTaken } from './parcels.ts';

onEveryDialect('whoever follows a type of event', (dialect) => {
  let place: Place;
  let database: Database;
  beforeEach(async () => {
    place = await dialect.enter();
    database = await place.open([PARCELS]);
  });
  afterEach(() => place.leave());

  const emit = (...ids: readonly string[]) =>
    database.store('transfer').transact(async (unit) => {
      for (const id of ids) unit.emit(parcelTaken(id));
    });
  const following = async (heard: string[]) =>
    follow({ database, log: silentLog, type: 'transfer.parcel-taken.v1', tell: ({ id }) => void heard.push(id) });

  test('knows at once what was told before, and hears the rest, each of several for itself', async () => {
    await emit('a', 'b');
    const [one, other]: string[][] = [[], []];
    const ends = [await following(one ?? []), await following(other ?? [])];
    expect([one, other]).toEqual([one, one]);
    expect(one).toHaveLength(2);
    await emit('c');
    await poll(
      async () => [one, other],
      (heard) => heard.every((each) => each?.length === 3),
    );
    expect(other).toEqual(one);
    for (const end of ends) await end();
  });

  test('hears nothing any more once it has ended, and everything again when it begins anew', async () => {
    const heard: string[] = [];
    const end = await following(heard);
    await end();
    await emit('a');
    expect(heard).toEqual([]);
    await (await following(heard))();
    expect(heard).toHaveLength(1);
  });

  test('is not stopped by an event that it cannot take', async () => {
    await emit('a', 'b');
    let told = 0;
    const tell = () => {
      told += 1;
      throw new Error('no');
    };
    await (await follow({ database, log: silentLog, type: 'transfer.parcel-taken.v1', tell }))();
    expect(told).toBe(2);
  });
});
