/** A process that dies at any call leaves a reconciliation that ends as if it had not. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Database } from '../../runtime/database.ts';
import { findMigration } from '../../subgraphs/validation/store/copies.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { Remedy } from '../../subgraphs/validation/store/remedies.ts';
import { Batch, ItemDisposition } from '../../subgraphs/validation/store/tables.ts';
import { proposeRemedy } from '../../subgraphs/validation/work/propose-remedy.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { change, lose } from './planted.ts';
import { demographics, documents, INDEX, patients, row } from './practice.ts';
import { keepRows } from './kept-rows.ts';
import { Rig } from './rig.ts';
import { watched } from './watched.ts';

/** More calls than one run makes; a run that makes more is not followed to its end. */
const CALLS_MAX = 400;
/** Every call was tried; every seventh one is tried each time, and fewer on PostgreSQL, where each costs more. */
const STRIDE = { sqlite: 7, postgresql: 19 } as const;
/** A remedy goes through the same calls again, and through those that end it. */
const REMEDY_STRIDE = { sqlite: 29, postgresql: 61 } as const;

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

  const prepare = async (name = 'st-anne'): Promise<Rig> => {
    const rig = await Rig.open(place, { database, name });
    await rig.carryAll(...DATASETS);
    change(rig, 'Patient', 'mrn:0002', (it) => ({ ...it, gender: 'female' }));
    lose(rig, 'Patient', 'mrn:0003');
    rig.target.put('documents/one.txt', 'something else');
    rig.target.put('documents/planted.txt', 'by somebody else');
    return rig;
  };

  const outcome = async (rig: Rig) => {
    const { migrationId } = rig;
    const rows = await rig.house.store.read(async (em) => ({
      batches: await em.find(Batch, { migrationId }, { orderBy: { id: 'asc' } }),
      items: await em.find(ItemDisposition, {}, { orderBy: { itemId: 'asc' } }),
      remedies: await em.find(Remedy, { migrationId }),
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
        ...{
          batches: rows.batches,
          items: rows.items,
          remedies: rows.remedies,
          raised: raised.map((each) => JSON.stringify(each)).toSorted(),
        },
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

  test('while a remedy is looked at leaves it to end once, with what agrees closed and nothing else', async () => {
    const rig = await prepare('remedied');
    const [lost, wrong] = ['documents/two words.txt', 'documents/one.txt'];
    rig.target.files.delete(lost);
    await rig.work();
    const about = (await rig.exceptions()).filter(({ sourceId }) => sourceId === lost || sourceId === wrong);
    const wish = { exceptionIds: about.map(({ id }) => id), reason: 'mended' };
    const asked = await proposeRemedy(rig.house, wish, { type: 'user', id: 'olga', roles: ['operator'] });
    const id = asked.ok ? asked.value.id : '';
    await rig.movedAgain(DATASETS[1], id, lost, wrong);
    rig.target.put(wrong, 'something else');
    const putBack = await keepRows(rig);
    let calls = 0;
    await rig.work(watched(rig.house, () => void (calls += 1)));
    const expected = await outcome(rig);
    expect(expected).toMatchObject({ remedies: [{ id, state: 'ended', closed: 1, left: 1 }] });
    const isOpen = (await rig.exceptions()).map(({ sourceId, isOpen }) => [sourceId, isOpen]);
    expect(isOpen).toEqual(
      expect.arrayContaining([
        [lost, false],
        [wrong, true],
      ]),
    );
    for (let at = 1; at <= calls; at += REMEDY_STRIDE[dialect.dialect]) {
      await putBack();
      let call = 0;
      const dying = watched(rig.house, () => {
        call += 1;
        if (call === at) throw new Error(`dies at call ${at}`);
      });
      await expect(rig.work(dying)).rejects.toThrow(`dies at call ${at}`);
      await rig.work();
      expect({ at, is: await outcome(rig) }).toEqual({ at, is: expected });
    }
  });
});
