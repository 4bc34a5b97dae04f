import { describe, expect, test } from '@jest/globals';
import { constantFrom, array, assert, property, record } from 'fast-check';
import {
  type BatchFacts,
  type CutoverFacts,
  evaluateGates,
  GATE_STATES,
  GATES,
  type GatePolicy,
} from '../../../subgraphs/cutover/domain/gate.ts';
import { NOBODY_SIGNS } from '../../../kernel/acceptance.ts';
import { judge } from '../../../subgraphs/cutover/domain/verdict.ts';

const policy: GatePolicy = {
  tolerances: {
    'active-clinical': { defectRateMax: 0 },
    'financially-sensitive': { defectRateMax: 0 },
    'historical-searchable': { defectRateMax: 0.1 },
    'compliance-archive': { defectRateMax: 0 },
  },
  gates: {
    openExceptionsMax: { P1: 0, P2: 0, P3: 5, P4: null },
    neglectedExceptionsMax: { unowned: 0, overdue: 2 },
  },
  acceptance: { roles: { ...NOBODY_SIGNS, nursing: { signOff: 'required', signers: [], datasets: [] } } },
};
const records = {
  source: 10,
  target: 10,
  matched: 10,
  differs: 0,
  missingOnTarget: 0,
  missingOnSource: 0,
  unreadable: 0,
  duplicates: 0,
  superseded: 0,
};
const batch: BatchFacts = {
  tier: 'active-clinical',
  isPaused: false,
  isMoved: true,
  dispositions: { eligible: 10, verified: 10, excluded: 0, quarantined: 0, failed: 0 },
  records,
};
const good: CutoverFacts = {
  datasets: { planned: 1, surveyed: 1 },
  isSurveyed: true,
  batches: [batch],
  isReconciled: true,
  openExceptions: { P1: 0, P2: 0, P3: 0, P4: 0 },
  openDigestMismatches: 0,
  neglected: { unowned: 0, overdue: 0 },
  acceptances: [{ role: 'nursing', state: 'accepted' }],
  evidence: 'sealed',
};
const untouched: CutoverFacts = {
  datasets: { planned: 2, surveyed: 0 },
  isSurveyed: false,
  batches: [],
  isReconciled: false,
  openExceptions: { P1: 0, P2: 0, P3: 0, P4: 0 },
  openDigestMismatches: 0,
  neglected: { unowned: 0, overdue: 0 },
  acceptances: [],
  evidence: 'none',
};

const notPassed = (facts: Partial<CutoverFacts>) =>
  evaluateGates({ ...good, ...facts }, policy)
    .filter(({ state }) => state !== 'passed')
    .map(({ name, state }) => `${name} ${state}`);

