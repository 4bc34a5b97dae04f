import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DistinctCounter } from '../../../records/profile/distinct.ts';
import { DISTINCT_ERROR, DISTINCT_EXACT_MAX } from '../../../records/profile/limits.ts';
import { Scan } from '../../../records/profile/scan.ts';

function counterOf(texts: Iterable<string>): DistinctCounter {
  const counter = new DistinctCounter();
  const scan = new Scan();
  for (const text of texts) {
    scan.read(text);
    counter.add(scan.high, scan.low);
  }
  return counter;
}

const texts = (count: number, stem: string) => Array.from({ length: count }, (_, at) => `${stem}${at}`);

describe('distinct values', () => {
  test('are counted exactly up to the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 4 }), { maxLength: DISTINCT_EXACT_MAX }), (some) => {
        const counter = counterOf(some);
        expect(counter.isExact).toBe(true);
        expect(counter.count()).toBe(new Set(some).size);
      }),
    );
    expect(counterOf(texts(DISTINCT_EXACT_MAX, 'v')).count()).toBe(DISTINCT_EXACT_MAX);
    expect(counterOf(texts(DISTINCT_EXACT_MAX + 1, 'v')).isExact).toBe(false);
  });

  test.each([1_500, 5_000, 12_000, 100_000])('are estimated within four standard errors: %d', (count) => {
    for (const stem of ['', 'MRN-00', 'a b ']) {
      const counter = counterOf(texts(count, stem));
      expect(counter.error).toBe(DISTINCT_ERROR);
      expect(Math.abs(counter.count() - count) / count).toBeLessThan(4 * DISTINCT_ERROR);
    }
  });

  test('come out alike in whatever order and parts they were counted', () => {
    const value = fc.nat({ max: 3_000 }).map((each) => `x${each}`);
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 1_200 }), { minLength: 3, maxLength: 3 }), (parts) => {
        const [a = [], b = [], c = []] = parts;
        const left = counterOf(a);
        left.merge(counterOf(b));
        left.merge(counterOf(c));
        const right = counterOf(c);
        const inner = counterOf(b);
        inner.merge(counterOf(a));
        right.merge(inner);
        const whole = counterOf([...a, ...b, ...c]);
        expect(left.toJson()).toEqual(whole.toJson());
        expect(right.toJson()).toEqual(whole.toJson());
        expect(DistinctCounter.fromJson(whole.toJson()).toJson()).toEqual(whole.toJson());
        expect(left.count()).toBe(whole.count());
      }),
      { numRuns: 15 },
    );
  });
});
