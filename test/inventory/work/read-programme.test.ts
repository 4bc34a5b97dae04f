import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import type { Json } from '../../../kernel/canonical-json.ts';
import { structureOf } from '../../../subgraphs/inventory/domain/programme.ts';
import { acceptPlan, parsePlan } from '../../../subgraphs/inventory/work/read-plan.ts';

const base = {
  migration: 'st-anne-2026',
  systems: [
    {
      name: 'old-ehr',
      role: 'source',
      vendor: 'Meditech',
      product: 'Magic',
      version: '5.67',
      zone: 'clinical',
      owner: 'it',
    },
    { name: 'new-ehr', role: 'target' },
    { name: 'pacs', role: 'ancillary' },
    { name: 'warehouse', role: 'reporting' },
  ],
  source: { connector: 'sftp', system: 'old-ehr', owner: 'interfaces' },
  target: { connector: 'https-api', system: 'new-ehr' },
  stakeholders: [
    {
      name: 'Dr. Ada',
      role: 'CMIO',
      responsibility: 'clinical acceptance',
      contact: 'directory:ada',
      signsOff: ['cutover'],
    },
    { name: 'Bert', role: 'HIM', responsibility: 'documents' },
  ],
  window: { opens: '2026-11-28T22:00', closes: '2026-11-29T06:00', zone: 'America/Chicago' },
  backups: [{ system: 'old-ehr', takenAt: '2026-11-25T02:00:00Z', confirmedBy: 'Carla' }],
  accessReviews: [
    { scope: 'service accounts', reviewedBy: 'Dora', reviewedAt: '2026-11-20T09:00:00+01:00', outcome: 'confirmed' },
  ],
  datasets: [
    {
      name: 'patients',
      tier: 'active-clinical',
      select: 'patients/*.csv',
      format: 'delimited',
      lineage: 'pass-through',
      owner: 'registration',
      domain: 'demographics',
      retention: { years: 10, authority: 'state law' },
      risks: [{ risk: 'duplicate patients', level: 'high', mitigation: 'merged before' }],
      acceptance: [{ criterion: 'every patient is found by record number', acceptedBy: 'registration' }],
      consumers: [{ name: 'month end', kind: 'report', atCutover: 'repoint', owner: 'finance' }],
    },
    {
      name: 'scans',
      tier: 'historical-searchable',
      select: 'scans/**',
      format: 'document',
      lineage: 'pass-through',
      domain: 'scanned-documents',
      structure: 'unstructured',
      retention: { until: '2033-12-31', authority: 'state law' },
      legalHold: { held: true, matter: 'M-2026-7', items: 'scans/2019/**' },
      exclusions: [{ glob: '**/*.tmp', reason: 'left over by the scanner' }],
      dependsOn: ['patients'],
    },
  ],
};
type Written = typeof base;
const options = { baseDirectory: '/plans' };
const refusalsOf = (change: (plan: Written) => void) => {
  const plan = structuredClone(base);
  change(plan);
  const parsed = parsePlan(stringify(plan), options);
  return parsed.ok ? [] : parsed.refusals.map(({ code, field, message, remedy }) => ({ code, field, message, remedy }));
};
const first = (plan: Written) => plan.datasets[0] as Record<string, unknown>;

