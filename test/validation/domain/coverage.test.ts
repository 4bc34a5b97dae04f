import { describe, expect, test } from '@jest/globals';
import { ACCEPTANCE_ROLES, NOBODY_SIGNS } from '../../../kernel/acceptance.ts';
import type { Actor, Role } from '../../../kernel/actor.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import {
  type AcceptanceFacts,
  hoursOfDay,
  roleStatuses,
  sign,
  type SignOff,
} from '../../../subgraphs/validation/domain/acceptance.ts';
import { policyOf } from '../../../subgraphs/validation/domain/category.ts';
import { type CoverageFacts, coverageRow } from '../../../subgraphs/validation/domain/coverage.ts';
import { coveragePage } from '../../../subgraphs/validation/domain/coverage-page.ts';
import type { SamplingOutcome } from '../../../subgraphs/validation/domain/sampling/outcome.ts';
import { NO_VERDICTS } from '../../../subgraphs/validation/domain/verdict.ts';

const [REPORT, OLDER] = ['a'.repeat(64), 'b'.repeat(64)];
const AT = new Date('2026-11-01T12:00:00.000Z');
const NONE = { P1: 0, P2: 0, P3: 0, P4: 0 };
const facts: CoverageFacts = {
  dataset: { datasetId: 'ds-1', dataset: 'labs', tier: 'active-clinical', unit: 'records' },
  items: 3,
  reconciled: {
    verdicts: { ...NO_VERDICTS, source: 1_000, target: 1_000, matched: 1_000 },
    dispositions: { eligible: 3, verified: 3, excluded: 0, quarantined: 0, failed: 0 },
    assurance: { fields: 3 },
    sampling: { draw: 'all', reason: 'tier', population: 3 },
  },
  exceptionsOpen: NONE,
  signOffs: [],
  scripts: 'not-walked',
  workflow: [],
  confidence: 0.95,
  defectRateMax: 0,
};
const sampling: SamplingOutcome = {
  ...{ draw: 'sample', seed: REPORT, population: 1_000, size: 57, notDrawn: 900, defects: 0, verdict: 'accepted' },
  riskModel: { title: 'Archive', reference: 'RM-7', rationale: 'rarely read' },
  approval: { proposedBy: 'olga', approvedBy: 'anna', approvedAt: AT.toISOString() },
  demand: { confidence: 0.95, tolerableRate: 0.05, acceptanceNumber: 0 },
  drawn: { sample: 57, 'high-risk': 40, finding: 3, size: 0, date: 0, answer: 0, rejected: 0 },
  achievedConfidence: 0.951,
  interval: { lower: 0, upper: 61 },
};

describe('a line of the coverage matrix', () => {
  test('says that confidence is high where all was looked into and nothing is open', () => {
    expect(coverageRow(facts)).toMatchObject({
      ...{ population: 1_000, sampleSize: 1_000, defects: 0, defectRate: 0, interval: { lower: 0, upper: 0 } },
      ...{ methods: ['row-count', 'field-level'], standing: 'high', open: [] },
    });
  });

  test('says of a sample how large it was, and what it leaves open of the whole', () => {
    const verdicts = { ...NO_VERDICTS, source: 1_000, target: 1_000, matched: 100, notDrawn: 900 };
    const archive = {
      ...facts,
      reconciled: { ...facts.reconciled, verdicts, sampling, assurance: { bytes: 100, sampled: 900 } },
    };
    const row = coverageRow(archive as CoverageFacts);
    expect(row).toMatchObject({
      sampleSize: 100,
      defectRate: 0,
      interval: { lower: 0, upper: 0.061 },
      standing: 'high',
    });
    expect(row.methods).toEqual(['checksum', 'row-count', 'sampling-review']);
  });

  test('counts a defect that a spot check found, though it stands for no other', () => {
    const verdicts = { ...NO_VERDICTS, source: 1_000, target: 1_000, matched: 99, differs: 1, notDrawn: 900 };
    const row = coverageRow({ ...facts, reconciled: { ...facts.reconciled, verdicts, sampling } } as CoverageFacts);
    expect(row).toMatchObject({ defects: 1, defectRate: 0.01, interval: { lower: 0.001, upper: 0.061 } });
    expect(row.open).toEqual(['more defects than its tier tolerates']);
  });

  test('is not known before anything was reconciled', () => {
    expect(coverageRow({ ...facts, reconciled: null })).toMatchObject({
      ...{ population: 3, sampleSize: 0, defectRate: null, interval: null, standing: 'none' },
      open: ['not reconciled yet'],
    });
  });

  test('lists what is open: exceptions, items set aside, and signatures that are missing', () => {
    const dispositions = { eligible: 3, verified: 1, excluded: 0, quarantined: 1, failed: 1 };
    const signOffs = roleStatuses({
      rules: { ...NOBODY_SIGNS, nursing: { signOff: 'required', signers: [], datasets: [] } },
      ...{ report: REPORT, signOffs: [] },
    });
    const open = { ...facts, signOffs, exceptionsOpen: { ...NONE, P1: 2, P3: 1 } };
    expect(coverageRow({ ...open, reconciled: { ...facts.reconciled, dispositions } } as CoverageFacts).open).toEqual([
      'exceptions open: P1 2, P3 1',
      '1 items quarantined',
      '1 items failed',
      'sign-off awaited: nursing',
    ]);
  });
});

