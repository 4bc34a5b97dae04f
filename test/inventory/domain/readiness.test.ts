import { describe, expect, test } from '@jest/globals';
import { SAFE_DEFAULTS, type Policy } from '../../../subgraphs/inventory/domain/policy.ts';
import {
  evaluateReadiness,
  isReady,
  type DatasetFacts,
  type ReadinessFacts,
} from '../../../subgraphs/inventory/domain/readiness.ts';

const now = new Date('2026-03-01T12:00:00Z');
const dataset: DatasetFacts = {
  name: 'labs',
  owner: 'lab',
  items: 3,
  lineage: { state: 'not-required', problem: null },
  exclusionsWaiting: 0,
};
const endpoint = { label: 'source', connector: 'sftp', settingsProblem: null, connectionProblem: null };
const good: ReadinessFacts = {
  survey: { state: 'complete', finishedAt: now, unclaimedItems: 0, failure: null },
  datasets: [dataset],
  endpoints: [endpoint],
  isPolicySealed: true,
};
const problem = { code: 'PEER_NOT_TRUSTED', reason: 'the host key is not the one in the plan' };

function blocking(facts: Partial<ReadinessFacts>, policy: Policy = SAFE_DEFAULTS) {
  const lines = evaluateReadiness({ ...good, ...facts }, policy, now);
  expect(isReady(lines)).toBe(lines.every(({ ok }) => ok));
  return lines.filter(({ ok }) => !ok).map(({ requirement, code }) => `${requirement} ${code}`);
}

describe('the readiness gate', () => {
  test('opens when every requirement is met, and says so line by line', () => {
    const lines = evaluateReadiness(good, SAFE_DEFAULTS, now);
    expect(isReady(lines)).toBe(true);
    expect(lines.map(({ requirement }) => requirement)).toEqual(
      expect.arrayContaining(['S', 'D24', 'D25', 'A07', 'C07', 'A21', 'B01', 'B09']),
    );
  });

  test.each([
    ['no survey', { survey: { ...good.survey, state: 'none' as const } }, 'A07 SURVEY_MISSING'],
    ['a survey under way', { survey: { ...good.survey, state: 'running' as const } }, 'A07 SURVEY_RUNNING'],
    [
      'a survey that failed',
      { survey: { ...good.survey, state: 'failed' as const, failure: problem } },
      'A07 PEER_NOT_TRUSTED',
    ],
    [
      'a survey of last month',
      { survey: { ...good.survey, finishedAt: new Date('2026-02-01T12:00:00Z') } },
      'A07 SURVEY_STALE',
    ],
    ['a dataset nobody owns', { datasets: [{ ...dataset, owner: null }] }, 'A21 OWNER_MISSING'],
    [
      'a lineage map that cannot be followed',
      { datasets: [{ ...dataset, lineage: { state: 'not-required' as const, problem } }] },
      'B01 PEER_NOT_TRUSTED',
    ],
    [
      'a lineage map nobody proposed',
      { datasets: [{ ...dataset, lineage: { state: 'draft' as const, problem: null } }] },
      'B09 LINEAGE_NOT_PROPOSED',
    ],
    [
      'a lineage map nobody approved',
      { datasets: [{ ...dataset, lineage: { state: 'proposed' as const, problem: null } }] },
      'B09 LINEAGE_NOT_APPROVED',
    ],
    [
      'an exclusion nobody approved',
      { datasets: [{ ...dataset, exclusionsWaiting: 1 }] },
      'B14 EXCLUSION_NOT_APPROVED',
    ],
    [
      'a peer that is not trusted',
      { endpoints: [{ ...endpoint, connectionProblem: problem }] },
      'D25 PEER_NOT_TRUSTED',
    ],
    ['settings that do not fit', { endpoints: [{ ...endpoint, settingsProblem: problem }] }, 'D24 PEER_NOT_TRUSTED'],
    ['a policy that is not sealed', { isPolicySealed: false }, 'S POLICY_MISSING'],
  ])('is kept shut by %s, and by that alone', (_, facts, expected) => {
    expect(blocking(facts)).toEqual([expected]);
  });

  test('shows items outside every dataset, and is kept shut by them only when the policy says so', () => {
    const survey = { ...good.survey, unclaimedItems: 7 };
    const lines = evaluateReadiness({ ...good, survey }, SAFE_DEFAULTS, now);
    expect(lines.find(({ reason }) => reason?.startsWith('7 items'))?.ok).toBe(true);
    const readiness = { ...SAFE_DEFAULTS.readiness, unclaimedItems: 'blocking' as const };
    expect(blocking({ survey }, { ...SAFE_DEFAULTS, readiness })).toEqual(['A06 ITEMS_UNCLAIMED']);
  });

  test('does not ask for an owner when the policy does not', () => {
    const readiness = { ...SAFE_DEFAULTS.readiness, owner: 'optional' as const };
    expect(blocking({ datasets: [{ ...dataset, owner: null }] }, { ...SAFE_DEFAULTS, readiness })).toEqual([]);
  });
});