describe('the gates', () => {
  test('are all passed when everything is there and agrees, and that is a go', () => {
    expect(notPassed({})).toEqual([]);
    expect(judge(evaluateGates(good, policy))).toEqual({ verdict: 'go', reason: 'every gate is passed' });
  });

  test('are all unknown before anything has happened, and that is a hold', () => {
    const gates = evaluateGates(untouched, policy);
    expect(gates.map(({ name }) => name)).toEqual(GATES);
    expect(new Set(gates.map(({ state }) => state))).toEqual(new Set(['unknown']));
    expect(judge(gates)).toEqual({
      verdict: 'hold',
      reason: expect.stringContaining('survey-complete is unknown: 0 of 2'),
    });
  });

  const failed = { ...batch, dispositions: { eligible: 10, verified: 9, excluded: 0, quarantined: 0, failed: 1 } };
  const different = { ...batch, records: { ...records, matched: 9, differs: 1 } };
  test.each([
    ['a batch that is paused', { batches: [{ ...batch, isPaused: true }] }, ['transfer-complete at-risk']],
    ['a dataset without a batch', { datasets: { planned: 2, surveyed: 2 } }, ['transfer-complete unknown']],
    ['relationships nobody has looked at', { isReconciled: false }, ['transfer-complete unknown']],
    ['an item that failed', { batches: [failed] }, ['digests-agree failed']],
    ['a digest that differs', { openDigestMismatches: 1 }, ['digests-agree failed']],
    ['a record that differs', { batches: [different] }, ['records-reconciled failed']],
    [
      'a record that differs within the tolerance of its tier',
      { batches: [{ ...different, tier: 'historical-searchable' as const }] },
      ['records-reconciled at-risk'],
    ],
    ['a patient-safety exception', { openExceptions: { P1: 1, P2: 0, P3: 0, P4: 0 } }, ['exceptions-closed failed']],
    [
      'more small exceptions than the policy takes',
      { openExceptions: { P1: 0, P2: 0, P3: 6, P4: 0 } },
      ['exceptions-closed failed'],
    ],
    [
      'an exception that nobody answers for',
      { openExceptions: { P1: 0, P2: 0, P3: 0, P4: 1 }, neglected: { unowned: 1, overdue: 0 } },
      ['exceptions-closed at-risk'],
    ],
    ['more late ones than the policy takes', { neglected: { unowned: 0, overdue: 3 } }, ['exceptions-closed at-risk']],
    ['a role that has not signed', { acceptances: [] }, ['accepted-by-roles unknown']],
    [
      'a role that signed on an older report',
      { acceptances: [{ role: 'nursing' as const, state: 'outdated' as const }] },
      ['accepted-by-roles at-risk'],
    ],
    [
      'a role that rejects what arrived, asked or not',
      {
        acceptances: [
          { role: 'nursing' as const, state: 'accepted' as const },
          { role: 'billing' as const, state: 'rejected' as const },
        ],
      },
      ['accepted-by-roles failed'],
    ],
    ['evidence that something was added to', { evidence: 'outdated' as const }, ['evidence-sealed at-risk']],
    ['no evidence', { evidence: 'none' as const }, ['evidence-sealed unknown']],
  ])('are held by %s, and only where it matters', (_, facts, expected) => {
    expect(notPassed(facts)).toEqual(expected);
  });

  test('ask no role where the policy asks none, or is too old to know it', () => {
    const { acceptance, ...lenient } = policy;
    const acceptedBy = (given: GatePolicy, acceptances: CutoverFacts['acceptances']) =>
      evaluateGates({ ...good, acceptances }, given).find(({ name }) => name === 'accepted-by-roles');
    expect(acceptedBy(lenient, [])).toMatchObject({ state: 'passed', measured: 'no role is asked' });
    const { interfaces: _, ...older } = acceptance?.roles ?? NOBODY_SIGNS;
    const before = { ...policy, acceptance: { roles: older } } as GatePolicy;
    expect(acceptedBy(before, good.acceptances)).toMatchObject({ state: 'passed', measured: 'nursing accepted' });
  });

  test('judge defects among what was looked into, not among what was only found to be there', () => {
    const sampled = { ...records, matched: 4, differs: 1, notDrawn: 5 };
    const archive = { ...batch, tier: 'historical-searchable' as const, records: sampled };
    expect(notPassed({ batches: [archive] })).toEqual(['records-reconciled failed']);
  });

  test('take as many open exceptions as the policy says', () => {
    const neglected = { unowned: 0, overdue: 2 };
    expect(notPassed({ openExceptions: { P1: 0, P2: 0, P3: 5, P4: 999 }, neglected })).toEqual([]);
  });

  test('add up to a no-go exactly when one has failed, and to a go exactly when all are passed', () => {
    const gate = record({
      name: constantFrom(...GATES),
      state: constantFrom(...GATE_STATES),
      measured: constantFrom('m'),
      required: constantFrom('r'),
    });
    assert(
      property(array(gate, { maxLength: 6 }), (gates) => {
        const { verdict, reason } = judge(gates);
        const states = gates.map(({ state }) => state);
        expect(verdict === 'no-go').toBe(states.includes('failed'));
        expect(verdict === 'go').toBe(gates.length > 0 && states.every((state) => state === 'passed'));
        expect(reason).not.toBe('');
      }),
    );
  });
});
