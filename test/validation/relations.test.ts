/** What no batch alone can show: who belongs to whom across datasets, and what is at the target besides. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Database } from '../../runtime/database.ts';
import { batchOf } from '../../subgraphs/validation/store/copies.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { change } from './planted.ts';
import {
  allergy,
  clinical,
  demographics,
  documents,
  labs,
  ndjson,
  NO_KNOWN_ALLERGY,
  oru,
  patients,
  row,
} from './practice.ts';
import { type DatasetGiven, Rig } from './rig.ts';

onEveryDialect('relationships across datasets', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  const more = (name: string, dataset: DatasetGiven): DatasetGiven => ({ ...dataset, name });

  test('are looked at once every planned batch is reconciled, and not before', async () => {
    const rig = await Rig.open(place, { database, name: 'waits' });
    const datasets = [demographics(), labs()];
    await rig.declare(...datasets);
    for (const dataset of datasets) await rig.carry(dataset);
    await rig.moved(datasets[1] as DatasetGiven);
    await rig.work();
    expect(await rig.events('validation.migration-reconciled.v1')).toHaveLength(0);
    await rig.moved(datasets[0] as DatasetGiven);
    await rig.work();
    const told = await rig.events('validation.migration-reconciled.v1');
    expect(told.map((each) => (each as { migrationId: string }).migrationId)).toContain(rig.migrationId);
  });

  test('move what one batch had verified into quarantine, and the counts stay balanced', async () => {
    const rig = await Rig.open(place, { database, name: 'crosses' });
    const here = clinical({ 'fhir/a.ndjson': ndjson(allergy('a1', '0001')) });
    const there = more('other-allergies', {
      ...clinical({ 'other/a.ndjson': ndjson(allergy('b1', '0001', NO_KNOWN_ALLERGY)) }),
      select: 'other/**',
    });
    const datasets = [here, there];
    await rig.carryAll(...datasets);
    await rig.work();
    expect(await rig.found(datasets)).toEqual(['conflicting-allergy other-allergies mrn:0001']);
    expect(await rig.unverified(datasets)).toEqual(['clinical fhir/a.ndjson', 'other-allergies other/a.ndjson']);
    const batches = (await rig.events('validation.batch-reconciled.v1')) as { batchId: string; dispositions: object }[];
    const own = batches.filter(({ batchId }) => datasets.some(({ name }) => rig.batchId(name) === batchId));
    expect(own.map(({ dispositions }) => dispositions)).toEqual(
      own.map(() => ({ eligible: 1, verified: 1, excluded: 0, quarantined: 0, failed: 0 })),
    );
    const batch = await rig.house.store.read((em) => batchOf(em, rig.batchId('clinical')));
    expect(batch.dispositions).toEqual({ eligible: 1, verified: 0, excluded: 0, quarantined: 1, failed: 0 });
  });

  test('find one patient in two datasets under two numbers, and none under one', async () => {
    const rig = await Rig.open(place, { database, name: 'doubles' });
    const first = demographics({ 'csv/a.csv': patients(row(0), row(1)) });
    const second = more('more-patients', {
      ...demographics({ 'more/b.csv': patients(row(1), row(0, { 0: '0888' })) }),
      select: 'more/**',
    });
    await rig.carryAll(first, second);
    await rig.work();
    expect(await rig.found([first, second])).toEqual(['duplicate-patient more-patients mrn:0888']);
  });

  test('say once that a dataset names its patients in some other way', async () => {
    const rig = await Rig.open(place, { database, name: 'strangers' });
    const files = Object.fromEntries(
      Array.from({ length: 25 }, (_, at) => [`oru/${at}.hl7`, oru(`LAB${1000 + at}`, `X${at}`)]),
    );
    const datasets = [demographics(), labs(files)];
    await rig.carryAll(...datasets);
    await rig.work();
    expect(await rig.found(datasets)).toEqual(['orphan labs -']);
  });

  test('leave alone what another migration of the house brought to the same target', async () => {
    const first = await Rig.open(place, { database, name: 'one' });
    await first.carryAll(demographics(), documents());
    await first.work();
    const second = await Rig.open(place, { database, name: 'two', targetName: first.targetName });
    const others = [
      demographics({ 'csv/z.csv': patients(row(2, { 0: '0555', 1: 'Moe' })) }),
      {
        ...documents(),
        files: { 'documents/index.csv': 'MRN,FILE\n0001,three.txt\n', 'documents/three.txt': 'a third\n' },
      },
    ];
    await second.carryAll(...others);
    await second.work();
    expect(await second.found(others)).toEqual([]);
  });

  test('count what is on the target only once everything is known', async () => {
    const rig = await Rig.open(place, { database, name: 'surplus' });
    await rig.carryAll(demographics());
    rig.target.addRecord('Patient', 'mrn:9999', { resourceType: 'Patient' });
    rig.target.addRecord('Patient', 'mrn:9998', { resourceType: 'Patient' });
    change(rig, 'Patient', 'mrn:0001', (it) => ({ ...it, gender: 'male' }));
    await rig.work();
    const batch = await rig.house.store.read((em) => batchOf(em, rig.batchId('demographics')));
    const counts = { source: 4, target: 6, matched: 3, differs: 1, missingOnTarget: 0, missingOnSource: 2 };
    expect(batch.verdicts).toEqual({
      ...counts,
      unreadable: 0,
      duplicates: 0,
      superseded: 0,
      notDrawn: 0,
      acknowledged: 0,
    });
  });
});
