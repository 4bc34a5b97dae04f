/** FHIR keeps the precision of a decimal: 1.010 is not 1.01, on every way a number goes. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { canonicalJson, type Json, numberOf, parseJson } from '../../kernel/canonical-json.ts';
import { parseKeepingDigits } from '@waybill/connector-sdk';
import { compiled, mapped } from './item.ts';

const OBSERVATION = { type: 'Observation', rules: [{ do: 'number', to: 'valueQuantity.value', from: 'value' }] };
const HEAD = { name: 'm', version: '1.0.0', critical: ['Observation.valueQuantity'] };
const TABLE = JSON.stringify({ ...HEAD, format: 'delimited', records: [{ ...OBSERVATION, key: 'o:{id}' }] });
const AS_IS = JSON.stringify({ ...HEAD, format: 'fhir', copyResource: {} });

/** As JSON writes numbers, zeros at the end and exponents included. */
const literal = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.nat({ max: 99_999 }).map(String),
    fraction: fc.option(fc.stringMatching(/^[0-9]{1,9}$/)),
    exponent: fc.option(fc.constantFrom('e3', 'E-2', 'e+10'), { freq: 5 }),
  })
  .map(
    ({ sign, whole, fraction, exponent }) =>
      `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent ?? ''}`,
  );

const valueIn = (json: string): string | undefined => /"valueQuantity":\{"value":([^,}]+)/.exec(json)?.[1];

describe('the digits of a decimal', () => {
  test('are the same after JSON is parsed and written, whatever stands around them', () => {
    const member = fc.oneof(
      literal,
      fc.string().map((text) => JSON.stringify(text)),
      fc.constantFrom('true', 'null'),
    );
    fc.assert(
      fc.property(fc.array(member), fc.constantFrom('', ' ', '\n'), (members, space) => {
        const text = `[${members.join(`,${space}`)}]`;
        expect(canonicalJson(parseJson(text))).toBe(`[${members.join(',')}]`);
        expect(JSON.parse(JSON.stringify(parseJson(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('are those of the connectors, too', () => {
    fc.assert(
      fc.property(literal, (number) => {
        expect(JSON.stringify(parseKeepingDigits(`{"a":${number},"b":[${number}]}`))).toBe(
          `{"a":${number},"b":[${number}]}`,
        );
      }),
    );
  });

  test('come out of a table as they were written there', async () => {
    const lineage = compiled(TABLE);
    const decimal = fc.stringMatching(/^-?[1-9][0-9]{0,4}\.[0-9]{1,6}$/);
    await fc.assert(
      fc.asyncProperty(decimal, async (number) => {
        const [record] = await mapped(lineage, `id,value\n1,${number}\n`);
        expect(valueIn(canonicalJson(record?.resource ?? null))).toBe(number);
      }),
      { numRuns: 50 },
    );
    const spelt = async (text: string) => {
      const [record] = await mapped(lineage, `id,value\n1,${text}\n`);
      return valueIn(canonicalJson(record?.resource ?? null));
    };
    expect(await Promise.all(['+1.010', '007.50', '.50', '5.', '-0.0', '7'].map(spelt))).toEqual([
      '1.010',
      '7.50',
      '0.50',
      '5',
      '0.0',
      '7',
    ]);
  });

  test('come out of a resource that is copied as they were written there', async () => {
    const lineage = compiled(AS_IS);
    const text = (number: string) => `{"resourceType":"Observation","id":"a","valueQuantity":{"value":${number}}}`;
    for (const number of ['1.010', '120.0', '1.0e1', '7', '-3.50']) {
      const [record] = await mapped(lineage, text(number), 'a.json');
      expect(valueIn(canonicalJson(record?.resource ?? null))).toBe(number);
    }
  });

  test('that are fewer or more at the target are a difference of their own kind, which is not critical', () => {
    const lineage = compiled(TABLE);
    const holding = (number: string): Json => ({ valueQuantity: { value: numberOf(number) } });
    const compare = (expected: string, actual: string) =>
      lineage.compare('Observation', holding(expected), holding(actual));
    const field = 'valueQuantity.value';
    expect(compare('1.010', '1.01')).toEqual([
      { field, category: 'precision-loss', note: '2 decimals instead of 3', critical: false },
    ]);
    expect(compare('1', '1.0')).toMatchObject([{ category: 'precision-loss', note: '1 decimals instead of 0' }]);
    expect(compare('1.010', '1.02')).toMatchObject([{ category: 'value-mismatch', critical: true }]);
    expect(compare('1.010', '1.010')).toEqual([]);
  });
});