test('the page escapes what people named, and needs nothing but itself', () => {
  const row = coverageRow({ ...facts, dataset: { ...facts.dataset, dataset: '<b>labs</b> & "x"' } });
  const page = coveragePage({ migration: 'st-anne', report: REPORT, rows: [row], risks: [] });
  expect(page).toContain('&lt;b&gt;labs&lt;/b&gt; &amp; &quot;x&quot;');
  expect(page).not.toMatch(/<script|https?:|url\(|<link|<img/);
});

const person = (id: string, ...roles: Role[]): Actor => ({ type: 'user', id, roles });
const NORA = person('nora', 'reviewer');
const rules = {
  ...NOBODY_SIGNS,
  nursing: { signOff: 'required', signers: ['nora'], datasets: ['labs'] },
  billing: { signOff: 'required', signers: [], datasets: [] },
} as const;
const given: AcceptanceFacts = { rules, report: REPORT, signOffs: [] };
const words = { role: 'nursing', decision: 'accepted', meaning: 'I used it for a shift', report: REPORT } as const;

describe('a signature', () => {
  test('says who, when, in which role, on what and what it means', () => {
    expect(sign(given, words, NORA, AT)).toEqual({
      ok: true,
      value: { ...words, signedBy: 'nora', signedAt: '2026-11-01T12:00:00.000Z' },
    });
  });

  test.each([
    ['by somebody the policy does not name for the role', given, words, person('rita', 'reviewer'), 'ROLE_REQUIRED'],
    ['by one who is named and reviews nothing', given, words, person('nora', 'executive'), 'ROLE_REQUIRED'],
    ['by whoever operates', given, words, person('nora', 'reviewer', 'operator'), 'MAKER_IS_CHECKER'],
    ['before everything is reconciled', { ...given, report: null }, words, NORA, 'NOT_RECONCILED'],
    ['on a report that has changed since', given, { ...words, report: OLDER }, NORA, 'REPORT_CHANGED'],
    ['that means nothing', given, { ...words, meaning: '  ' }, NORA, 'MEANING_MISSING'],
  ] as const)('%s is refused', (_, of, what, signer, code) => {
    const signed = sign(of, what, signer, AT);
    expect(signed.ok ? [] : signed.refusals.map((each) => each.code)).toEqual([code]);
  });

  test('waits for tests through as many hours of one day as a shift has, where the policy asks for it', () => {
    const at = (...hours: readonly string[]) => hours.map((hour) => new Date(`2026-11-${hour}:30:00.000Z`));
    const walked = (instants: readonly Date[]) => {
      const testing = { testersMin: 0, unwalked: [], shiftHours: 3, hoursWalked: hoursOfDay(instants) };
      const signed = sign({ ...given, testing }, words, NORA, AT);
      return signed.ok ? 'accepted' : signed.refusals.map(({ code }) => code).join();
    };
    expect(walked(at('01T22', '01T23', '02T04'))).toBe('accepted');
    expect(walked(at('01T22', '01T22', '01T23'))).toBe('SHIFT_NOT_WALKED');
    // Three hours on three days are no shift.
    expect(walked(at('01T08', '02T08', '03T08'))).toBe('SHIFT_NOT_WALKED');
    expect(walked([])).toBe('SHIFT_NOT_WALKED');
    expect(
      sign(
        { ...given, testing: { testersMin: 0, unwalked: [], shiftHours: 3, hoursWalked: 0 } },
        { ...words, decision: 'rejected' },
        NORA,
        AT,
      ).ok,
    ).toBe(true);
  });

  test('is asked of no role that the sealed policy is too old to know', () => {
    const { interfaces: _, ...older } = rules;
    const { acceptance } = policyOf({ acceptance: { roles: older } } as unknown as Json);
    const states = roleStatuses({ ...given, rules: acceptance.roles });
    expect(states.map(({ role, state }) => `${role} ${state}`)).toContain('interfaces not-asked');
    expect(states).toHaveLength(ACCEPTANCE_ROLES.length);
  });

  test('may come from any reviewer where the policy names nobody', () => {
    expect(sign(given, { ...words, role: 'billing' }, person('rita', 'reviewer'), AT).ok).toBe(true);
  });

  test('stands for its report only, and for the datasets of its role', () => {
    const signed: SignOff = { ...words, report: OLDER, signedBy: 'nora', signedAt: AT.toISOString() };
    const states = (of: AcceptanceFacts, dataset?: string) =>
      Object.fromEntries(roleStatuses(of, dataset).map(({ role, state }) => [role, state]));
    const asked = {
      nursing: 'awaited',
      medical: 'not-asked',
      him: 'not-asked',
      billing: 'awaited',
      analytics: 'not-asked',
      interfaces: 'not-asked',
    };
    expect(states(given)).toEqual(asked);
    expect(states({ ...given, signOffs: [signed] }).nursing).toBe('outdated');
    expect(states({ ...given, report: OLDER, signOffs: [signed] }).nursing).toBe('accepted');
    expect(states(given, 'scans')).not.toHaveProperty('nursing');
  });
});
