/** A figure is of work that was done: the bench runs, and finds what it planted. */
import { expect, test } from '@jest/globals';
import { once } from '../../bench/reconcile.ts';

test('the bench of reconciliation finds every fault that it planted', async () => {
  const size = { records: 3_000, memoryMaxMb: 128, processMaxMb: 300, faults: 30, rounds: 1 };
  expect(await once(size)).toMatchObject({ name: expect.stringContaining('every fault found') });
});
