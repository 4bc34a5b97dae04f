import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Difference, MappedRecord } from '../../../records/lineage/lineage.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { codesOf, compiled, mapped, shipped } from '../item.ts';

const lineage = shipped('oru-to-fhir');
const SEGMENTS = [
  'MSH|^~\\&|LAB|A|||20250102030405-0500||ORU^R01|C7|P|2.5.1',
  'PID|1||00123^^^A^MR~9^^^B^SS||Doe^Jane',
  'PV1|1|O|||||||||||||||||V9',
  'ORC|RE',
  'OBR|1|P1|F1|24317-0^Hemogram^LN|||20250102010203||||||||||||||||||F',
  'OBX|1|NM|718-7^Hemoglobin^LN^HGB^Hgb^L||13.5|g/dL^^UCUM|12-16|N|||F|||20250102020304-0600',
  'NTE|1||drawn \\T\\ kept cold',
  'OBX|2|CE|600-7^Culture^LN||112283007^E. coli^SCT|||A~H|||F',
  'ORC|RE',
  'OBR|2|P2|F2|X1^Local panel|||2025||||||||||||||||||P',
  'NTE|1||about the order',
  'OBX|1|ST|X2^Local||first~second||||||P',
];

function map(...segments: readonly string[]): Promise<readonly MappedRecord[]> {
  return mapped(lineage, segments.join('\r'));
}

function replaced(from: string, to: string): readonly string[] {
  return SEGMENTS.map((segment) => segment.replace(from, to));
}

function resource(records: readonly MappedRecord[], key: string): Record<string, Json> {
  return records.find((record) => record.key === key)?.resource as Record<string, Json>;
}

