/** The published tables, to the last digit they print. */
import { describe, expect, test } from '@jest/globals';
import { drawsAtMost } from '../../../../subgraphs/validation/domain/sampling/hypergeometric.ts';
import { binomialInterval, finiteInterval } from '../../../../subgraphs/validation/domain/sampling/interval.ts';
import {
  achievedConfidence,
  defectsAt,
  sampleSize,
  unlimitedSampleSize,
} from '../../../../subgraphs/validation/domain/sampling/sample-size.ts';

const demand = (confidence: number, tolerableRate: number, acceptanceNumber = 0) => ({
  ...{ confidence, tolerableRate, acceptanceNumber },
});

describe('sample sizes without end of the population', () => {
  test.each([
    [0.95, 0.05, 59],
    [0.95, 0.01, 299],
    [0.99, 0.01, 459],
    [0.99, 0.05, 90],
    [0.9, 0.1, 22],
    [0.95, 0.001, 2995],
  ])('%d that fewer than %d are defective, none seen: %i', (confidence, rate, size) => {
    expect(unlimitedSampleSize(demand(confidence, rate))).toBe(size);
  });

  const RATES = [0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.15, 0.2];
  // AICPA, Audit Guide "Audit Sampling", table A-1: 5 percent risk of overreliance.
  test.each([
    [0, [149, 99, 74, 59, 49, 42, 36, 32, 29, 19, 14]],
    [1, [236, 157, 117, 93, 78, 66, 58, 51, 46, 30, 22]],
  ])('the attribute tables of auditors, %i accepted', (accepted, sizes) => {
    expect(RATES.map((rate) => unlimitedSampleSize(demand(0.95, rate, accepted)))).toEqual(sizes);
  });

  // FDA, Guide to Inspections of Quality Systems (QSIT), sampling tables 1 and 2. Their limits are the two-sided
  // Clopper-Pearson ones; the rows from .10 down are rounded in print and not exact, so they are left out.
  test.each([
    [0.95, 0.3, [11, 17, 22]],
    [0.95, 0.25, [13, 20, 27]],
    [0.95, 0.2, [17, 26, 34]],
    [0.95, 0.15, [23, 35, 46]],
    [0.99, 0.25, [19, 27, 34]],
    [0.99, 0.2, [24, 34, 43]],
  ])('the binomial staged plans of inspectors, %d and %d', (confidence, limit, sizes) => {
    const oneSided = 1 - (1 - confidence) / 2;
    expect([0, 1, 2].map((accepted) => unlimitedSampleSize(demand(oneSided, limit, accepted)))).toEqual(sizes);
    for (const [accepted, size] of sizes.entries()) {
      expect(binomialInterval(accepted, size, confidence).upper).toBeLessThanOrEqual(limit);
      expect(binomialInterval(accepted, size - 1, confidence).upper).toBeGreaterThan(limit);
    }
  });

  test('the rule of three: 3 / n bounds the rate when none of n is defective', () => {
    for (const n of [30, 100, 1_000, 100_000]) {
      const upper = binomialInterval(0, n, 0.9).upper;
      expect(upper).toBeLessThan(3 / n);
      expect(upper).toBeGreaterThan(2.85 / n);
    }
  });
});

describe('intervals', () => {
  // Published for 8 of 10 (sintervals, after the tables of Pearson and Hartley), five digits.
  test.each([
    [0.99, '0.35180', '0.98915'],
    [0.95, '0.44390', '0.97479'],
    [0.9, '0.49310', '0.96323'],
  ])('8 of 10 at %d', (confidence, lower, upper) => {
    const interval = binomialInterval(8, 10, confidence);
    expect([interval.lower.toFixed(5), interval.upper.toFixed(5)]).toEqual([lower, upper]);
  });

  // samplingplans.com, TP105: the consumer's and the producer's point of n = 68, c = 2.
  test('the two risk points of a plan with 68 and 2', () => {
    expect(binomialInterval(2, 68, 0.9).upper.toFixed(6)).toBe('0.089704');
    expect(binomialInterval(3, 68, 0.9).lower.toFixed(5)).toBe('0.01213');
  });

  test('none and all of ten', () => {
    expect(binomialInterval(0, 10, 0.95).upper.toFixed(4)).toBe('0.3085');
    expect(binomialInterval(10, 10, 0.95)).toEqual({ lower: expect.closeTo(0.6915, 4), upper: 1 });
    expect(binomialInterval(0, 0, 0.95)).toEqual({ lower: 0, upper: 1 });
  });

  // R package samplingbook, README, prints [110, 161]: the first numbers that are ruled out, on either side.
  test('45 of 100 out of 300 rule out 110 and 161', () => {
    expect(finiteInterval({ population: 300, drawn: 100, defects: 45 }, 0.95)).toEqual({ lower: 111, upper: 160 });
    const risk = (defective: number) => drawsAtMost(45, { population: 300, defective, drawn: 100 });
    expect(risk(161)).toBeLessThanOrEqual(0.025);
    expect(risk(160)).toBeGreaterThan(0.025);
  });
});

