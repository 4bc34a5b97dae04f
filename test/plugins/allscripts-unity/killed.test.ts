/** A process that dies between any two steps of a commit: begun again, every record is there once. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Spool } from '../../../plugins/sdk/index.ts';
import { never } from '../host/house.ts';
import { DyingSpool, MemorySpool } from '../host/memory-spool.ts';
import {
  ALLERGY,
  DRUG,
  enterUnityHouse,
  once,
  parcelOf,
  PATIENT,
  READ_BACK,
  record,
  type UnityHouse,
} from './house.ts';

const SETTLE_MS = 300_000;
/** More steps than the commit has. */
const STEPS_MAX = 100;

let house: UnityHouse;
beforeEach(async () => {
  house = await enterUnityHouse();
});
afterEach(() => house.leave());

const NOTE = record('DocumentReference/n1', 'SaveNote', { text: 'Seen today.', documentType: 'ChartNote' });
const CHART = [PATIENT, ALLERGY, DRUG, NOTE];

test.each([
  ['and its last step was kept', true],
  ['and its last step was lost', false],
])('killed after each of its steps, %s', async (_, isLastKept) => {
  const { parcel, body } = parcelOf(CHART);
  const again = async (spool: Spool) => {
    const target = await house.target({ readBack: { SaveNote: READ_BACK.SaveNote } }, spool);
    const staged = await target.stage(parcel, once(body), never());
    return target.commit(parcel, staged, never());
  };
  let steps = 1;
  for (; steps < STEPS_MAX; steps++) {
    const disk = new MemorySpool();
    house.server.store.entries.splice(0);
    // The first step of all stages the parcel.
    const died = await again(new DyingSpool(disk, steps, isLastKept)).then(
      () => false,
      () => true,
    );
    house.clock.advance(SETTLE_MS);
    const { parts } = await again(disk);
    expect(house.server.store.entries.map(({ action }) => action)).toEqual([
      ...['SavePatient', 'SaveAllergy', 'SaveRX', 'SaveNote'],
    ]);
    const ids = house.server.store.entries.map(({ id }) => `/${id}`);
    expect(parts?.map(({ key, targetId }) => [key, targetId.slice(targetId.lastIndexOf('/'))])).toEqual(
      CHART.map(({ key }, at) => [key, ids[at]]),
    );
    if (!died) break;
  }
  expect(steps).toBeGreaterThan(CHART.length * 3);
  expect(steps).toBeLessThan(STEPS_MAX);
});
