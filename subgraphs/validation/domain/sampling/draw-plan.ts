/** What of a dataset is looked at in depth: everything, or a sample that an approved risk model allows. */
import { TIERS, type Tier } from '../../../../kernel/tier.ts';
import type { Demand } from './sample-size.ts';

/** How one tier is looked at (schema/policy.v1.json, sampling.tiers). */
export interface TierSampling extends Demand {
  readonly draw: 'all' | 'sample';
  /** At least this share of the items is drawn, however few the statistics would ask for. */
  readonly minimumShare: number;
}

export interface SpotChecks {
  /** Items of which reading the original found something wrong. */
  readonly findings: 'drawn' | 'left';
  /** Sizes and dates this many quartile distances beyond the quartiles are outliers; null: none is. */
  readonly fenceFactor: number | null;
}

/** The document that says why a sample is enough. Without it everything is looked at. */
export interface RiskModel {
  readonly title: string;
  readonly reference: string;
  readonly rationale: string;
}

export interface SamplingPolicy {
  readonly riskModel: RiskModel | null;
  readonly tiers: Readonly<Record<Tier, TierSampling>>;
  /** Paths of items of which every one is drawn, as patterns of a plan. */
  readonly highRisk: readonly string[];
  /** Absent in policies that were sealed before it could be said. */
  readonly leftOut?: readonly LeftOutRisk[];
  readonly spotChecks: SpotChecks;
}

/** A risk that is deliberately not covered; two people have to agree. */
export interface LeftOutRisk {
  readonly risk: string;
  readonly reason: string;
  /** Where it stands in the register of risks. */
  readonly reference: string;
}

/** For policies that do not speak of samples. */
export const NOTHING_SAMPLED: SamplingPolicy = {
  riskModel: null,
  tiers: Object.fromEntries(TIERS.map((tier) => [tier, whole()])) as Record<Tier, TierSampling>,
  highRisk: [],
  spotChecks: { findings: 'drawn', fenceFactor: null },
};

function whole(): TierSampling {
  return { draw: 'all', confidence: 0.95, tolerableRate: 0.01, acceptanceNumber: 0, minimumShare: 1 };
}

/** Two people agreed to the policy, and with it to its risk model. */
export interface PolicyApproval {
  readonly proposedBy: string;
  readonly approvedBy: string;
  /** RFC 3339, UTC. */
  readonly approvedAt: string;
}

/** Why everything is looked at. */
export const WHOLE_REASONS = [
  'tier',
  'no-risk-model',
  'risk-model-not-approved',
  'records',
  'sample-rejected',
  'not-readable',
] as const;
export type WholeReason = (typeof WHOLE_REASONS)[number];

export type DrawPlan =
  | { readonly draw: 'all'; readonly reason: WholeReason }
  | {
      readonly draw: 'sample';
      readonly demand: TierSampling;
      readonly riskModel: RiskModel;
      readonly approval: PolicyApproval;
      readonly highRisk: readonly string[];
      readonly spotChecks: SpotChecks;
    };

/**
 * `unit` is what is compared. Records are compared every one: a target that lists them gives the contents along with
 * the key, and where it does not, looking whether a record is there costs as much as reading it.
 */
export function drawPlanOf(
  policy: SamplingPolicy,
  { tier, unit }: { readonly tier: Tier; readonly unit: 'items' | 'records' },
  approval: PolicyApproval | null,
): DrawPlan {
  const { riskModel, highRisk, spotChecks } = policy;
  const demand = policy.tiers[tier];
  if (demand.draw === 'all') return { draw: 'all', reason: 'tier' };
  if (unit === 'records') return { draw: 'all', reason: 'records' };
  if (riskModel === null) return { draw: 'all', reason: 'no-risk-model' };
  if (approval === null) return { draw: 'all', reason: 'risk-model-not-approved' };
  return { draw: 'sample', demand, riskModel, approval, highRisk, spotChecks };
}