describe('sample sizes of finite populations', () => {
  // R package RSurveillance, n.hypergeo, prints 76, 63, 37, 21 and 13, 28, 37, 46 by an approximation from above.
  test.each([
    [80, [1, 2, 5, 10], [76, 62, 36, 20]],
    [100, [5], [45]],
  ])('of %i', (population, defects, sizes) => {
    expect(defects.map((each) => sampleSize(population, demand(0.95, each / population)))).toEqual(sizes);
  });

  test('a thousand at 0.95 and 0.05 need 57, then 90, 119 and 146 as more are accepted', () => {
    expect([0, 1, 2, 3].map((accepted) => sampleSize(1_000, demand(0.95, 0.05, accepted)))).toEqual([57, 90, 119, 146]);
  });

  test('grow to the size for a population without end, and never beyond', () => {
    const sizes = [100, 1_000, 10_000, 1_000_000, 100_000_000].map((each) => sampleSize(each, demand(0.95, 0.01)));
    expect(sizes).toEqual([95, 258, 294, 299, 299]);
  });

  test('are all there is where one defect is too many, and nothing of nothing', () => {
    expect(sampleSize(10, demand(0.95, 0.05))).toBe(10);
    expect(sampleSize(3, demand(0.95, 0.05, 2))).toBe(3);
    expect(sampleSize(0, demand(0.95, 0.05))).toBe(0);
  });

  test('an exact tie is enough: 90 of 100 find a single defect nine times in ten', () => {
    expect(sampleSize(100, demand(0.9, 0.01))).toBe(90);
    expect(sampleSize(100, demand(0.95, 0.01))).toBe(95);
  });
});

describe('a rate as a number of units', () => {
  test.each([
    [100, 0.07, 7],
    [1_000, 0.05, 50],
    [1_001, 0.05, 51],
    [100_000_000, 1e-7, 10],
    [100, 1e-9, 1],
    [50, 1, 50],
  ])('of %i, %d is %i', (population, rate, defects) => {
    expect(defectsAt(population, rate)).toBe(defects);
  });
});

describe('achieved confidence', () => {
  test('is what the size was chosen for, and falls with each defect', () => {
    expect(achievedConfidence({ population: 1_000, drawn: 57, defects: 0 }, 0.05)).toBeGreaterThanOrEqual(0.95);
    expect(achievedConfidence({ population: 1_000, drawn: 56, defects: 0 }, 0.05)).toBeLessThan(0.95);
    const [none, one, two] = [0, 1, 2].map((defects) =>
      achievedConfidence({ population: 1_000, drawn: 100, defects }, 0.05),
    );
    expect(none).toBeGreaterThan(one ?? 1);
    expect(one).toBeGreaterThan(two ?? 1);
  });

  test('is certainty, one way or the other, when all was looked at', () => {
    expect(achievedConfidence({ population: 100, drawn: 100, defects: 4 }, 0.05)).toBe(1);
    expect(achievedConfidence({ population: 100, drawn: 100, defects: 5 }, 0.05)).toBe(0);
    expect(achievedConfidence({ population: 0, drawn: 0, defects: 0 }, 0.05)).toBe(1);
    expect(achievedConfidence({ population: 100, drawn: 0, defects: 0 }, 0.05)).toBe(0);
  });
});
