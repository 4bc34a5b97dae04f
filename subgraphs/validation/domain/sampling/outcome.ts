/** What a sample came to: what the report says, the coverage matrix, and the assurance of what was left. */
import type { DrawPlan, PolicyApproval, RiskModel, WholeReason } from './draw-plan.ts';
import { finiteInterval, type Interval } from './interval.ts';
import { achievedConfidence, type Demand } from './sample-size.ts';

/** Why an item was drawn. Only those drawn by rank stand for the others. */
export const DRAWN_FOR = ['sample', 'high-risk', 'finding', 'size', 'date', 'answer', 'rejected'] as const;
export type DrawnFor = (typeof DRAWN_FOR)[number];

export type SamplingOutcome =
  | { readonly draw: 'all'; readonly reason: WholeReason; readonly population: number }
  | {
      readonly draw: 'sample';
      readonly riskModel: RiskModel;
      readonly approval: PolicyApproval;
      /** 64 hex digits: the ranks of items follow from it. */
      readonly seed: string;
      readonly demand: Demand;
      readonly population: number;
      /** What the statistics ask for; more is drawn where the policy asks for a share. */
      readonly size: number;
      /** Items by what they were drawn for; an item counts once. */
      readonly drawn: Readonly<Record<DrawnFor, number>>;
      readonly notDrawn: number;
      /** Items of those drawn by rank that had not arrived as they were. */
      readonly defects: number;
      readonly verdict: 'accepted' | 'rejected';
      /** That fewer than the tolerable share of the items is defective. */
      readonly achievedConfidence: number;
      /** Of defective items in the whole population, at the confidence asked for. */
      readonly interval: Interval;
    };

export interface SampleSeen {
  readonly seed: string;
  readonly population: number;
  readonly size: number;
  readonly drawn: Readonly<Record<DrawnFor, number>>;
  readonly notDrawn: number;
  readonly defects: number;
}

/** More defects than the acceptance number reject the sample: then every item is looked at (ISO 2859-1, 3.1.9). */
export function isRejected(defects: number, { acceptanceNumber }: Demand): boolean {
  return defects > acceptanceNumber;
}

export function outcomeOf(plan: Extract<DrawPlan, { draw: 'sample' }>, seen: SampleSeen): SamplingOutcome {
  const { riskModel, approval } = plan;
  const { confidence, tolerableRate, acceptanceNumber } = plan.demand;
  const demand = { confidence, tolerableRate, acceptanceNumber };
  const sampled = { population: seen.population, drawn: seen.drawn.sample, defects: seen.defects };
  return {
    ...{ draw: 'sample', riskModel, approval, demand },
    ...seen,
    verdict: isRejected(seen.defects, demand) ? 'rejected' : 'accepted',
    achievedConfidence: achievedConfidence(sampled, tolerableRate),
    interval: finiteInterval(sampled, confidence),
  };
}
