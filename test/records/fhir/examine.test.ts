import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { examine } from '../../../records/examine.ts';
import { isKept } from '../../../records/fhir/number.ts';
import { jsonErrorOffset } from '../../../records/json-syntax.ts';
import { item } from '../item.ts';

const patient = { resourceType: 'Patient', id: '1', gender: 'male', birthDate: '1980' };
const observation = {
  resourceType: 'Observation',
  id: '2',
  status: 'final',
  code: { text: 'x' },
  effectiveDateTime: '2025-01-02T03:04:05Z',
};

async function codes(content: string, path = 'a.json'): Promise<readonly string[]> {
  const { problems } = await examine('fhir', path, item(content));
  return problems.map((problem) => `${problem.category} ${problem.code} ${problem.position}`);
}

describe('examining FHIR', () => {
  test('counts the resources of JSON, of a bundle and of NDJSON, and their populated fields', async () => {
    const one = await examine('fhir', 'a', item(JSON.stringify(patient, null, 2)));
    expect(one).toEqual({ shape: { records: 1, fields: 3 }, problems: [], mediaType: 'application/fhir+json' });
    const bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: patient }, { resource: observation }],
    };
    expect((await examine('fhir', 'a', item(JSON.stringify(bundle, null, 1)))).shape).toEqual({
      records: 2,
      fields: 7,
    });
    const lines = `${JSON.stringify(patient)}\n\n${JSON.stringify(observation)}\r\n`;
    const many = await examine('fhir', 'a', item(lines, 7));
    expect(many).toEqual({ shape: { records: 2, fields: 7 }, problems: [], mediaType: 'application/fhir+ndjson' });
  });

  test('says where the JSON breaks, and goes on with the next line of NDJSON', async () => {
    expect(await codes('{\n "resourceType": "Patient",\n "id": 1,\n}')).toEqual(['unreadable NOT_JSON line 4 byte 40']);
    expect(await codes('{\n "resourceType": "Patient"')).toEqual(['unreadable NOT_JSON line 2 byte 28']);
    const lines = `${JSON.stringify(patient)}\n{"resourceType":Patient}\n${JSON.stringify(observation)}`;
    const { shape, problems } = await examine('fhir', 'a.ndjson', item(lines));
    expect(shape?.records).toBe(2);
    expect(problems).toMatchObject([{ code: 'NOT_JSON', position: 'line 2 byte 87' }]);
  });

  test('names required elements, bound codes and dates by JSON pointer', async () => {
    expect(await codes('{"id":"1"}')).toEqual(['schema-invalid RESOURCE_TYPE_MISSING line 1 /']);
    expect(await codes('{\n"resourceType":"Observation",\n"status":"done"}')).toEqual([
      'schema-invalid CODE_INVALID /status',
      'schema-invalid REQUIRED_MISSING /code',
    ]);
    const wrong = { ...patient, birthDate: '01/02/1980', gender: 'M' };
    expect(await codes(`${JSON.stringify(patient)}\n${JSON.stringify(wrong)}\n`)).toEqual([
      'schema-invalid CODE_INVALID line 2 /gender',
      'schema-invalid DATE_INVALID line 2 /birthDate',
    ]);
    const bundle = {
      resourceType: 'Bundle',
      entry: [{ resource: { ...observation, effectiveDateTime: '2025-02-30' } }],
    };
    expect(await codes(JSON.stringify(bundle, null, 1))).toEqual([
      'schema-invalid DATE_INVALID /entry/0/resource/effectiveDateTime',
    ]);
    const allergy = {
      resourceType: 'AllergyIntolerance',
      id: '3',
      patient: { reference: 'Patient/1' },
      verificationStatus: { coding: [{ code: 'denied' }] },
      reaction: [{ severity: 'mild' }],
    };
    expect(await codes(JSON.stringify(allergy, null, 1))).toEqual([
      'schema-invalid CODE_INVALID /verificationStatus/coding/0/code',
      'schema-invalid REQUIRED_MISSING /reaction/0/manifestation',
    ]);
  });

  test('refuses what canonical JSON or a number could not keep', async () => {
    expect(await codes('{"resourceType":"Basic","x":"\\ud800"}')).toEqual(['schema-invalid VALUE_NOT_KEPT line 1 /x']);
    expect(await codes('{"resourceType":"Basic","x":12345678901234567890}')).toEqual([
      'schema-invalid VALUE_NOT_KEPT line 1 /**/x',
    ]);
    const deep = `{"resourceType":"Basic","x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(await codes(deep)).toEqual([expect.stringContaining('VALUE_NOT_KEPT')]);
    expect([isKept('1.10'), isKept('66.899999999999991'), isKept('1e400'), isKept('9007199254740993')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('the place where JSON breaks', () => {
  test('is nowhere in any JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(3), (text, indent) => {
        expect(jsonErrorOffset(JSON.stringify(JSON.parse(text), null, indent))).toBe(-1);
      }),
    );
  });

  test('is somewhere in every text the engine refuses, and only there', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', '{', ']', ',', '\\', 'x', '0', '\n'),
        (text, at, piece) => {
          const cut = at % (text.length + 1);
          const broken = text.slice(0, cut) + piece + text.slice(cut + 1);
          let isJson = true;
          try {
            JSON.parse(broken);
          } catch {
            isJson = false;
          }
          expect(jsonErrorOffset(broken) === -1).toBe(isJson);
        },
      ),
      { numRuns: 500 },
    );
  });
});
