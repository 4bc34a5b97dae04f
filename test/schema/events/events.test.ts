import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { Json } from '../../../kernel/canonical-json.ts';
import { SUBGRAPHS } from '../../../kernel/event.ts';
import { derivedId } from '../../../kernel/id.ts';

const FOLDER = new URL('../../../schema/events/', import.meta.url);
const files = readdirSync(FOLDER);
const schemaOf = (type: string) => JSON.parse(readFileSync(new URL(`${type}.json`, FOLDER), 'utf8')) as object;
const validatorOf = (type: string) => new Ajv({ strict: true, allowUnionTypes: true }).compile(schemaOf(type));

const migrationId = derivedId('mig', 'st-anne');
const datasetId = derivedId('ds', migrationId, 'labs');
const batchId = derivedId('bat', datasetId, '1');
const of = { migrationId, datasetId, batchId };
const digest = 'a'.repeat(64);
const dispositions = { eligible: 3, verified: 1, excluded: 1, quarantined: 1, failed: 0 };
const records = {
  source: 3,
  target: 3,
  matched: 3,
  differs: 0,
  missingOnTarget: 0,
  missingOnSource: 0,
  unreadable: 0,
  duplicates: 0,
  superseded: 0,
};
const counts = { items: 3, bytes: 9 };

const connected = {
  ...{ migrationId, role: 'source', connector: 'sftp', version: '1.0.0', document: digest, report: digest },
  ...{ tested: 'kit 1.1.0: 60 kept, 0 broken, 27 do not apply', negotiated: { cipher: 'aes256-gcm@openssh.com' } },
};

const EXAMPLES: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  'inventory.migration-declared.v1': {
    migrationId,
    name: 'st-anne',
    plan: digest,
    policy: digest,
    datasets: [{ datasetId, name: 'labs', tier: 'active-clinical', format: 'hl7v2', lineage: null }],
  },
  'inventory.expiry-near.v1': {
    ...{ migrationId, kind: 'certificate', endpoint: 'target', name: 'CN=fhir', fingerprint: 'AB:CD' },
    ...{ notAfter: '2026-03-01T12:00:00.000Z', horizonDays: 14 },
  },
  'inventory.fact-confirmed.v1': {
    ...{ migrationId, confirmationId: derivedId('cnf', 'one'), kind: 'backup', subject: 'Old EHR' },
    ...{ happenedAt: '2026-03-01T12:00:00.000Z', withdrawn: false },
  },
  'inventory.policy-approved.v1': {
    ...{ migrationId, policy: digest, proposedBy: 'olga', approvedBy: 'anna' },
    approvedAt: '2026-03-01T12:00:00.000Z',
  },
  'inventory.bandwidth-changed.v1': {
    ...{ migrationId, document: digest, bandwidth: null, proposedBy: 'olga', approvedBy: null },
    inForceSince: '2026-03-01T12:00:00.000Z',
  },
  'inventory.connected.v1': connected,
  'transfer.connected.v1': { ...connected, batchId },
  'validation.connected.v1': { ...connected, report: null, negotiated: null },
  'inventory.dataset-surveyed.v1': { migrationId, datasetId, survey: digest, ...counts },
  'inventory.dataset-profiled.v1': {
    ...{ migrationId, datasetId, survey: digest, profile: digest },
    ...{ items: 3, records: 4, fields: 5, findings: 6 },
  },
  'inventory.migration-surveyed.v1': { migrationId, datasets: 1, ...counts },
  'inventory.readiness-changed.v1': {
    migrationId,
    ready: false,
    blocking: [{ requirement: 'D25', reason: 'AUTH_FAILED' }],
    expiresAt: null,
  },
  'transfer.batch-planned.v1': { ...of, items: 3, excluded: 1 },
  'transfer.manifest-sealed.v1': { ...of, manifest: digest, sums: digest, ...counts, records: 4, signature: 'x' },
  'transfer.batch-paused.v1': { batchId, code: 'UNAVAILABLE', reason: 'the target does not answer', subject: null },
  'transfer.batch-resumed.v1': { batchId, decision: 'dec-1' },
  'transfer.batch-moved.v1': { ...of, manifest: digest, record: digest, moved: 2, setAside: 1, bytes: 9 },
  'validation.batch-reconciled.v1': {
    ...of,
    report: digest,
    targetManifest: digest,
    dispositions,
    records,
    exceptionsOpen: 1,
  },
  'validation.migration-reconciled.v1': {
    migrationId,
    report: digest,
    exceptions: digest,
    datasets: [{ datasetId, dispositions }],
    exceptionsOpen: 1,
  },
  'validation.acceptance-signed.v1': {
    ...{ migrationId, role: 'nursing', decision: 'accepted', report: digest, signedBy: 'nora' },
    ...{ signedAt: '2026-03-01T12:00:00.000Z', coverage: digest, coveragePage: digest },
  },
  'validation.exception-raised.v1': { exceptionId: 'exc-1', ...of, category: 'orphan', severity: 'P2', itemId: null },
  'validation.exception-closed.v1': { exceptionId: 'exc-1', by: 'recheck' },
  'validation.exception-reopened.v1': { exceptionId: 'exc-1', migrationId, because: 'waiver-ended' },
  'validation.remedy-proposed.v1': { ...of, remedyOf: batchId, survey: digest, exceptions: 2, items: 1 },
  'validation.remedy-cancelled.v1': { migrationId, batchId },
  'validation.exception-standing-changed.v1': { migrationId, unowned: 1, overdue: 2 },
  'audit.evidence-requested.v1': { migrationId, packId: derivedId('pack', 'pack-st-anne-0001') },
  'audit.evidence-sealed.v1': { migrationId, pack: 'st-anne', checkpoint: 'waybill\n1\n', bagDigest: digest },
  'cutover.gate-changed.v1': { migrationId, gate: 'survey-complete', state: 'passed' },
};

describe('the events', () => {
  test('have one schema each, named by type, and nothing else is published', () => {
    expect(files.toSorted()).toEqual(
      Object.keys(EXAMPLES)
        .map((type) => `${type}.json`)
        .toSorted(),
    );
    for (const type of Object.keys(EXAMPLES)) expect(SUBGRAPHS).toContain(type.split('.')[0]);
  });

  test.each(Object.entries(EXAMPLES))(
    '%s takes its example, and refuses it without any one of its members',
    (type, example) => {
      const validate = validatorOf(type);
      expect([validate(example), validate.errors]).toEqual([true, null]);
      for (const member of Object.keys(example)) {
        const { [member]: _, ...rest } = example;
        expect([member, validate(rest)]).toEqual([member, false]);
      }
    },
  );

  test.each(Object.entries(EXAMPLES))(
    '%s refuses members nobody agreed on, and digests that are none',
    (type, example) => {
      const validate = validatorOf(type);
      expect(validate({ ...example, patientName: 'x' })).toBe(false);
      for (const [member, value] of Object.entries(example)) {
        if (value === digest) expect(validate({ ...example, [member]: 'A'.repeat(64) })).toBe(false);
      }
    },
  );
});
