import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../kernel/canonical-json.ts';
import { codesOf, compiled, mapped } from '../item.ts';

type Resource = Record<string, Json>;

/** What one shape of the library makes of one field. */
async function shaped(shape: string, field: string, to = 'made'): Promise<Json | undefined> {
  const rules = [{ do: 'shape', shape, from: 'ZZZ-1', to }];
  const records = [{ type: 'Basic', key: 'k', rules }];
  const resource = await mapOf({ records }, field);
  return resource['made'];
}

async function mapOf(parts: object, field: string): Promise<Resource> {
  const made = await recordsOf(parts, field);
  return made[0] ?? {};
}

async function recordsOf(parts: object, field: string): Promise<readonly Resource[]> {
  const head = { name: 'm', version: '1.0.0', format: 'hl7v2', messages: ['ADT^A01'], critical: [] };
  const text = JSON.stringify({ ...head, uses: ['hl7v2-datatypes'], ...parts });
  const message = `MSH|^~\\&|A|B|C|D|20250102030405-0500||ADT^A01|7|P|2.5.1\rZZZ|${field}`;
  const records = await mapped(compiled(text), message);
  expect(codesOf(records)).toEqual([]);
  return records.map(({ resource }) => resource as Resource);
}

const LOCAL = 'urn:waybill:code-system:';

