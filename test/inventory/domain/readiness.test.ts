import { describe, expect, test } from '@jest/globals';
import { SAFE_DEFAULTS, type Policy, WANTED, type WantedFact } from '../../../subgraphs/inventory/domain/policy.ts';
import { type Charter, SIGN_OFFS } from '../../../subgraphs/inventory/domain/programme.ts';
import type { Confirmed } from '../../../subgraphs/inventory/domain/confirmation.ts';
import {
  evaluateReadiness,
  isReady,
  type DatasetFacts,
  type ReadinessFacts,
} from '../../../subgraphs/inventory/domain/readiness.ts';

const now = new Date('2026-03-01T12:00:00Z');
const dataset: DatasetFacts = {
  name: 'labs',
  tier: 'active-clinical',
  owner: 'lab',
  charter: {},
  loss: 'none',
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
  policyApproval: 'not-required',
  programme: { programme: {}, systems: ['source', 'target'], holds: [], confirmations: [], isLaunched: false },
  trust: { ways: [], window: null, confirmations: [] },
};
const { programme } = good;
const review = { scope: 'movers', reviewedBy: 'rita', reviewedAt: '2026-02-20T08:00:00Z' };
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
      expect.arrayContaining(['A04', 'D24', 'D25', 'A07', 'C07', 'A21', 'B01', 'B09']),
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
    ['a policy nobody proposed', { policyApproval: 'draft' as const }, 'A04 POLICY_NOT_PROPOSED'],
    ['a policy nobody else approved', { policyApproval: 'proposed' as const }, 'A04 POLICY_NOT_APPROVED'],
    ['lost active clinical data', { datasets: [{ ...dataset, loss: { blocking: 2 } }] }, 'B14 FIELDS_LOST'],
    [
      'a hold that is not honoured',
      { programme: { ...programme, holds: [{ dataset: 'labs', matter: 'a v. b', broken: 'left behind' }] } },
      'A26 LEGAL_HOLD',
    ],
    [
      'a report that nobody has decided about',
      { datasets: [{ ...dataset, charter: { consumers: [{ name: 'census', kind: 'report' as const }] } }] },
      'A28 CONSUMER_UNDECIDED',
    ],
    [
      'an access review with something open',
      { programme: { ...programme, programme: { accessReviews: [{ ...review, outcome: 'open' as const }] } } },
      'E12 ACCESS_REVIEW_OPEN',
    ],
    ['a policy that is not sealed', { isPolicySealed: false }, 'A04 POLICY_MISSING'],
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

  const demanding: Policy = {
    ...SAFE_DEFAULTS,
    readiness: {
      ...SAFE_DEFAULTS.readiness,
      ...(Object.fromEntries(WANTED.map((fact) => [fact, 'required'])) as Record<WantedFact, 'required'>),
    },
  };
  const charter: Charter = {
    domain: 'labs',
    risks: [{ risk: 'dates without a zone', level: 'high', mitigation: 'the site says its zone' }],
    acceptance: [{ criterion: 'every result of last year is found' }],
    retention: { years: 10, authority: 'state law' },
    legalHold: { held: false, matter: 'none' },
    consumers: [{ name: 'census', kind: 'report', atCutover: 'repoint' }],
  };
  const said = (kind: Confirmed['kind'], subject: string, hoursAgo: number): Confirmed => ({
    kind,
    subject,
    happenedAt: new Date(now.getTime() - hoursAgo * 3_600_000).toISOString(),
    testedAt: null,
    confirmedBy: 'rita',
  });
  const full: ReadinessFacts = {
    ...good,
    datasets: [{ ...dataset, charter, loss: { blocking: 0 } }],
    programme: {
      ...programme,
      programme: {
        stakeholders: [{ name: 'rita', role: 'CMIO', responsibility: 'all', signsOff: [...SIGN_OFFS] }],
      },
      confirmations: [
        said('backup', 'source', 71),
        said('backup', 'target', 1),
        said('access-review', 'movers', 89 * 24),
      ],
    },
  };
  const without = (name: keyof Charter): Partial<ReadinessFacts> => ({
    datasets: full.datasets.map((each) => ({ ...each, charter: { ...charter, [name]: undefined } })),
  });
  const of = (change: Partial<ReadinessFacts['programme']>): Partial<ReadinessFacts> => ({
    programme: { ...full.programme, ...change },
  });

  test('of a demanding policy opens for a programme that has everything', () => {
    expect(blocking(full, demanding)).toEqual([]);
  });

  test.each([
    ['a domain', without('domain'), ['A08 DOMAIN_MISSING']],
    ['a list of risks', without('risks'), ['A23 RISKS_MISSING']],
    ['acceptance criteria', without('acceptance'), ['A24 ACCEPTANCE_MISSING']],
    ['a retention rule', without('retention'), ['A25 RETENTION_MISSING']],
    ['a word on legal hold', without('legalHold'), ['A26 LEGAL_HOLD_MISSING']],
    ['its consumers', without('consumers'), ['A27 CONSUMERS_MISSING']],
    [
      'a loss report',
      { datasets: full.datasets.map((each) => ({ ...each, loss: 'missing' as const })) },
      ['B14 LOSS_REPORT_MISSING'],
    ],
    ['stakeholders', of({ programme: {} }), ['A21 STAKEHOLDER_MISSING']],
    [
      'confirmations',
      of({ confirmations: [] }),
      ['N04 BACKUP_MISSING', 'N04 BACKUP_MISSING', 'E12 ACCESS_REVIEW_MISSING'],
    ],
    [
      'fresh confirmations',
      of({
        confirmations: [said('backup', 'source', 73), said('backup', 'target', 1), said('access-review', 'x', 91 * 24)],
      }),
      ['N04 BACKUP_STALE', 'E12 ACCESS_REVIEW_STALE'],
    ],
  ])('of a demanding policy is kept shut without %s, and a safe default opens', (_, change, expected) => {
    const facts = { ...full, ...change };
    expect(blocking(facts, demanding)).toEqual(expected);
    expect(blocking(facts)).toEqual([]);
  });

  test('takes no word on paper for a confirmation, and lets nothing grow old once something is launched', () => {
    const backups = ['source', 'target'].map((system) => ({ system, takenAt: now.toISOString(), confirmedBy: 'bob' }));
    const paper = of({ confirmations: [], programme: { ...full.programme.programme, backups } });
    expect(blocking({ ...full, ...paper }, demanding)).toContain('N04 BACKUP_MISSING');
    const year = 366 * 24;
    const old = [said('backup', 'source', year), said('backup', 'target', year), said('access-review', 'x', year)];
    const survey = { ...full.survey, finishedAt: new Date(0) };
    expect(blocking({ ...full, survey, ...of({ confirmations: old, isLaunched: true }) }, demanding)).toEqual([]);
  });
});