describe('the programme of a plan', () => {
  test('is read as it is written, and read again it is the same', () => {
    const parsed = parsePlan(stringify(base), options);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
    const plan = parsed.value;
    expect(plan).toMatchObject({ ...base, stakeholders: [base.stakeholders[0], { name: 'Bert', signsOff: [] }] });
    expect(acceptPlan(plan as unknown as Json)).toEqual({ ok: true, value: plan });
  });

  test('follows from the format where the structure is left out', () => {
    expect([
      structureOf({}, 'hl7v2'),
      structureOf({}, 'document'),
      structureOf({ structure: 'structured' }, 'bytes'),
    ]).toEqual(['structured', 'unstructured', 'structured']);
  });

  test.each<[string, (plan: Written) => void, string, string, RegExp]>([
    [
      'a domain nobody knows',
      (p) => Object.assign(first(p), { domain: 'demografics' }),
      'PLAN_VALUE_NOT_ALLOWED',
      'datasets[0].domain',
      /write demographics/,
    ],
    [
      'another domain without a word for it',
      (p) => Object.assign(first(p), { domain: 'other' }),
      'PLAN_FIELD_MISSING',
      'datasets[0].domainName',
      /say in a word/,
    ],
    [
      'a role no system has',
      (p) => Object.assign(p.systems[2] ?? {}, { role: 'anciliary' }),
      'PLAN_VALUE_NOT_ALLOWED',
      'systems[2].role',
      /write ancillary/,
    ],
    [
      'an endpoint into no system',
      (p) => Object.assign(p.source, { system: 'old-eht' }),
      'SYSTEM_UNKNOWN',
      'source.system',
      /write old-ehr/,
    ],
    [
      'a source that leads into the target',
      (p) => Object.assign(p.source, { system: 'new-ehr' }),
      'SYSTEM_UNKNOWN',
      'source.system',
      /./,
    ],
    [
      'a sign-off nobody knows',
      (p) => Object.assign(p.stakeholders[0] ?? {}, { signsOff: ['cutoff'] }),
      'PLAN_VALUE_NOT_ALLOWED',
      'stakeholders[0].signsOff[0]',
      /write cutover/,
    ],
    [
      'a stakeholder without a responsibility',
      (p) => Object.assign(p.stakeholders[1] ?? {}, { responsibility: undefined }),
      'PLAN_FIELD_MISSING',
      'stakeholders[1].responsibility',
      /For what/,
    ],
    [
      'the same stakeholder twice',
      (p) => Object.assign(p.stakeholders[1] ?? {}, { name: 'Dr. Ada' }),
      'NAME_REPEATED',
      'stakeholders[1].name',
      /./,
    ],
    [
      'retention without an authority',
      (p) => Object.assign(first(p), { retention: { years: 3 } }),
      'PLAN_FIELD_MISSING',
      'datasets[0].retention.authority',
      /./,
    ],
    [
      'retention by years and by a day',
      (p) => Object.assign(first(p), { retention: { years: 3, until: '2030-01-01', authority: 'x' } }),
      'RETENTION_UNCLEAR',
      'datasets[0].retention',
      /./,
    ],
    [
      'retention until no day',
      (p) => Object.assign(first(p), { retention: { until: '2030-13-01', authority: 'x' } }),
      'TIME_INVALID',
      'datasets[0].retention.until',
      /./,
    ],
    [
      'a feed of what are no messages',
      (p) => Object.assign(first(p), { format: 'document', feeds: [{ messages: 'ADT' }] }),
      'FEED_UNCLEAR',
      'datasets[0].feeds',
      /./,
    ],
    [
      'a feed that ends before it begins',
      (p) =>
        Object.assign(first(p), {
          format: 'hl7v2',
          feeds: [{ messages: 'ADT', from: '2026-02-01', until: '2026-01-31' }],
        }),
      'FEED_UNCLEAR',
      'datasets[0].feeds[0]',
      /./,
    ],
    [
      'a feed from no day on',
      (p) => Object.assign(first(p), { format: 'hl7v2', feeds: [{ messages: 'ADT', from: '2026-02-30' }] }),
      'TIME_INVALID',
      'datasets[0].feeds[0]',
      /./,
    ],
    [
      'a consumer with a fate nobody knows',
      (p) => Object.assign(first(p), { consumers: [{ name: 'x', kind: 'report', atCutover: 're-point' }] }),
      'PLAN_VALUE_NOT_ALLOWED',
      'datasets[0].consumers[0].atCutover',
      /write repoint/,
    ],
    [
      'a dataset that waits for nobody we know',
      (p) => Object.assign(first(p), { dependsOn: ['scan'] }),
      'DEPENDENCY_UNKNOWN',
      'datasets[0].dependsOn[0]',
      /write scans/,
    ],
    [
      'datasets that wait for each other',
      (p) => Object.assign(first(p), { dependsOn: ['scans'] }),
      'DEPENDENCY_CIRCLE',
      'datasets[0].dependsOn',
      /./,
    ],
    [
      'a hold whose items are no pattern',
      (p) => Object.assign(first(p), { legalHold: { held: true, matter: 'M', items: '{a' } }),
      'GLOB_INVALID',
      'datasets[0].legalHold.items',
      /./,
    ],
    ['a window in no zone', (p) => Object.assign(p.window, { zone: 'Mars/Base' }), 'ZONE_UNKNOWN', 'window.zone', /./],
    [
      'a window that is over before it opens',
      (p) => Object.assign(p.window, { closes: '2026-11-28T21:00' }),
      'WINDOW_EMPTY',
      'window.closes',
      /./,
    ],
    [
      'a backup of an impossible day',
      (p) => Object.assign(p.backups[0] ?? {}, { takenAt: '2026-11-35T02:00:00Z' }),
      'TIME_INVALID',
      'backups[0].takenAt',
      /./,
    ],
    [
      'a field nobody knows',
      (p) => Object.assign(p, { stakeholder: [] }),
      'PLAN_FIELD_UNKNOWN',
      'stakeholder',
      /write stakeholders/,
    ],
  ])('with %s is refused by path, and says what would do', (_, change, code, path, remedy) => {
    const refusals = refusalsOf(change);
    expect(refusals.map((each) => [each.code, each.field?.join('.')])).toEqual([[code, path]]);
    expect(refusals[0]?.remedy).toMatch(remedy);
  });

  test('that holds a dataset whole and leaves part of it behind is refused', () => {
    const refusals = refusalsOf((plan) => {
      Object.assign(plan.datasets[1] ?? {}, { legalHold: { held: true, matter: 'M-2026-7' } });
    });
    expect(refusals.map(({ code }) => code)).toEqual(['LEGAL_HOLD']);
  });
});
