import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../../kernel/canonical-json.ts';
import { completePolicy } from '../../../../subgraphs/inventory/domain/policy.ts';
import { policyOf } from '../../../../subgraphs/validation/domain/category.ts';
import {
  drawPlanOf,
  NOTHING_SAMPLED,
  type SamplingPolicy,
} from '../../../../subgraphs/validation/domain/sampling/draw-plan.ts';

const RISK_MODEL = { title: 'Archive risk', reference: 'RM-7 v2', rationale: 'read once a year' };
const approval = { proposedBy: 'olga', approvedBy: 'anna', approvedAt: '2026-11-01T12:00:00.000Z' };
const archive = { tier: 'compliance-archive', unit: 'items' } as const;

function policy(sampling: Json): SamplingPolicy {
  return policyOf(completePolicy({ sampling }) as unknown as Json).sampling ?? NOTHING_SAMPLED;
}

const sampled = policy({ riskModel: RISK_MODEL, tiers: { 'compliance-archive': { draw: 'sample' } } });

describe('everything is looked at', () => {
  test.each([
    ['in a tier that is not sampled', sampled, { tier: 'active-clinical', unit: 'items' }, approval, 'tier'],
    ['where nothing is said of samples', policy({}), archive, approval, 'tier'],
    [
      'without a risk model',
      policy({ tiers: { 'compliance-archive': { draw: 'sample' } } }),
      archive,
      approval,
      'no-risk-model',
    ],
    ['while nobody else approved the risk model', sampled, archive, null, 'risk-model-not-approved'],
    ['of what is compared record by record', sampled, { ...archive, unit: 'records' }, approval, 'records'],
  ] as const)('%s', (_, given, of, by, reason) => {
    expect(drawPlanOf(given, of, by)).toEqual({ draw: 'all', reason });
  });

  test('under a policy that was sealed before there were samples', () => {
    expect(policyOf({}).sampling).toBeNull();
    expect(drawPlanOf(NOTHING_SAMPLED, archive, approval)).toEqual({ draw: 'all', reason: 'tier' });
  });
});

test('a sample has the demand of its tier, the risk model, and those who agreed to it', () => {
  const plan = drawPlanOf(sampled, archive, approval);
  expect(plan).toMatchObject({ draw: 'sample', riskModel: RISK_MODEL, approval });
  expect(plan).toMatchObject({ demand: { confidence: 0.95, tolerableRate: 0.01, acceptanceNumber: 0 } });
});
