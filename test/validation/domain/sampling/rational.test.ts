/** Against whole fractions: binomial coefficients as BigInt, nothing rounded before the very end. */
import { describe, expect, test } from '@jest/globals';
import { binomialAtLeast, binomialAtMost } from '../../../../subgraphs/validation/domain/sampling/binomial.ts';
import { drawsAtLeast, drawsAtMost } from '../../../../subgraphs/validation/domain/sampling/hypergeometric.ts';
import { binomialInterval, finiteInterval } from '../../../../subgraphs/validation/domain/sampling/interval.ts';
import { sampleSize } from '../../../../subgraphs/validation/domain/sampling/sample-size.ts';

function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let value = 1n;
  for (let each = 1; each <= Math.min(k, n - k); each += 1) {
    value = (value * BigInt(n - each + 1)) / BigInt(each);
  }
  return value;
}

const SCALE = 10n ** 40n;

/** A fraction as a double, from forty digits of it. */
function toNumber(above: bigint, below: bigint): number {
  return Number((above * SCALE) / below) / 1e40;
}

function sumOf(from: number, to: number, term: (x: number) => bigint): bigint {
  let sum = 0n;
  for (let x = from; x <= to; x += 1) sum += term(x);
  return sum;
}

/** P(X <= x) of a draw, as above over below. */
function drawn(x: number, population: number, defective: number, size: number): readonly [bigint, bigint] {
  const ways = (j: number): bigint => choose(defective, j) * choose(population - defective, size - j);
  return [sumOf(0, x, ways), choose(population, size)];
}

const close = (value: number, exact: number): void =>
  expect(Math.abs(value - exact)).toBeLessThanOrEqual(2e-13 * Math.max(exact, 1e-300) + 1e-16);

describe('hypergeometric tails are right to twelve digits', () => {
  test('for every draw of populations up to 24', () => {
    for (let population = 1; population <= 24; population += 1) {
      for (let defective = 0; defective <= population; defective += 1) {
        for (let size = 0; size <= population; size += 3) {
          for (let x = 0; x <= Math.min(defective, size); x += 1) {
            const draw = { population, defective, drawn: size };
            const [above, below] = drawn(x, population, defective, size);
            close(drawsAtMost(x, draw), toNumber(above, below));
            close(drawsAtLeast(x + 1, draw), toNumber(below - above, below));
          }
        }
      }
    }
  });

  test.each([
    [0, 100_000_000, 5_000_000, 59],
    [2, 100_000_000, 5_000_000, 124],
    [5, 100_000_000, 1_000, 1_500_000],
    [3, 30_000, 900, 250],
    [12, 1_000_000, 40_000, 300],
  ])('at most %i of %i with %i defective, %i drawn', (x, population, defective, size) => {
    const draw = { population, defective, drawn: size };
    const [above, below] = exactlyLarge(x, population, defective, size);
    const exact = toNumber(above, below);
    expect(Math.abs(drawsAtMost(x, draw) / exact - 1)).toBeLessThan(1e-12);
  });
});

/** The same with what is common to both coefficients left out: the smaller of the two draws is expanded. */
function exactlyLarge(x: number, population: number, defective: number, size: number): readonly [bigint, bigint] {
  const [few, many] = [Math.min(size, defective), Math.max(size, defective)];
  const falling = (from: number, count: number): bigint => {
    let value = 1n;
    for (let each = 0; each < count; each += 1) value *= BigInt(from - each);
    return value;
  };
  const ways = (j: number): bigint => choose(few, j) * falling(many, j) * falling(population - many, few - j);
  return [sumOf(0, x, ways), falling(population, few)];
}

describe('binomial tails are right to twelve digits', () => {
  test.each([
    [3n, 10n],
    [1n, 20n],
    [1n, 1000n],
    [97n, 100n],
  ])('for every count up to 60 at %i / %i', (above, below) => {
    const p = Number(above) / Number(below);
    for (let n = 1; n <= 60; n += 7) {
      const ways = (j: number): bigint => choose(n, j) * above ** BigInt(j) * (below - above) ** BigInt(n - j);
      for (let x = 0; x < n; x += 1) {
        const whole = below ** BigInt(n);
        const sum = sumOf(0, x, ways);
        close(binomialAtMost(x, n, p), toNumber(sum, whole));
        close(binomialAtLeast(x + 1, n, p), toNumber(whole - sum, whole));
      }
    }
  });
});

describe('sizes and intervals are those of the fractions', () => {
  test('the smallest sample, for every population up to 60 and up to two accepted', () => {
    for (let population = 1; population <= 60; population += 1) {
      for (const [rate, perHundred] of [
        [0.05, 5],
        [0.1, 10],
      ] as const) {
        for (const acceptanceNumber of [0, 1, 2]) {
          const defective = Math.max(1, Math.ceil((population * perHundred) / 100));
          let size = 0;
          const isEnough = (): boolean => {
            const [above, below] = drawn(acceptanceNumber, population, defective, size);
            return above * 10n <= below;
          };
          while (size < population && !isEnough()) size += 1;
          const demand = { confidence: 0.9, tolerableRate: rate, acceptanceNumber };
          expect([population, rate, sampleSize(population, demand)]).toEqual([population, rate, size]);
        }
      }
    }
  });

  test('the interval of every draw of 17 out of 40', () => {
    for (let defects = 0; defects <= 17; defects += 1) {
      const inside = Array.from({ length: 41 }, (_, defective) => defective).filter((defective) => {
        if (defective < defects || defective > 40 - (17 - defects)) return false;
        const [atMost, all] = drawn(defects, 40, defective, 17);
        const [fewer] = defects === 0 ? [0n] : drawn(defects - 1, 40, defective, 17);
        return atMost * 40n > all && (all - fewer) * 40n > all;
      });
      const interval = finiteInterval({ population: 40, drawn: 17, defects }, 0.95);
      expect(interval).toEqual({ lower: inside[0], upper: inside.at(-1) });
    }
  });

  test('a hundred million units are no slower and no less exact', () => {
    const { lower, upper } = finiteInterval({ population: 100_000_000, drawn: 50_000_000, defects: 5_000_000 }, 0.99);
    const draw = (defective: number) => ({ population: 100_000_000, defective, drawn: 50_000_000 });
    expect(drawsAtMost(5_000_000, draw(upper))).toBeGreaterThan(0.005);
    expect(drawsAtMost(5_000_000, draw(upper + 1))).toBeLessThanOrEqual(0.005);
    expect(drawsAtLeast(5_000_000, draw(lower))).toBeGreaterThan(0.005);
    expect(drawsAtLeast(5_000_000, draw(lower - 1))).toBeLessThanOrEqual(0.005);
    const endless = binomialInterval(5_000_000, 50_000_000, 0.99);
    expect(lower / 100_000_000).toBeGreaterThan(endless.lower);
    expect(upper / 100_000_000).toBeLessThan(endless.upper);
  });
});
