import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { codesOf, compiled, mapped, shipped } from '../item.ts';

const lineage = shipped('fhir-as-is');
const patient = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: 's', value: '7' }],
  name: [{ family: 'Doe' }],
};
const condition = {
  resourceType: 'Condition',
  id: 'c1',
  subject: { reference: 'Patient/p1', display: 'shown' },
  evidence: [
    { detail: [{ reference: 'Observation/o1/_history/2' }, { reference: 'https://elsewhere/Observation/1' }] },
  ],
};

describe('the shipped map of FHIR as it is', () => {
  test('keeps every element, drops the id and makes references logical', async () => {
    const records = await mapped(lineage, [patient, condition].map((each) => JSON.stringify(each)).join('\n'));
    expect(records).toEqual([
      {
        key: 'Patient:p1',
        type: 'Patient',
        parent: null,
        position: 'line 1 /',
        problems: [],
        resource: {
          resourceType: 'Patient',
          identifier: [
            { system: 'urn:waybill:source', value: 'Patient:p1' },
            { system: 's', value: '7' },
          ],
          name: [{ family: 'Doe' }],
        },
      },
      {
        key: 'Condition:c1',
        type: 'Condition',
        parent: 'Patient:p1',
        position: 'line 2 /',
        problems: [],
        resource: {
          resourceType: 'Condition',
          identifier: [{ system: 'urn:waybill:source', value: 'Condition:c1' }],
          subject: {
            display: 'shown',
            identifier: { system: 'urn:waybill:source', value: 'Patient:p1' },
            type: 'Patient',
          },
          evidence: [
            {
              detail: [
                { identifier: { system: 'urn:waybill:source', value: 'Observation:o1' }, type: 'Observation' },
                { reference: 'https://elsewhere/Observation/1' },
              ],
            },
          ],
        },
      },
    ]);
  });

  test('opens bundles and follows their full URLs', async () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { fullUrl: 'urn:uuid:1', resource: patient },
        { fullUrl: 'urn:uuid:2', resource: { ...condition, subject: { reference: 'urn:uuid:1' } } },
      ],
    };
    const records = await mapped(lineage, JSON.stringify(bundle, null, 2));
    expect(records.map(({ key, parent, position }) => [key, parent, position])).toEqual([
      ['Patient:p1', null, '/entry/0/resource'],
      ['Condition:c1', 'Patient:p1', '/entry/1/resource'],
    ]);
  });

  test('names resources without an id, against the standard or unreadable', async () => {
    const lines = [{ resourceType: 'Patient' }, { ...patient, gender: 'F' }].map((each) => JSON.stringify(each));
    expect(codesOf(await mapped(lineage, `${lines.join('\n')}\n{"resourceType"\n`, 'a.ndjson'))).toEqual([
      'RESOURCE_ID_MISSING',
      'CODE_INVALID',
      'NOT_JSON',
    ]);
    expect(codesOf(await mapped(lineage, '{"resourceType":"Bundle","entry":[]}'))).toEqual(['NOTHING_MAPPED']);
    expect(codesOf(await mapped(lineage, ''))).toEqual(['NOT_JSON']);
  });

  test('takes the keys another map gives', async () => {
    const text = JSON.stringify({
      name: 'm',
      version: '1.0.0',
      format: 'fhir',
      critical: [],
      copyResource: { keys: { Patient: 'mrn:{id}' } },
    });
    const records = await mapped(compiled(text), [patient, condition].map((each) => JSON.stringify(each)).join('\n'));
    expect(records.map(({ key, parent }) => [key, parent])).toEqual([
      ['mrn:p1', null],
      ['Condition:c1', 'mrn:p1'],
    ]);
  });

  const samples = process.env['WAYBILL_SAMPLES'];
  (samples === undefined ? test.skip : test)(
    'maps every official example, equal to itself (skipped without WAYBILL_SAMPLES)',
    async () => {
      for (const path of globSync(`${samples}/fhir/**/*.{json,ndjson}`)) {
        for (const record of await mapped(lineage, readFileSync(path), path)) {
          expect(record.problems).toEqual([]);
          expect(lineage.compare(record.type, record.resource, record.resource)).toEqual([]);
        }
      }
    },
  );
});