describe('the shipped map of laboratory results', () => {
  test('makes a report of every order and an observation of every result', async () => {
    const records = await map(...SEGMENTS);
    expect(codesOf(records)).toEqual([]);
    expect(records.map(({ key, type, parent, position }) => [key, type, parent, position])).toEqual([
      ['rep:C7:1', 'DiagnosticReport', 'mrn:00123', 'message 1 OBR[1]'],
      ['rep:C7:2', 'DiagnosticReport', 'mrn:00123', 'message 1 OBR[2]'],
      ['obs:C7:1:1', 'Observation', 'mrn:00123', 'message 1 OBX[1]'],
      ['obs:C7:1:2', 'Observation', 'mrn:00123', 'message 1 OBX[2]'],
      ['obs:C7:2:1', 'Observation', 'mrn:00123', 'message 1 OBX[3]'],
    ]);
    expect(resource(records, 'obs:C7:1:1')).toEqual({
      resourceType: 'Observation',
      identifier: [{ system: 'urn:waybill:source', value: 'obs:C7:1:1' }],
      status: 'final',
      basedOn: [{ type: 'ServiceRequest', identifier: { value: 'P1' } }],
      code: {
        coding: [
          { system: 'http://loinc.org', code: '718-7', display: 'Hemoglobin' },
          { system: 'urn:waybill:code-system:L', code: 'HGB', display: 'Hgb' },
        ],
      },
      subject: { identifier: { system: 'urn:waybill:source', value: 'mrn:00123' }, type: 'Patient' },
      encounter: { identifier: { system: 'urn:waybill:source', value: 'enc:V9' }, type: 'Encounter' },
      effectiveDateTime: '2025-01-02T02:03:04-06:00',
      valueQuantity: { value: 13.5, unit: 'g/dL', system: 'http://unitsofmeasure.org', code: 'g/dL' },
      interpretation: [
        {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation',
              code: 'N',
              display: 'Normal',
            },
          ],
        },
      ],
      referenceRange: [{ text: '12-16' }],
      note: [{ text: 'drawn & kept cold' }],
    });
    // Without an offset of its own the order takes the message's, and lends its time to results without one.
    expect(resource(records, 'rep:C7:1')).toMatchObject({
      status: 'final',
      effectiveDateTime: '2025-01-02T01:02:03-05:00',
    });
    expect(resource(records, 'obs:C7:1:2')).toMatchObject({
      effectiveDateTime: '2025-01-02T01:02:03-05:00',
      valueCodeableConcept: { coding: [{ system: 'http://snomed.info/sct', code: '112283007', display: 'E. coli' }] },
      interpretation: [{ coding: [{ code: 'A' }] }, { coding: [{ code: 'H' }] }],
    });
    expect(resource(records, 'rep:C7:2')).toMatchObject({
      effectiveDateTime: '2025',
      result: [{ type: 'Observation', identifier: { value: 'obs:C7:2:1' } }],
      extension: [{ valueAnnotation: { text: 'about the order' } }],
    });
    expect(resource(records, 'obs:C7:2:1')).toMatchObject({ valueString: 'first\nsecond', effectiveDateTime: '2025' });
  });

  test('maps the same bytes to the same records every time', async () => {
    expect(JSON.stringify(await map(...SEGMENTS))).toBe(JSON.stringify(await map(...SEGMENTS)));
  });

  test.each([
    ['a status that is in no code map', '|N|||F|||', '|N|||Q|||', ['CODE_UNMAPPED']],
    [
      'an abnormal flag that is in no code map',
      '|12-16|N|',
      '|12-16|ODD|',
      ['CODE_UNMAPPED', 'CODE_UNMAPPED', 'CODE_UNMAPPED'],
    ],
    ['an impossible date', '20250102020304-0600', '20250230020304-0600', ['DATE_INVALID']],
    ['a number that is none', '|13.5|', '|13,5|', ['NUMBER_INVALID']],
    ['a number that would change', '|13.5|', '|13.50000000000000000001|', ['NUMBER_PRECISION']],
    ['a data type beyond the map', '|NM|', '|MA|', ['VALUE_TYPE_UNMAPPED']],
    ['a document that is not there', '|NM|', '|ED|', ['DOCUMENT_MISSING']],
    ['a missing patient', '00123^^^A^MR~9^^^B^SS', '', Array(5).fill('PATIENT_KEY_MISSING')],
    ['a missing control id', '|C7|', '||', Array(5).fill('KEY_MISSING')],
    ['another message type', 'ORU^R01', 'ADT^A08', ['MESSAGE_NOT_MAPPED']],
    ['a line that is no segment', 'PV1|1', 'pv1|1', ['SEGMENT_MALFORMED']],
  ])('names %s instead of guessing', async (_what, from, to, codes) => {
    expect(codesOf(await map(...replaced(from, to)))).toEqual(codes);
  });

  test('names results outside every order, and items that hold no message', async () => {
    const [msh = '', pid = '', ...rest] = SEGMENTS;
    expect(codesOf(await map(msh, pid, 'OBX|1|ST|x||y', ...rest))).toEqual(['SEGMENT_OUTSIDE_GROUP']);
    expect(codesOf(await map(msh, pid))).toEqual(['NOTHING_MAPPED']);
    expect(codesOf(await map('%PDF-1.4'))).toEqual(['NO_MESSAGE']);
    expect(codesOf(await map(''))).toEqual(['NO_MESSAGE']);
  });

  test('keeps the patients of one message apart', async () => {
    const [msh = '', ...rest] = SEGMENTS;
    const second = ['PID|2||777', 'OBR|1|||X1^x|||2025||||||||||||||||||F', 'OBX|1|ST|X2^x||y||||||F'];
    const records = await map(msh, ...rest, ...second);
    expect(codesOf(records)).toEqual([]);
    expect(records.filter((record) => record.parent === 'mrn:777').map((record) => record.key)).toEqual([
      'rep:C7:3',
      'obs:C7:3:1',
    ]);
    expect(resource(records, 'rep:C7:3')['encounter']).toBeUndefined();
  });

  test('wants a zone for times without any offset, and minds the clock changes of the one declared', async () => {
    const local = replaced('030405-0500', '030405').map((segment) => segment.replace('-0600', ''));
    expect(codesOf(await map(...local))).toEqual(['ZONE_UNKNOWN', 'ZONE_UNKNOWN', 'ZONE_UNKNOWN']);
    const text = readFileSync(new URL('../../../records/maps/oru-to-fhir.lineage.yaml', import.meta.url), 'utf8');
    const declared = compiled(`zone: America/New_York\n${text}`);
    const at = async (time: string) => {
      const records = await mapped(declared, local.join('\r').replace('20250102020304', time));
      return resource(records, 'obs:C7:1:1')['effectiveDateTime'] ?? codesOf(records)[0];
    };
    expect(await at('20250102020304')).toBe('2025-01-02T02:03:04-05:00');
    expect(await at('20250702020304')).toBe('2025-07-02T02:03:04-04:00');
    expect(await at('20250309023000')).toBe('DATE_IN_GAP');
    expect(await at('20251102013000')).toBe('DATE_AMBIGUOUS');
    expect(await at('202501020203')).toBe('2025-01-02T02:03:00-05:00');
  });

  const samples = process.env['WAYBILL_SAMPLES'];
  (samples === undefined ? test.skip : test)(
    'maps real messages or says why not, and never throws (skipped without WAYBILL_SAMPLES)',
    async () => {
      let clean = 0;
      for (const path of globSync(`${samples}/{hl7v2,ccda,csv,documents}/**/*.*`)) {
        const records = await mapped(lineage, readFileSync(path));
        expect(records.length).toBeGreaterThan(0);
        for (const record of records) {
          const same: readonly Difference[] = lineage.compare(record.type, record.resource, record.resource);
          expect(same).toEqual([]);
          if (record.problems.length === 0) clean++;
        }
      }
      expect(clean).toBeGreaterThan(10);
    },
  );
});
