/** The smaller edition of `npm run mutations`: one of every class of loss and defect, all at once. */
import { expect, test } from '@jest/globals';
import { measureFeeds } from '../../proofs/mutations/feeds.ts';
import { measureMutations, MUTATIONS } from '../../proofs/mutations/measure.ts';
import { measureSamples } from '../../proofs/mutations/samples.ts';
import { SAMPLES } from '../support/samples.ts';

const missed = (classes: readonly { readonly name: string; readonly seeded: number; readonly found: number }[]) =>
  classes.filter(({ seeded, found }) => found < seeded).map(({ name }) => name);

test('every class of loss and defect is found, nothing else is, and a sound practice has no alarm', async () => {
  const { classes, unexplained, clean } = await measureMutations(1);
  expect(missed(classes)).toEqual([]);
  expect(unexplained).toEqual([]);
  expect(clean.alarms).toEqual([]);
  expect(clean.units).toBeGreaterThan(500);
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
});

test('a feed that was dropped is found whatever its rhythm, and a whole one has no alarm', async () => {
  const { found, alarms, units } = await measureFeeds(4);
  expect(missed(found)).toEqual([]);
  expect(alarms).toEqual([]);
  expect(units).toBeGreaterThan(200);
});

(SAMPLES === undefined ? test.skip : test)(
  'what a target does to real samples is found, and nothing is invented',
  async () => {
    const { classes, units, alarms } = await measureSamples(SAMPLES ?? '', 1);
    expect(missed(classes)).toEqual([]);
    expect(alarms).toEqual([]);
    expect(units).toBeGreaterThan(500);
  },
);
