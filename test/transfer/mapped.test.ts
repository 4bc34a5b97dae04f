/** Items that are mapped: records in parcels, all of an item or nothing. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyedDigest } from '../../kernel/digest.ts';
import { targetIdsOf } from '../../subgraphs/transfer/store/attempts.ts';
import { resumeBatches } from '../../subgraphs/transfer/work/resume.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { OLGA, Rig } from './rig.ts';

const MAP = readFileSync(join(import.meta.dirname, '../../records/maps/csv-patient-to-fhir.lineage.yaml'), 'utf8');

const patients = (from: number, count: number, sex = 'F') =>
  [
    'MRN,LAST,FIRST,SEX,DOB',
    ...Array.from({ length: count }, (_, at) => `${from + at},Doe,Jane,${sex},1970-01-01`),
    '',
  ].join('\n');

onEveryDialect('a mapped item', (dialect) => {
  let place: Place;
  let rig: Rig;

  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(() => place.leave());

  const declare = (files: Readonly<Record<string, string>>) =>
    rig.declare({ name: 'patients', files, lineage: MAP, format: 'delimited', tier: 'active-clinical' });

  test('arrives in parcels of at most a hundred records, with the id of each in the crosswalk', async () => {
    await declare({ 'p1.csv': patients(1000, 250), 'p2.csv': patients(5000, 3) });
    await rig.launch();
    await rig.work();
    expect(await rig.batch('patients')).toMatchObject({ state: 'moved', moved: 2, totals: { records: 253 } });
    expect(rig.target.records.get('Patient')).toHaveLength(253);
    const [first, second] = await rig.record('patients');
    const itemId = rig.itemId('patients', 'p1.csv');
    expect(first?.parcels.map(({ key, shape, parts }) => [key, shape, parts?.length])).toEqual([
      [`${itemId}/1`, 'records', 100],
      [`${itemId}/2`, 'records', 100],
      [`${itemId}/3`, 'records', 50],
    ]);
    const names = ['mrn:5000', 'mrn:5001', 'mrn:5002'].map((key) => keyedDigest(rig.context.keys.record, key));
    expect(second?.parcels[0]?.parts?.map(({ key }) => key)).toEqual(names);
    const [targetId] = await rig.context.store.read((em) => targetIdsOf(em, rig.datasetId('patients'), 'mrn:5001'));
    expect(rig.target.findRecord('Patient', { key: 'mrn:5001' })?.targetId).toBe(targetId);
  });

  test('with one record that cannot be mapped is set aside whole, and says where', async () => {
    await declare({ 'bad.csv': `${patients(1, 120)}9,Doe,Jane,XX,1970-01-01\n`, 'good.csv': patients(500, 1) });
    await rig.launch();
    await rig.work();
    expect(rig.target.records.get('Patient')).toHaveLength(1);
    const [bad, good] = await rig.record('patients');
    expect(bad).toMatchObject({ state: 'set-aside', reason: { code: 'NOT_MAPPABLE' }, parcels: [] });
    expect(bad?.reason?.subject).toMatch(/^item-\w+ [A-Z_]+ at .*122/);
    expect(good).toMatchObject({ state: 'moved' });
  });

  test('may come in great numbers at once, each parcel full', async () => {
    const wide = await Rig.open(place, {
      name: 'wide',
      database: rig.database,
      policy: { approval: { launch: 'not-required' }, transfer: { concurrency: 64 } },
    });
    const files = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`${at}.csv`, patients(at * 1_000, 100)]));
    await wide.declare({ name: 'patients', files, lineage: MAP, format: 'delimited' });
    await wide.launch();
    await wide.work();
    expect(await wide.batch('patients')).toMatchObject({ state: 'moved', moved: 64 });
    expect(wide.target.records.get('Patient')).toHaveLength(6_400);
  });

  test('altered in flight sends nothing', async () => {
    await declare({ 'p1.csv': patients(1000, 2) });
    rig.source.plant({ on: 'read', path: 'p1.csv', nth: 2, effect: { kind: 'corrupt', atByte: 30 } });
    await rig.launch();
    await rig.work();
    expect(rig.target.records.size).toBe(0);
    expect(await rig.record('patients')).toMatchObject([
      { state: 'set-aside', reason: { code: 'DIGEST_MISMATCH_IN_FLIGHT' } },
    ]);
  });

  test('paused between two parcels goes on with the next one', async () => {
    await declare({ 'p1.csv': patients(1000, 250) });
    rig.target.plant({ on: 'stage', nth: 2, effect: { kind: 'fail', code: 'SPACE_EXHAUSTED' } });
    await rig.launch();
    await rig.work();
    expect(await rig.batch('patients')).toMatchObject({ state: 'paused', moved: 0 });
    expect(rig.target.records.get('Patient')).toHaveLength(100);
    const decision = 'there is room again';
    await resumeBatches(rig.context, { batchId: rig.batchId('patients'), decision }, OLGA);
    const staged: string[] = [];
    await rig.workOnce(rig.watched((call) => void staged.push(call)));
    expect(staged.filter((call) => call === 'target.stage before')).toHaveLength(2);
    expect(rig.target.records.get('Patient')).toHaveLength(250);
    expect((await rig.record('patients'))[0]?.parcels.map(({ parts }) => parts?.length)).toEqual([100, 100, 50]);
  });
});
