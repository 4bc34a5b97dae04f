/**
 * Exact binomial probabilities, accurate at counts of 10^8 and more: the saddle-point form of C. Loader, "Fast and
 * Accurate Computation of Binomial Probabilities" (2000). Sums run from the asked term away from the mean, so that
 * small tails lose no digits; at most some square roots of the variance are added.
 */

/** Terms smaller than this share of the sum change no digit of it. */
const NEGLIGIBLE = 1e-17;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Factorials up to here are whole numbers that a double holds exactly. */
const EXACT_FACTORIAL_MAX = 15;

/** The probability of exactly `x` of `n`, each with probability `p`; `q` is 1 - p, given to keep its digits. */
export function binomialPoint(x: number, n: number, p: number, q: number = 1 - p): number {
  if (x < 0 || x > n) return 0;
  if (p === 0) return x === 0 ? 1 : 0;
  if (q === 0) return x === n ? 1 : 0;
  if (x === 0) return Math.exp(n * logOfShare(q, p));
  if (x === n) return Math.exp(n * logOfShare(p, q));
  const exponent =
    stirlingError(n) - stirlingError(x) - stirlingError(n - x) - deviance(x, n * p) - deviance(n - x, n * q);
  const log = Math.log(x) + Math.log1p(-x / n);
  return Math.exp(exponent - HALF_LOG_TWO_PI - 0.5 * log);
}

/** P(X <= x) for X binomial with `n` trials of probability `p`. */
export function binomialAtMost(x: number, n: number, p: number): number {
  if (x < 0) return 0;
  if (x >= n) return 1;
  return x < n * p ? lowerTail(x, n, p) : 1 - upperTail(x + 1, n, p);
}

/** P(X >= x) for X binomial with `n` trials of probability `p`. */
export function binomialAtLeast(x: number, n: number, p: number): number {
  if (x <= 0) return 1;
  if (x > n) return 0;
  return x > n * p ? upperTail(x, n, p) : 1 - lowerTail(x - 1, n, p);
}

function lowerTail(x: number, n: number, p: number): number {
  return binomialPoint(x, n, p) * sumOfRatios(x, (j) => (j * (1 - p)) / ((n - j + 1) * p));
}

function upperTail(x: number, n: number, p: number): number {
  return binomialPoint(x, n, p) * sumOfRatios(n - x, (j) => (j * p) / ((n - j + 1) * (1 - p)));
}

/** 1 + r(top) + r(top) r(top - 1) + ...: a tail over its first term, until nothing changes any more. */
export function sumOfRatios(top: number, ratio: (j: number) => number): number {
  let term = 1;
  let sum = 1;
  for (let j = top; j > 0 && term > NEGLIGIBLE * sum; j -= 1) {
    term *= ratio(j);
    sum += term;
  }
  return sum;
}

/** log(share), where `rest` = 1 - share keeps the digits that a share near 1 has lost. */
function logOfShare(share: number, rest: number): number {
  return rest < share ? Math.log1p(-rest) : Math.log(share);
}

/** What Stirling's formula leaves of log(n!); the series in 1/n is good to the last digit from 16 on. */
function stirlingError(n: number): number {
  if (n <= EXACT_FACTORIAL_MAX) {
    let factorial = 1;
    for (let each = 2; each <= n; each += 1) factorial *= each;
    return n === 0 ? 0 : Math.log(factorial) - (n + 0.5) * Math.log(n) + n - HALF_LOG_TWO_PI;
  }
  const square = n * n;
  const tail = 1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square;
  return (1 / 12 - (1 / 360 - tail / square) / square) / n;
}

/** x log(x / mean) + mean - x without cancellation where the two are near each other. */
function deviance(x: number, mean: number): number {
  const gap = x - mean;
  if (Math.abs(gap) >= 0.1 * (x + mean)) return x * Math.log(x / mean) - gap;
  const v = gap / (x + mean);
  let sum = gap * v;
  let power = 2 * x * v;
  for (let j = 1; ; j += 1) {
    power *= v * v;
    const next = sum + power / (2 * j + 1);
    if (next === sum) return sum;
    sum = next;
  }
}
