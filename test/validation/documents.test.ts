/** A batch is judged by the documents it was packed with; what is declared later is for later batches. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { batchOf } from '../../subgraphs/validation/store/copies.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { change } from './planted.ts';
import { CSV_PATIENTS, demographics, documents, labs } from './practice.ts';
import { Rig } from './rig.ts';

onEveryDialect('a migration declared again', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(() => place.leave());

  test('changes nothing for a batch that is packed', async () => {
    const declared = [demographics()];
    await rig.declare(...declared);
    await rig.carry(demographics());
    await rig.sealed('demographics', 'f'.repeat(64));
    const other = CSV_PATIENTS.replace("key: 'mrn:{MRN}'", "key: 'patient:{MRN}'");
    await rig.declare(demographics(undefined, { lineage: other, owner: 'somebody else' }));
    const before = await rig.house.store.read((em) => batchOf(em, rig.batchId('demographics')));
    await rig.moved(demographics(), 'sealed before');
    await rig.work();
    expect(await rig.found(declared)).toEqual([]);
    const { lineage } = await rig.house.store.read((em) => batchOf(em, rig.batchId('demographics')));
    expect(lineage).toBe(before.lineage);
  });

  test('without a dataset does not wait for it', async () => {
    await rig.declare(demographics(), labs());
    await rig.declare(demographics());
    await rig.carry(demographics());
    await rig.moved(demographics());
    await rig.work();
    expect(await rig.events('validation.migration-reconciled.v1')).toHaveLength(1);
  });

  test('without a dataset that was moved keeps what was found of it', async () => {
    await rig.carryAll(documents(), demographics());
    await rig.work();
    await rig.declare(demographics());
    await rig.carry(demographics());
    change(rig, 'Patient', 'mrn:0001', (it) => ({ ...it, gender: 'male' }));
    await rig.moved(demographics());
    await rig.work();
    expect(await rig.found([documents(), demographics()])).toEqual([
      'code-translation-mismatch demographics mrn:0001 gender',
    ]);
    const told = (await rig.events('validation.migration-reconciled.v1')) as { datasets: object[] }[];
    expect(told.map(({ datasets }) => datasets.length)).toEqual([2, 2]);
  });

  test('whose dataset holds nothing does not wait for a batch of it', async () => {
    const empty = { ...labs(), files: {} };
    await rig.declare(demographics(), empty);
    await rig.carry(demographics());
    await rig.moved(demographics());
    await rig.carry(empty);
    await rig.moved(empty);
    await rig.work();
    expect(await rig.events('validation.migration-reconciled.v1')).toHaveLength(1);
  });
});
