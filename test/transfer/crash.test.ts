/** A process that dies at any call leaves a batch that ends as if it had not. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { type DatasetGiven, type Files, Rig } from './rig.ts';

const MAP = readFileSync(join(import.meta.dirname, '../../records/maps/csv-patient-to-fhir.lineage.yaml'), 'utf8');
const CSV = 'MRN,LAST,FIRST,SEX,DOB\n7,Doe,Jane,F,1970-01-01\n8,Doe,John,M,1971-01-01\n';
const SCANS: DatasetGiven = { name: 'data', files: { 'a.pdf': 'aaaa', 'b.pdf': 'bbbb' } };
const MAPPED: DatasetGiven = { name: 'data', files: { 'p.csv': CSV }, lineage: MAP, format: 'delimited' };
/** More calls than one run makes; a run that makes more is not followed to its end. */
const CALLS_MAX = 400;
/** Every call on SQLite; on PostgreSQL, where each of them costs a second, every fourth. */
const STRIDE = { sqlite: 1, postgresql: 4 } as const;

onEveryDialect('a process that dies at any call', (dialect) => {
  let place: Place;
  let first: Rig;

  beforeEach(async () => {
    place = await dialect.enter();
    first = await Rig.open(place, { name: 'uninterrupted' });
  });
  afterEach(() => place.leave());

  const outcome = async (rig: Rig) => {
    const committed = (await rig.audit()).filter(
      ({ action, subject }) => action === 'item-committed' && itemsOf(rig).includes(subject),
    );
    const { state, moved, setAside, failed, bytesMoved, pauses } = await rig.batch('data');
    return {
      batch: { state, moved, setAside, failed, bytesMoved, pauses },
      files: [...rig.target.files].map(([path, { bytes }]) => [path, Buffer.from(bytes).toString()]).toSorted(),
      records: [...rig.target.records].map(([type, all]) => [type, all.map(({ key }) => key).toSorted()]),
      committed: committed.map(({ subject }) => itemsOf(rig).indexOf(subject)).toSorted(),
      record: (await rig.record('data')).map(({ path, state, sha256, parcels }) => [
        path,
        state,
        sha256,
        parcels.length,
      ]),
      left: rig.target.staged.size,
    };
  };
  let files: Files = {};
  const itemsOf = (rig: Rig) => Object.keys(files).map((path) => rig.itemId('data', path));

  test.each([
    ['passes through', SCANS],
    ['is mapped', MAPPED],
  ])('leaves a batch that %s to be finished exactly once', async (_, dataset) => {
    files = dataset.files;
    await first.declare(dataset);
    await first.launch();
    let calls = 0;
    const counting = first.watched(() => void (calls += 1));
    while ((await first.workOnce(counting)) !== undefined);
    const expected = await outcome(first);
    expect(expected.batch).toMatchObject({ state: 'moved', moved: Object.keys(files).length, pauses: 0 });
    expect(calls).toBeGreaterThan(20);
    expect(calls).toBeLessThan(CALLS_MAX);
    for (let dies = 1; dies <= calls; dies += STRIDE[dialect.dialect]) {
      const rig = await Rig.open(place, { name: `dies-${dies}`, database: first.database });
      await rig.declare(dataset);
      await rig.launch();
      let made = 0;
      const dying = rig.watched((call) => {
        made += 1;
        if (made >= dies) throw new Error(`died at ${call}`);
      });
      while (made < dies && (await rig.workOnce(dying)) !== undefined);
      await rig.work();
      expect({ dies, ...(await outcome(rig)) }).toEqual({ dies, ...expected });
    }
  });
});
