import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../kernel/canonical-json.ts';
import { TIERS } from '../../../kernel/tier.ts';
import { CATEGORIES, SAFE_DEFAULTS } from '../../../subgraphs/inventory/domain/policy.ts';
import { checkDocument } from '../../../subgraphs/inventory/work/read-document.ts';
import { parsePolicy } from '../../../subgraphs/inventory/work/read-policy.ts';

describe('a policy', () => {
  test('that says nothing is the safe defaults', () => {
    expect(parsePolicy(undefined)).toEqual({ ok: true, value: SAFE_DEFAULTS });
    expect(parsePolicy('')).toEqual({ ok: true, value: SAFE_DEFAULTS });
  });

  test('is complete by default: every category has a severity in every tier, and the schema agrees', () => {
    for (const category of CATEGORIES) {
      for (const tier of TIERS) expect(SAFE_DEFAULTS.severities[category][tier]).toMatch(/^P[1-4]$/);
    }
    expect(checkDocument('policy', SAFE_DEFAULTS as unknown as Json).ok).toBe(true);
  });

  test('changes what it says and nothing else', () => {
    const parsed = parsePolicy(
      [
        'name: strict',
        'version: 3',
        'approval: {launch: required}',
        'severities: {truncation: P1, orphan: {compliance-archive: P4}}',
        'gates: {openExceptionsMax: {P3: 5}}',
      ].join('\n'),
    );
    expect(parsed).toEqual({
      ok: true,
      value: {
        ...SAFE_DEFAULTS,
        name: 'strict',
        version: 3,
        approval: { ...SAFE_DEFAULTS.approval, launch: 'required' },
        severities: {
          ...SAFE_DEFAULTS.severities,
          truncation: Object.fromEntries(TIERS.map((tier) => [tier, 'P1'])),
          orphan: { ...SAFE_DEFAULTS.severities.orphan, 'compliance-archive': 'P4' },
        },
        gates: {
          openExceptionsMax: { P1: 0, P2: 0, P3: 5, P4: null },
          neglectedExceptionsMax: { unowned: 0, overdue: 0 },
        },
      },
    });
  });

  test.each([
    ['approval: {lunch: required}', /approval\.lunch is no field of approval; allowed: .*launch/, /write launch/],
    ['transfer: {concurrency: 0}', /transfer\.concurrency is a number that is not allowed/, /at once/],
    ['severities: {truncation: P9}', /severities\.truncation is a text that is not allowed/, /severity/],
    [
      'acceptedRisks: [{endpoint: source, algorithm: ssh-rsa, until: soon, reason: old, reference: R1}]',
      /acceptedRisks\[0\]\.until is no instant/,
      /offset/,
    ],
    ['tolerances: {urgent: {defectRateMax: 0}}', /tolerances\.urgent is no field/, /./],
  ])('with %j is refused by path', (text, message, remedy) => {
    const parsed = parsePolicy(text);
    expect(parsed.ok ? [] : parsed.refusals).toEqual([
      expect.objectContaining({ message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) }),
    ]);
  });

  test('has no sample without a risk model that says what it is, where it is and why it is enough', () => {
    const refused = parsePolicy('sampling: { riskModel: { title: Archive } }');
    expect(refused.ok).toBe(false);
    const whole = 'sampling: { riskModel: { title: Archive, reference: RM-7, rationale: rarely read } }';
    expect(parsePolicy(whole)).toMatchObject({ ok: true, value: { sampling: { riskModel: { reference: 'RM-7' } } } });
    expect(parsePolicy('sampling: { tiers: { compliance-archive: { confidence: 1.5 } } }').ok).toBe(false);
  });
});
