import { describe, expect, test } from '@jest/globals';
import { rankOf, RankCount } from '../../../../subgraphs/validation/domain/sampling/draw.ts';
import type { TierSampling } from '../../../../subgraphs/validation/domain/sampling/draw-plan.ts';
import { FenceCount, isOutside } from '../../../../subgraphs/validation/domain/sampling/fence.ts';

const SEED = Buffer.alloc(32, 0xaa);
const demand: TierSampling = {
  ...{ draw: 'sample', confidence: 0.95, tolerableRate: 0.05, acceptanceNumber: 0, minimumShare: 0 },
};
const items = Array.from({ length: 5_000 }, (_, at) => `item-${at}`);

function drawn(from: readonly string[], minimumShare = 0): readonly string[] {
  const count = new RankCount({ ...demand, minimumShare });
  for (const item of from) count.add(rankOf(SEED, item));
  const { upTo } = count.end();
  return from.filter((item) => rankOf(SEED, item) <= upTo).toSorted();
}

describe('a sample', () => {
  test('can be drawn again from its seed by anybody: HMAC-SHA-256 of the id, its first 13 hex digits', () => {
    // printf %s item-1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:aaaa...
    expect(rankOf(SEED, 'item-1').toString(16).padStart(13, '0')).toBe('01d5a52587dbb');
  });

  test('has the size the statistics ask for, and not one item more', () => {
    expect(drawn(items)).toHaveLength(59);
    expect(drawn(items.slice(0, 1_000))).toHaveLength(57);
    expect(drawn(items.slice(0, 7))).toHaveLength(7);
    expect(drawn([])).toEqual([]);
  });

  test('is the same in whatever order items come', () => {
    expect(drawn(items.toReversed())).toEqual(drawn(items));
    expect(drawn(items.toSorted())).toEqual(drawn(items));
  });

  test('of two parts holds the sample of both', () => {
    const parts = [...drawn(items.slice(0, 1_800)), ...drawn(items.slice(1_800))];
    const lowest = parts.toSorted((left, right) => rankOf(SEED, left) - rankOf(SEED, right)).slice(0, 59);
    expect(lowest.toSorted()).toEqual(drawn(items));
  });

  test('is another with another seed', () => {
    const other = items.filter((item) => rankOf(Buffer.alloc(32, 0xbb), item) < 2 ** 45);
    const one = items.filter((item) => rankOf(SEED, item) < 2 ** 45);
    expect(other).not.toEqual(one);
  });

  test('holds at least the share that was asked for, as near as chance lets it', () => {
    const share = drawn(items, 0.95).length / items.length;
    expect(share).toBeGreaterThan(0.94);
    expect(share).toBeLessThan(0.96);
    expect(drawn(items, 1)).toHaveLength(items.length);
  });

  test('takes every item as often as any other, over many seeds', () => {
    const times = new Map<string, number>();
    const some = items.slice(0, 100);
    for (let at = 0; at < 400; at += 1) {
      const seed = Buffer.from(at.toString(16).padStart(64, '0'), 'hex');
      const ranked = some
        .map((item) => [rankOf(seed, item), item] as const)
        .toSorted(([left], [right]) => left - right);
      for (const [, item] of ranked.slice(0, 25)) times.set(item, (times.get(item) ?? 0) + 1);
    }
    // 100 times each, with a standard deviation below 9.
    for (const item of some) expect(Math.abs((times.get(item) ?? 0) - 100)).toBeLessThan(45);
  });
});

describe('a fence', () => {
  test('leaves outside what is far beyond the quartiles, and nothing else', () => {
    const count = new FenceCount();
    for (let at = 0; at < 1_000; at += 1) count.add(10_000 + at * 20);
    for (const odd of [0, 3, 50_000_000]) count.add(odd);
    const fence = count.end(3);
    expect([0, 3, 50_000_000].map((value) => isOutside(value, fence))).toEqual([true, true, true]);
    expect([10_000, 20_000, 30_000].map((value) => isOutside(value, fence))).toEqual([false, false, false]);
  });

  test('is none where nothing went by, or nearly everything is alike', () => {
    expect(new FenceCount().end(3)).toBeUndefined();
    const alike = new FenceCount();
    for (let at = 0; at < 100; at += 1) alike.add(512);
    alike.add(9);
    expect(alike.end(3)).toBeUndefined();
    expect(isOutside(9, undefined)).toBe(false);
  });

  test('counts sizes up to the largest whole number a double holds', () => {
    const count = new FenceCount();
    for (const value of [0, 1, 2, Number.MAX_SAFE_INTEGER]) count.add(value);
    expect(count.end(1)).toBeDefined();
  });
});
