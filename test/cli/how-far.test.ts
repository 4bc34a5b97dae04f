/** What is told of a migration while it goes on. */
import { describe, expect, test } from '@jest/globals';
import { howFarMoved, howFarSurveyed } from '../../cli/how-far.ts';
import type { BatchProgress } from '../../cli/operations.ts';

const COUNTS = { items: 100, excluded: 10, packed: 90, moved: 0, setAside: 0, failed: 0, bytesMoved: '0' };
const BATCH: BatchProgress = {
  ...{ id: 'bat-1', state: 'MOVED', ...COUNTS, heldByBandwidthSeconds: 0, paused: null, waiting: null },
};

describe('how far a migration is', () => {
  test('counts what was listed while nobody knows how much there is, and then what of it was opened', () => {
    expect(howFarSurveyed(undefined)).toEqual({ phase: 'surveying', items: 0, itemsDone: 0 });
    const listing = { phase: 'LISTING', listed: 4_000, inspected: 0 } as const;
    expect(howFarSurveyed(listing)).toEqual({ phase: 'listing', items: 0, itemsDone: 4_000 });
    const inspecting = { phase: 'INSPECTING', listed: 5_000, inspected: 300 } as const;
    expect(howFarSurveyed(inspecting)).toEqual({ phase: 'inspecting', items: 5_000, itemsDone: 300 });
    const done = { phase: 'DONE', listed: 5_000, inspected: 4_990 } as const;
    expect(howFarSurveyed(done)).toEqual({ phase: 'surveyed', items: 5_000, itemsDone: 5_000 });
  });

  test('counts what is packed, then what has moved or never will', () => {
    const packing = { ...BATCH, state: 'PACKING', packed: 20 };
    expect(of(packing)).toMatchObject({ phase: 'packing', items: 90, itemsDone: 20 });
    const moving = { ...BATCH, state: 'MOVING', moved: 30, setAside: 2, failed: 1, bytesMoved: '700' };
    expect(of(moving)).toMatchObject({ phase: 'moving', items: 90, itemsDone: 33, bytesDone: 700 });
  });

  test('counts what is read back once all have moved, those of batches that are reconciled with them', () => {
    const reading = { ...BATCH, reconciliationProgress: { step: 'READING_BACK', itemsDone: 40 } } as const;
    const done = { ...BATCH, state: 'RECONCILED' };
    expect(of(reading, done)).toMatchObject({ phase: 'reading back', items: 200, itemsDone: 140 });
    expect(of(BATCH, done)).toMatchObject({ phase: 'reconciling', itemsDone: 100 });
  });

  test('names the earliest step that a batch is in', () => {
    const at = (step: 'READING_BACK' | 'MATCHING' | 'SETTLING' | 'DONE') =>
      ({ ...BATCH, reconciliationProgress: { step, itemsDone: 100 } }) as const;
    expect(of(at('SETTLING'), at('MATCHING')).phase).toBe('matching');
    expect(of(at('SETTLING'), at('DONE')).phase).toBe('settling');
    expect(of(at('DONE')).phase).toBe('reconciling');
  });
});

function of(...batches: readonly BatchProgress[]) {
  return howFarMoved({ migration: { reconciliation: null, exceptionsOpen: 0 }, batches: { nodes: batches } });
}
