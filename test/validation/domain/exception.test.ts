/** An exception closes only when the data agrees, or by a waiver that two people made and that ends. */
import { describe, expect, test } from '@jest/globals';
import type { Actor } from '../../../kernel/actor.ts';
import { SAFE_DEFAULTS } from '../../../subgraphs/inventory/domain/policy.ts';
import type { AssignmentRule } from '../../../subgraphs/validation/domain/assignment.ts';
import { policyOf, severityOf } from '../../../subgraphs/validation/domain/category.ts';
import { assign, closeByRecheck, raise, stateAt } from '../../../subgraphs/validation/domain/exception.ts';
import { finding } from '../../../subgraphs/validation/domain/finding.ts';
import { approveWaiver, proposeWaiver } from '../../../subgraphs/validation/domain/waiver.ts';
import type { Json } from '../../../kernel/canonical-json.ts';

const NOW = new Date('2026-11-01T12:00:00Z');
const LATER = new Date('2026-12-01T12:00:00Z');
const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator', 'approver'] };
const ANNA: Actor = { type: 'user', id: 'anna', roles: ['approver'] };
const RITA: Actor = { type: 'user', id: 'rita', roles: ['reviewer'] };
const POLICY = policyOf(SAFE_DEFAULTS as unknown as Json);

const found = finding({
  origin: 'match',
  category: 'truncation',
  note: 'cut',
  code: 'X',
  record: 'r',
  recordType: 'Observation',
});
const cohort = {
  migrationId: 'm',
  datasetId: 'd',
  batchId: 'b',
  tier: 'active-clinical',
  dataset: 'results',
  owner: 'lab',
  scope: 'd',
} as const;
const exception = raise(found, null, cohort, POLICY, NOW);
const codesOf = (outcome: { readonly ok: boolean; readonly refusals?: readonly { readonly code: string }[] }) =>
  outcome.refusals?.map(({ code }) => code) ?? [];

describe('an exception', () => {
  test('is open, owned by whoever answers for the dataset, and due by its severity', () => {
    expect(exception).toMatchObject({ state: 'open', owner: 'lab', severity: 'P2', sourceId: 'r' });
    expect(exception.dueAt.getTime() - NOW.getTime()).toBe(24 * 3_600_000);
  });

  test('is owned at once by whom the first rule of the policy that fits it names', () => {
    const by = (...assignments: readonly AssignmentRule[]) => {
      const policy = { ...POLICY, validation: { ...POLICY.validation, assignments } };
      const { owner, state } = raise(found, null, cohort, policy, NOW);
      return `${owner} ${state}`;
    };
    expect(by({ category: 'orphan', owner: 'him' }, { severity: 'P2', owner: 'nora' }, { owner: 'all' })).toBe(
      'nora owned',
    );
    expect(by({ dataset: 'results', category: 'truncation', severity: 'P2', owner: 'nora' })).toBe('nora owned');
    expect(by({ dataset: 'images', owner: 'nora' }, { severity: 'P1', owner: 'nora' })).toBe('lab open');
  });

  test('is assigned to somebody by name', () => {
    expect(assign(exception, '  nora ', NOW)).toMatchObject({ ok: true, value: { state: 'owned', owner: 'nora' } });
    expect(codesOf(assign(exception, ' ', NOW))).toEqual(['OWNER_MISSING']);
  });

  test('closes when the data agrees, and says why when it does not', () => {
    const closed = closeByRecheck(exception, { kind: 'agrees' }, NOW);
    expect(closed).toMatchObject({ ok: true, value: { state: 'closed', closedBy: 'recheck' } });
    if (closed.ok) expect(codesOf(assign(closed.value, 'nora', NOW))).toEqual(['EXCEPTION_CLOSED']);
    const refusal = closeByRecheck(exception, { kind: 'disagrees', note: 'still cut' }, NOW);
    expect(refusal).toMatchObject({ ok: false, refusals: [{ code: 'STILL_DISAGREES', message: 'still cut' }] });
    expect(codesOf(closeByRecheck(exception, { kind: 'cannot-tell', note: 'x' }, NOW))).toEqual([
      'RECHECK_NOT_POSSIBLE',
    ]);
  });
});

describe('a waiver', () => {
  const asked = { reason: 'seen with the laboratory', expiresAt: LATER };
  const proposed = proposeWaiver(exception, asked, OLGA, NOW);
  if (!proposed.ok) throw new Error('refused');

  test('is refused without a reason, without an end, and with one too far away', () => {
    expect(codesOf(proposeWaiver(exception, { ...asked, reason: ' ' }, OLGA, NOW))).toEqual(['REASON_MISSING']);
    expect(codesOf(proposeWaiver(exception, { ...asked, expiresAt: NOW }, OLGA, NOW))).toEqual(['EXPIRY_INVALID']);
    const never = new Date('2099-01-01T00:00:00Z');
    expect(codesOf(proposeWaiver(exception, { ...asked, expiresAt: never }, OLGA, NOW))).toEqual(['EXPIRY_INVALID']);
  });

  test('is never approved by whoever asked for it, nor by somebody who may not', () => {
    expect(codesOf(approveWaiver(exception, proposed.value, OLGA, NOW))).toEqual(['MAKER_IS_CHECKER']);
    expect(codesOf(approveWaiver(exception, proposed.value, RITA, NOW))).toEqual(['ROLE_REQUIRED']);
  });

  test('closes until it ends, and then has closed nothing', () => {
    const approved = approveWaiver(exception, proposed.value, ANNA, NOW);
    if (!approved.ok) throw new Error('refused');
    expect(stateAt(approved.value.exception, NOW)).toBe('closed');
    expect(stateAt(approved.value.exception, LATER)).toBe('open');
    expect(codesOf(approveWaiver(exception, proposed.value, ANNA, LATER))).toEqual(['WAIVER_EXPIRED']);
  });
});

describe('severity', () => {
  const of = (
    category: 'missing-record' | 'truncation' | 'duplicate-record',
    recordType: string,
    tier: 'active-clinical' | 'compliance-archive',
  ) => severityOf({ category, recordType, tier }, POLICY);
  test('of a lost or doubled allergy or medication is P1 in every tier', () => {
    expect(of('missing-record', 'AllergyIntolerance', 'compliance-archive')).toBe('P1');
    expect(of('duplicate-record', 'MedicationRequest', 'compliance-archive')).toBe('P1');
  });
  test('of anything wrong with identity, allergies or medications in care is P1', () => {
    expect(of('truncation', 'Patient', 'active-clinical')).toBe('P1');
    expect(of('truncation', 'Patient', 'compliance-archive')).toBe('P3');
    expect(of('truncation', 'Observation', 'active-clinical')).toBe('P2');
  });
});
