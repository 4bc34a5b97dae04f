import { describe, expect, test } from '@jest/globals';
import { NumberLiteral } from '../../../kernel/canonical-json.ts';
import { all, codesOf, compiled, item, mapped, shipped } from '../item.ts';

const lineage = shipped('csv-patient-to-fhir');
const HEADER = 'MRN,LAST,FIRST,MIDDLE,DOB,SEX,SSN,PHONE,STREET,CITY,STATE,ZIP';

describe('the shipped map of patient extracts', () => {
  test('keeps leading zeros, the precision of dates and every part of a name', async () => {
    const text = `${HEADER}\n00123,Doe,Jane,Q.,1980,F,000-12-3456,555-0100,1 Main St,Boston,MA,02134\n`;
    const [record] = await mapped(lineage, text);
    expect(record).toMatchObject({ key: 'mrn:00123', type: 'Patient', parent: null, position: 'line 2', problems: [] });
    expect(record?.resource).toEqual({
      resourceType: 'Patient',
      identifier: [
        { system: 'urn:waybill:source', value: 'mrn:00123' },
        {
          type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
          system: 'urn:waybill:mrn',
          value: '00123',
        },
        {
          type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'SS' }] },
          system: 'http://hl7.org/fhir/sid/us-ssn',
          value: '000-12-3456',
        },
      ],
      name: [{ family: 'Doe', given: ['Jane', 'Q.'] }],
      telecom: [{ system: 'phone', value: '555-0100' }],
      gender: 'female',
      birthDate: '1980',
      address: [{ line: ['1 Main St'], city: 'Boston', state: 'MA', postalCode: '02134' }],
    });
  });

  test.each([
    ['1980-02-03', '1980-02-03'],
    ['02/03/1980', '1980-02-03'],
    ['19800203', '1980-02-03'],
    ['1980-02', '1980-02'],
    ['', undefined],
  ])('reads the birth date %j as %j', async (written, birthDate) => {
    const [record] = await mapped(lineage, `${HEADER}\n1,Doe,Jane,,${written},F,,,,,,\n`);
    expect(record?.problems).toEqual([]);
    expect(record?.resource).toHaveProperty('name[0].given', ['Jane']);
    expect((record?.resource as { birthDate?: string }).birthDate).toBe(birthDate);
  });

  test('names rows it cannot map instead of guessing', async () => {
    const row = async (cells: string) => codesOf(await mapped(lineage, `${HEADER}\n${cells}\n`));
    expect(await row('1,Doe,Jane,,13/45/1980,F,,,,,,')).toEqual(['DATE_INVALID']);
    expect(await row('1,Doe,Jane,,02/03/80,F,,,,,,')).toEqual(['DATE_INVALID']);
    expect(await row('1,Doe,Jane,,,Z,,,,,,')).toEqual(['CODE_UNMAPPED']);
    expect(await row(',Doe,Jane,,,F,,,,,,')).toEqual(['KEY_MISSING', 'REQUIRED_MISSING']);
    expect(await row('1,Doe,Jane')).toEqual(['ROW_RAGGED']);
    expect(await row('1,"Doe,Jane')).toEqual(['QUOTE_INVALID']);
    expect(await row('1,D\u0001oe,Jane,,,F,,,,,,')).toEqual(['TEXT_INVALID']);
  });

  test('names columns that are missing or doubled, and files that are no extract', async () => {
    expect(codesOf(await mapped(lineage, 'MRN,LAST,FIRST,BIRTHDATE\n1,a,b,c\n'))).toEqual(['COLUMN_MISSING']);
    expect(codesOf(await mapped(lineage, `${HEADER},mrn\n1\n`))).toEqual(['COLUMN_DUPLICATE']);
    expect(codesOf(await mapped(lineage, '%PDF-1.7\n'))).toEqual(['NOT_TEXT']);
    expect(codesOf(await mapped(lineage, ''))).toEqual(['HEADER_MISSING']);
    expect(await mapped(lineage, 'MRN,LAST,FIRST,DOB,SEX\n7,Doe,Jane,1980,F\n')).toMatchObject([{ problems: [] }]);
  });
});

test('every transform does what the language says', async () => {
  const rules = [
    { to: 'a', from: 'A' },
    { do: 'trim', to: 'b', from: 'B' },
    { do: 'constant', to: 'c', value: true },
    { do: 'template', to: 'd', template: '{A}-{B}' },
    { do: 'template', to: 'e', template: '{A}-{Y}' },
    { do: 'split', to: 'f', from: 'C', at: ';' },
    { do: 'split', to: 'g', from: 'C', at: ';', part: 2 },
    { do: 'number', to: 'h', from: 'N' },
    { do: 'quantity', to: 'i', from: 'Q', unit: 'U' },
    { do: 'reference', to: 'j', type: 'Patient', key: 'mrn:{A}' },
    { do: 'code', to: 'k', from: 'K', map: 'm', part: 'display' },
    { do: 'code', to: 'l', from: 'K', map: 'm', part: 'system' },
    { to: 'm', from: 'Z', ignore: ['NULL'] },
    { do: 'date', to: 'n', from: 'D', shapes: ['MM/dd/yyyy HH:mm'], as: 'dateTime', zone: '+01:00' },
    { do: 'constant', to: 'o', value: 1, when: [{ from: 'A', in: ['no'] }] },
  ];
  const text = JSON.stringify({
    name: 'all',
    version: '1.0.0',
    format: 'delimited',
    critical: [],
    codeMaps: {
      m: { from: 'x', to: 'urn:y', codes: { 'Z*': { code: '{code}', display: 'shown', equivalence: 'equivalent' } } },
    },
    records: [{ type: 'Basic', key: 'k:{row.n}', rules }],
  });
  const csv = 'A\tB\tC\tN\tQ\tU\tK\tZ\tD\tY\n x \t y \tone; two;\t+4.50\t<= 3\tmg\tZ9\tNULL\t01/02/2025 03:04\t\n';
  const [record] = await mapped(compiled(text), csv);
  expect(record?.problems).toEqual([]);
  expect(record?.resource).toEqual({
    resourceType: 'Basic',
    identifier: [{ system: 'urn:waybill:source', value: 'k:1' }],
    a: ' x ',
    b: 'y',
    c: true,
    d: 'x-y',
    f: ['one', 'two'],
    g: 'two',
    h: new NumberLiteral('4.50'),
    i: { value: 3, comparator: '<=', unit: 'mg' },
    j: { identifier: { system: 'urn:waybill:source', value: 'mrn:x' }, type: 'Patient' },
    k: 'shown',
    l: 'urn:y',
    n: '2025-01-02T03:04:00+01:00',
  });
});

test('an item is read to its end when it is mapped, and let go of when nobody listens any more', async () => {
  for (const [content, wanted] of [
    ['%PDF-1.7 and more of it', 1],
    [`${HEADER}\n1,Doe,Jane,,,F,,,,,,\n2,Doe,Jane,,,F,,,,,,\n`, 2],
  ] as const) {
    let open = 0;
    let readBytes = 0;
    const source = async function* () {
      open++;
      try {
        for await (const chunk of item(content, 5)) {
          readBytes += chunk.length;
          yield chunk;
        }
      } finally {
        open--;
      }
    };
    expect(await all(lineage.map('x', source()))).toHaveLength(wanted);
    expect([open, readBytes]).toEqual([0, content.length]);
    for await (const record of lineage.map('x', source())) {
      expect(record.key).toBeDefined();
      break;
    }
    expect(open).toBe(0);
  }
});
