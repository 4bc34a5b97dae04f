import { describe, expect, test } from '@jest/globals';
import { parseLineage } from '../../../records/lineage/parse.ts';
import { codesOf, compiled, mapped } from '../item.ts';

const HEAD = { name: 'm', version: '1.0.0', format: 'hl7v2', messages: ['ADT^A01'], critical: [] };
const MESSAGE = [
  'MSH|^~\\&|A|B|C|D|20250102030405-0500||ADT^A01|7|P|2.5.1',
  'PID|1||1^^^A^MR',
  'PV1|1|I|W^1^2||||77^Doe^Ann^^^^^^&1.2.3&ISO~78^Roe^Bo|77^Doe^Ann^^^^^^&1.2.3&ISO',
  'OBX|1|ST|X||a|||||F|||||79^Poe^Cy',
  'OBX|2|ST|X||b|||||F|||||80^Foe^Di',
].join('\r');

const PRACTITIONER = {
  type: 'Practitioner',
  key: ['prac:{.9.2}:{.1}', 'prac:{.1}'],
  when: ['.1'],
  once: true,
  rules: [
    { to: 'name[0].family', from: '.2' },
    { do: 'code', to: 'name[0].use', from: '.10', map: 'use' },
  ],
};
const USE = { from: 'x', to: 'y', codes: { L: { code: 'official', equivalence: 'equivalent' } } };

function mapOf(parts: object): string {
  return JSON.stringify({ ...HEAD, codeMaps: { use: USE }, shapes: { XCN: { records: [PRACTITIONER] } }, ...parts });
}

describe('records of a shape', () => {
  const map = mapOf({
    recordsOf: [
      { shape: 'XCN', from: 'PV1-7' },
      { shape: 'XCN', from: 'PV1-8' },
      { shape: 'XCN', from: 'OBX-15' },
    ],
  });

  test('are made for every repetition of the field in every group, and once for a person named twice', async () => {
    const records = await mapped(compiled(map), MESSAGE);
    expect(codesOf(records)).toEqual([]);
    expect(records.map(({ key, position }) => [key, position])).toEqual([
      ['prac:1.2.3:77', 'message 1 PV1[1]-7'],
      ['prac:78', 'message 1 PV1[1]-7'],
      ['prac:79', 'message 1 OBX[1]-15'],
      ['prac:80', 'message 1 OBX[2]-15'],
    ]);
    expect(records[1]?.resource).toMatchObject({ name: [{ family: 'Roe' }] });
  });

  test('of a shape nobody wrote, or of one that makes none, are refused by name', () => {
    const wrong = mapOf({ recordsOf: [{ shape: 'XCM', from: 'PV1-7' }] });
    expect(parseLineage(wrong)).toMatchObject({
      ok: false,
      refusals: [{ field: ['recordsOf', '0'], remedy: 'write XCN, if that is what was meant' }],
    });
    const rules = { CX: { rules: [{ to: 'value', from: '.1' }] } };
    const none = mapOf({ shapes: rules, recordsOf: [{ shape: 'CX', from: 'PID-3' }] });
    expect(parseLineage(none)).toMatchObject({ ok: false });
    const component = mapOf({ recordsOf: [{ shape: 'XCN', from: 'PV1-7.1' }] });
    expect(parseLineage(component)).toMatchObject({ ok: false });
  });

  test('come with those of the shapes it names, relative to its place, under the conditions of both', async () => {
    const shapes = {
      XCN: { records: [PRACTITIONER] },
      visit: {
        records: [
          { type: 'Encounter', key: 'e:{MSH-10}', rules: [{ do: 'constant', to: 'status', value: 'unknown' }] },
        ],
        recordsOf: [{ shape: 'XCN', from: 'PV1-7' }],
      },
    };
    const recordsOf = [{ shape: 'visit', from: 'PV1' }];
    const records = await mapped(compiled(mapOf({ shapes, recordsOf })), MESSAGE);
    expect(records.map(({ type }) => type)).toEqual(['Encounter', 'Practitioner', 'Practitioner']);
    const never = mapOf({ shapes, recordsOf: [{ ...recordsOf[0], when: [{ from: 'MSH-10', in: ['none'] }] }] });
    expect(codesOf(await mapped(compiled(never), MESSAGE))).toEqual(['NOTHING_MAPPED']);
    const round = { ...shapes, XCN: { recordsOf: [{ shape: 'visit', from: 'PV1' }] } };
    expect(parseLineage(mapOf({ shapes: round, recordsOf }))).toMatchObject({ ok: false });
  });

  test('are referred to by the first key that is complete, as they are made', async () => {
    const key = PRACTITIONER.key;
    const reference = { do: 'reference', to: '.', type: 'Practitioner', key };
    const shapes = { XCN: { rules: [reference], records: [PRACTITIONER] } };
    const rules = [{ do: 'shape', shape: 'XCN', from: 'PV1-7', to: 'generalPractitioner[]' }];
    const records = [{ type: 'Patient', key: 'mrn:{PID-3.1}', rules }];
    const [patient] = await mapped(compiled(mapOf({ shapes, records })), MESSAGE);
    expect(patient?.resource).toMatchObject({
      generalPractitioner: [{ identifier: { value: 'prac:1.2.3:77' } }, { identifier: { value: 'prac:78' } }],
    });
  });
});

describe('a code map', () => {
  const codes = {
    MR: { code: 'MR', equivalence: 'equivalent' },
    'HL70*': { code: 'http://terminology.hl7.org/CodeSystem/v2-0{rest}', equivalence: 'equivalent' },
    '*': { code: '{code}', system: 'urn:waybill:code-system:types', equivalence: 'equivalent' },
  };
  const rule = { do: 'code', map: 'types', from: 'PID-3.5' };
  const rules = [
    { ...rule, to: 'identifier[0].type.coding[0].system', part: 'system' },
    { ...rule, to: 'identifier[0].type.coding[0].code' },
  ];
  const map = mapOf({
    codeMaps: { types: { from: 'x', to: 'urn:standard', codes } },
    records: [{ type: 'Patient', key: 'k', rules }],
  });

  test('names another system for what its table does not have, and writes what follows a prefix', async () => {
    const lineage = compiled(map);
    const coding = async (type: string) => {
      const [patient] = await mapped(lineage, MESSAGE.replace('^MR', `^${type}`));
      return patient?.resource;
    };
    const typed = (system: string, code: string) => ({
      identifier: [{ value: 'k' }, { type: { coding: [{ system, code }] } }],
    });
    expect(await coding('MR')).toMatchObject(typed('urn:standard', 'MR'));
    expect(await coding('HOUSE')).toMatchObject(typed('urn:waybill:code-system:types', 'HOUSE'));
    const table = typed('urn:standard', 'http://terminology.hl7.org/CodeSystem/v2-0203');
    expect(await coding('HL70203')).toMatchObject(table);
  });
});
