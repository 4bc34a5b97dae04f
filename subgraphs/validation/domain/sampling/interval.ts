/** Exact intervals of a defect rate: never shorter than they say, however few defects there are. */
import { binomialAtLeast, binomialAtMost } from './binomial.ts';
import { drawsAtLeast, drawsAtMost } from './hypergeometric.ts';
import { type Sampled, smallest } from './sample-size.ts';

/** Both ends belong to it. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Halving an interval of doubles leaves nothing to halve after this many times. */
const HALVINGS_MAX = 1_100;

/**
 * The two-sided interval of C. J. Clopper and E. S. Pearson (Biometrika 26, 1934) for `defects` of `drawn`: half of
 * what the confidence leaves at each end. Nothing drawn: 0 to 1.
 */
export function binomialInterval(defects: number, drawn: number, confidence: number): Interval {
  const risk = (1 - confidence) / 2;
  const lower = defects === 0 ? 0 : turningPoint((p) => binomialAtLeast(defects, drawn, p) > risk);
  const upper = defects === drawn ? 1 : turningPoint((p) => binomialAtMost(defects, drawn, p) <= risk);
  return { lower, upper };
}

/**
 * The same for a population of finite size, in defective units: all numbers of defective units under which what was
 * found is not in either tail (T. Wright, "Exact Confidence Bounds When Sampling From Small Finite Universes", 1991).
 */
export function finiteInterval({ population, drawn, defects }: Sampled, confidence: number): Interval {
  const risk = (1 - confidence) / 2;
  const fewest = defects;
  const most = population - (drawn - defects);
  if (drawn === 0 || fewest === most) return { lower: fewest, upper: most };
  const lower = smallest(
    fewest - 1,
    most,
    (defective) => drawsAtLeast(defects, { population, defective, drawn }) > risk,
  );
  const beyond = smallest(
    fewest,
    most + 1,
    (defective) => defective > most || drawsAtMost(defects, { population, defective, drawn }) <= risk,
  );
  return { lower, upper: beyond - 1 };
}

/** Where between 0 and 1 a statement that is first false and then true turns. */
function turningPoint(isTrue: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let halving = 0; halving < HALVINGS_MAX; halving += 1) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (isTrue(middle)) high = middle;
    else low = middle;
  }
  return high;
}
