/** A process that dies at any call leaves a reconciliation that ends as if it had not. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Database } from '../../runtime/database.ts';
import { findMigration } from '../../subgraphs/validation/store/copies.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { Batch, ItemDisposition } from '../../subgraphs/validation/store/tables.ts';
import type { House } from '../../subgraphs/validation/work/house.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { change, lose } from './planted.ts';
import { demographics, documents, INDEX, patients, row } from './practice.ts';
import { Rig } from './rig.ts';

/** More calls than one run makes; a run that makes more is not followed to its end. */
const CALLS_MAX = 400;
/** Every call was tried; every second one is tried each time, and fewer on PostgreSQL, where each costs more. */
const STRIDE = { sqlite: 2, postgresql: 12 } as const;

const DATASETS = [
  demographics({ 'csv/patients.csv': patients(row(0), row(1), row(2), row(0, { 0: '0777' })) }),
  documents({ 'documents/index.csv': `${INDEX}D3,0003,three.txt\n` }),
] as const;

onEveryDialect('a process that dies at any call', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  const prepare = async (): Promise<Rig> => {
    const rig = await Rig.open(place, { database });
    await rig.carryAll(...DATASETS);
    change(rig, 'Patient', 'mrn:0002', (it) => ({ ...it, gender: 'female' }));
    lose(rig, 'Patient', 'mrn:0003');
    rig.target.put('documents/one.txt', 'something else');
    rig.target.put('documents/planted.txt', 'by somebody else');
    return rig;
  };

  const outcome = async (rig: Rig) => {
    const rows = await rig.house.store.read(async (em) => ({
      batches: await em.find(Batch, {}, { orderBy: { id: 'asc' } }),
      items: await em.find(ItemDisposition, {}, { orderBy: { itemId: 'asc' } }),
      migration: await findMigration(em, rig.migrationId),
    }));
    const exceptions = (await rig.exceptions()).map(({ seq: _, ...rest }) => rest);
    const raised = await rig.events('validation.exception-raised.v1');
    const told = [
      ...(await rig.events('validation.batch-reconciled.v1')),
      ...(await rig.events('validation.migration-reconciled.v1')),
    ];
    const acts = (await rig.audit()).map(({ action, subject }) => `${action} ${subject}`);
    return JSON.parse(
      JSON.stringify({
        ...{ exceptions, told: told.map((each) => JSON.stringify(each)).toSorted(), acts: acts.toSorted() },
        ...{ batches: rows.batches, items: rows.items, raised: raised.map((each) => JSON.stringify(each)).toSorted() },
        migration: { ...rows.migration, exceptionSeq: exceptions.length },
      }),
    ) as unknown;
  };

  test('ends with the same exceptions, dispositions and documents, byte for byte, and tells of them once', async () => {
    const rig = await prepare();
    let calls = 0;
    await rig.work(watched(rig.house, () => void (calls += 1)));
    const expected = await outcome(rig);
    expect(await rig.found(DATASETS)).toHaveLength(6);
    expect(calls).toBeGreaterThan(50);
    expect(calls).toBeLessThan(CALLS_MAX);
    for (let at = 1; at <= calls; at += STRIDE[dialect.dialect]) {
      await rig.forget();
      await rig.tellAgain();
      let call = 0;
      const dying = watched(rig.house, () => {
        call += 1;
        if (call === at) throw new Error(`dies at call ${at}`);
      });
      await expect(rig.work(dying)).rejects.toThrow(`dies at call ${at}`);
      await rig.work();
      expect(await outcome(rig)).toEqual(expected);
    }
  });
});

/** Says before every call of the store, the strongroom and the target that it is about to be made. */
function watched(house: House, at: () => void): House {
  const { store, strongroom: room, host } = house;
  return {
    ...house,
    store: {
      subgraph: store.subgraph,
      read: async (work) => {
        at();
        return store.read(work);
      },
      transact: async (work) => {
        at();
        const result = await store.transact(async (unit) => {
          const worked = await work(unit);
          at();
          return worked;
        });
        at();
        return result;
      },
    },
    strongroom: {
      ...room,
      put: async (bytes) => {
        at();
        return room.put(bytes);
      },
      locate: async (digest) => {
        at();
        return room.locate(digest);
      },
    },
    host: {
      ...host,
      capabilities: (id) => host.capabilities(id),
      target: async (endpoint, signal) => {
        at();
        const target = await host.target(endpoint, signal);
        return {
          ...target,
          async *read(...given) {
            at();
            yield* target.read(...given);
          },
          listing: target.listing && {
            async *items(signal) {
              at();
              yield* target.listing?.items(signal) ?? [];
            },
            async *records(type, signal) {
              at();
              yield* target.listing?.records(type, signal) ?? [];
            },
            async *chart(...given) {
              at();
              yield* target.listing?.chart?.(...given) ?? [];
            },
          },
        };
      },
    } as House['host'],
  };
}