describe('the shapes of HL7 v2 data types', () => {
  test.each([
    ['1.2.3', 'ISO', 'urn:oid:1.2.3'],
    ['0d9e3f4c-0000-4000-8000-000000000000', 'UUID', 'urn:uuid:0d9e3f4c-0000-4000-8000-000000000000'],
    ['http://a.example/mrn', 'URI', 'http://a.example/mrn'],
    ['mrn.a.example', 'DNS', 'dns:mrn.a.example'],
    ['7.7', 'L', 'urn:waybill:namespace:Main%20Desk'],
  ])('give an authority its URI by the kind of its universal id: %s %s', async (id, kind, system) => {
    expect(await shaped('CX', `12^^^Main Desk&${id}&${kind}^MR`)).toMatchObject({ value: '12', system });
  });

  test('keep an identifier type that the table does not have, under a system of its own', async () => {
    expect(await shaped('CX', '12^^^A^XMRN')).toEqual({
      value: '12',
      system: 'urn:waybill:namespace:A',
      type: { coding: [{ system: `${LOCAL}HL70203`, code: 'XMRN' }] },
    });
  });

  test('make a name of all its parts, for each repetition', async () => {
    const names = 'van Doe&van&Doe^Ann^Bea^Jr^Dr^PhD^L^^^^^2001^2002~Roe^Cy^^^^^A';
    expect(await shaped('XPN', names, 'made[]')).toMatchObject([
      {
        family: 'van Doe',
        given: ['Ann', 'Bea'],
        prefix: ['Dr'],
        suffix: ['Jr', 'PhD'],
        use: 'official',
        period: { start: '2001', end: '2002' },
      },
      { family: 'Roe', given: ['Cy'], extension: [{ url: 'urn:waybill:hl7v2:name-type', valueString: 'A' }] },
    ]);
  });

  test.each([
    ['^PRN^PH^^1^555^7000000^4', { system: 'phone', use: 'home', value: '+1 555 7000000 ext. 4' }],
    ['(555)700^^CP', { system: 'phone', use: 'mobile', value: '(555)700' }],
    ['^NET^Internet^a@b.example', { system: 'email', use: 'home', value: 'a@b.example' }],
    ['1^ORN^PH^^^^^^^^^2', { system: 'phone', use: 'home', value: '2' }],
    ['(509)555^^^a@b.example', { system: 'phone', use: 'home', value: '(509)555' }],
    ['^^^a@b.example', { system: 'email', use: 'home', value: 'a@b.example' }],
    ['(103)144^P^H', { system: 'other', value: '(103)144' }],
  ])('read a number however it is written: %s', async (field, expected) => {
    expect(await shaped('XTN-home', field)).toMatchObject(expected);
  });

  test('make nothing of a number that is not there', async () => {
    expect(await shaped('XTN-home', '^PRN^PH~', 'made[]')).toBeUndefined();
  });

  test('never leave out the system of a code, and keep the text', async () => {
    const codes = '8867-4^Heart rate^LN^HR^Puls^99X^^^puls, rate~F^Female^HL70001~X1^house code~^in words';
    expect(await shaped('CWE', codes, 'made[]')).toEqual([
      {
        coding: [
          { system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' },
          { system: `${LOCAL}99X`, code: 'HR', display: 'Puls' },
        ],
        text: 'puls, rate',
      },
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0001', code: 'F', display: 'Female' }] },
      { coding: [{ system: `${LOCAL}L`, code: 'X1', display: 'house code' }] },
      { text: 'in words' },
    ]);
  });

  test.each([
    ['>^5', { valueQuantity: { value: 5, comparator: '>' } }],
    ['^1^-^2', { valueRange: { low: { value: 1 }, high: { value: 2 } } }],
    ['^1^:^8', { valueRatio: { numerator: { value: 1 }, denominator: { value: 8 } } }],
    ['^2^+', { valueString: '2+' }],
  ])('give a structured number the type it means: %s', async (field, expected) => {
    expect(await shaped('SN', field)).toEqual(expected);
  });

  test('decode an attachment by the encoding it names', async () => {
    expect(await shaped('ED', 'X^AP^PDF^Base64^JVBERg==')).toEqual({
      contentType: 'application/pdf',
      data: 'JVBERg==',
    });
    expect(await shaped('ED', 'X^AP^RTF^Hex^7b7d')).toEqual({ contentType: 'application/rtf', data: 'e30=' });
    expect(await shaped('RP', 'http://a.example/1^^AP^PDF')).toEqual({
      contentType: 'application/pdf',
      url: 'http://a.example/1',
    });
  });

  test('make every place of a location a part of the larger one, whichever of them are named', async () => {
    const use = { recordsOf: [{ shape: 'PL', from: 'ZZZ-1' }] };
    const whole = await recordsOf(use, 'W^R^B^F^^^H^L');
    expect(whole.map(({ name }) => name)).toEqual(['F', 'H', 'L', 'W', 'R', 'B']);
    const [, , , , , bed] = whole;
    expect(bed).toMatchObject({ partOf: { identifier: { value: 'loc:ro:F:H:L:W:R' } } });
    const [facility, room] = await recordsOf(use, '^R^^F');
    expect(facility).toMatchObject({ name: 'F' });
    expect(room).toMatchObject({ name: 'R', partOf: { identifier: { value: 'loc:si:F' } } });
    expect(await shaped('PL', '^R^^F')).toMatchObject({ identifier: { value: 'loc:ro:F::::R' } });
    expect(await shaped('PL', '^^^F')).toMatchObject({ identifier: { value: 'loc:si:F' } });
  });

  test('refer to a practitioner by the key he is made under, and to one without a number by name', async () => {
    const [made] = await recordsOf({ recordsOf: [{ shape: 'XCN', from: 'ZZZ-1' }] }, '7^Doe^Ann^^^^^^A&1.2&ISO^L');
    expect(made).toMatchObject({ identifier: [{ value: 'prac:1.2:7' }, { value: '7', system: 'urn:oid:1.2' }] });
    expect(await shaped('XCN', '7^Doe^Ann^^^^^^A&1.2&ISO^L')).toMatchObject({ identifier: { value: 'prac:1.2:7' } });
    expect(await shaped('XCN', '^Doe^Ann')).toEqual({ display: 'Ann Doe' });
  });

  test('stand in the library with their paths quoted', () => {
    const url = new URL('../../../records/maps/shapes/hl7v2-datatypes.shapes.yaml', import.meta.url);
    expect(readFileSync(url, 'utf8')).not.toMatch(/[\s[]\.\d+[,\]\s}]/);
  });
});
