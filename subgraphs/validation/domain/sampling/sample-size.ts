/**
 * How many units to look at, and what having looked at them is worth. The plan is a single sampling plan by attributes
 * with acceptance number c (ISO 2859-2 for isolated lots; AICPA Audit Sampling, attribute sampling): if at most c of n
 * are defective, then with the stated confidence fewer than the tolerable share of the population is.
 */
import { binomialAtMost } from './binomial.ts';
import { drawsAtMost } from './hypergeometric.ts';

/** What a sample has to show. All shares are between 0 and 1, both left out. */
export interface Demand {
  /** For example 0.95. */
  readonly confidence: number;
  /** The defect rate at and above which the sample has to find too many, for example 0.05. */
  readonly tolerableRate: number;
  /** Defective units that the sample may have and still be accepted: c. */
  readonly acceptanceNumber: number;
}

/** Probabilities that are equal as fractions may differ in the last digits of a double; they count as equal. */
const TIE = 1e-12;

/** The smallest sample of a population without end (binomial). With c = 0, 0.95 and 0.05: 59. */
export function unlimitedSampleSize({ confidence, tolerableRate, acceptanceNumber }: Demand): number {
  const isEnough = (n: number): boolean => isRiskMet(binomialAtMost(acceptanceNumber, n, tolerableRate), confidence);
  let enough = acceptanceNumber + 1;
  while (!isEnough(enough)) enough *= 2;
  return smallest(acceptanceNumber, enough, isEnough);
}

/**
 * The smallest sample of a finite population (hypergeometric), never more than all of it. Where even all of it could
 * not show too many, because c reaches the tolerable number, it is all of it: then the defect rate is known.
 */
export function sampleSize(population: number, demand: Demand): number {
  const { confidence, tolerableRate, acceptanceNumber } = demand;
  const defective = defectsAt(population, tolerableRate);
  const isEnough = (drawn: number): boolean =>
    isRiskMet(drawsAtMost(acceptanceNumber, { population, defective, drawn }), confidence);
  return isEnough(population) ? smallest(0, population, isEnough) : population;
}

/** What was drawn, of how many, and how many of it were defective. */
export interface Sampled {
  readonly population: number;
  readonly drawn: number;
  readonly defects: number;
}

/**
 * The confidence, 0 to 1, with which the defect rate is below `tolerableRate`: 1 less the chance that a population at
 * that rate shows as few defects as were found. All looked at: 1 or 0. A population of nothing: 1.
 */
export function achievedConfidence({ population, drawn, defects }: Sampled, tolerableRate: number): number {
  const defective = defectsAt(population, tolerableRate);
  if (drawn >= population) return defects < defective || population === 0 ? 1 : 0;
  return 1 - drawsAtMost(defects, { population, defective, drawn });
}

/**
 * The fewest defective units of `population` that are `rate` of it or more, at least 1. The rate is taken as the
 * decimal it is written as: 0.07 of 100 are 7, though 0.07 * 100 is more than 7 in doubles.
 */
export function defectsAt(population: number, rate: number): number {
  const [digits = '0', exponent = '0'] = rate.toExponential().split('e');
  const [whole = '0', fraction = ''] = digits.split('.');
  const shift = Number(exponent) - fraction.length;
  const scaled = BigInt(whole + fraction) * BigInt(population);
  if (shift >= 0) return Number(scaled * 10n ** BigInt(shift));
  const divisor = 10n ** BigInt(-shift);
  return Math.max(1, Number((scaled + divisor - 1n) / divisor));
}

function isRiskMet(risk: number, confidence: number): boolean {
  return risk <= (1 - confidence) * (1 + TIE);
}

/** The smallest whole number above `low` that is enough, where `high` is and everything beyond it. */
export function smallest(low: number, high: number, isEnough: (n: number) => boolean): number {
  let [below, enough] = [low, high];
  while (enough - below > 1) {
    const middle = below + Math.floor((enough - below) / 2);
    if (isEnough(middle)) enough = middle;
    else below = middle;
  }
  return enough;
}
