/**
 * Exact hypergeometric probabilities: how many of `defective` units of a finite population are among those drawn
 * without replacement. A point is three binomial points (C. Loader, 2000), so that no factorial overflows and
 * populations of 10^8 keep their digits.
 */
import { binomialPoint, sumOfRatios } from './binomial.ts';

export interface Draw {
  /** Units there are. */
  readonly population: number;
  /** How many of them are defective. */
  readonly defective: number;
  /** Units drawn, none twice. */
  readonly drawn: number;
}

/** P(X <= x): at most `x` defective units among those drawn. */
export function drawsAtMost(x: number, draw: Draw): number {
  if (x < fewest(draw)) return 0;
  if (x >= most(draw)) return 1;
  return x < mean(draw) ? lowerTail(x, draw) : 1 - upperTail(x + 1, draw);
}

/** P(X >= x): at least `x` defective units among those drawn. */
export function drawsAtLeast(x: number, draw: Draw): number {
  if (x <= fewest(draw)) return 1;
  if (x > most(draw)) return 0;
  return x > mean(draw) ? upperTail(x, draw) : 1 - lowerTail(x - 1, draw);
}

function fewest({ population, defective, drawn }: Draw): number {
  return Math.max(0, drawn + defective - population);
}

function most({ defective, drawn }: Draw): number {
  return Math.min(defective, drawn);
}

function mean({ population, defective, drawn }: Draw): number {
  return (drawn / population) * defective;
}

/** P(X = x). */
function point(x: number, { population, defective, drawn }: Draw): number {
  const p = drawn / population;
  const q = (population - drawn) / population;
  const among = binomialPoint(x, defective, p, q) * binomialPoint(drawn - x, population - defective, p, q);
  return among / binomialPoint(drawn, population, p, q);
}

function lowerTail(x: number, draw: Draw): number {
  const { population, defective, drawn } = draw;
  const sound = population - defective;
  const ratio = (j: number): number => ((j / (drawn - j + 1)) * (sound - drawn + j)) / (defective - j + 1);
  return point(x, draw) * sumOfRatios(x, ratio);
}

function upperTail(x: number, draw: Draw): number {
  const { population, defective, drawn } = draw;
  const sound = population - defective;
  const top = most(draw) - x;
  // Upwards from x: the j-th step counted from the top reaches x + (top - j) + 1.
  const ratio = (j: number): number => {
    const from = x + top - j;
    return (((defective - from) / (from + 1)) * (drawn - from)) / (sound - drawn + from + 1);
  };
  return point(x, draw) * sumOfRatios(top, ratio);
}
