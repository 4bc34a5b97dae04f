/** How codes are written: no code of a published table is refused, and slips of the pen are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shapeOfCode } from '../../../records/code-set/code-shape.ts';
import { SAMPLES } from '../../support/samples.ts';

const [SNOMED, LOINC] = ['http://snomed.info/sct', 'http://loinc.org'];
const GOOD: readonly (readonly [system: string, code: string])[] = [
  [SNOMED, '22298006'],
  [SNOMED, '442571000124108'],
  [LOINC, '2345-7'],
  [LOINC, '718-7'],
  [LOINC, '24323-8'],
  [LOINC, 'LA6576-8'],
];

describe('a check digit', () => {
  test.each(GOOD)('of %s is right in %s', (system, code) => expect(shapeOfCode(system, code)).toBe('well-formed'));

  test('tells every single wrong digit of a SNOMED CT code, and every pair of neighbours swapped', () => {
    const code = '442571000124108';
    const digit = fc.tuple(fc.nat(code.length - 1), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(digit, ([at, by]) => {
        const wrong = code.slice(0, at) + ((Number(code[at]) + by) % 10) + code.slice(at + 1);
        expect(shapeOfCode(SNOMED, wrong)).not.toBe('well-formed');
      }),
    );
    for (let at = 1; at < code.length; at++) {
      const swapped = code.slice(0, at - 1) + code[at] + code[at - 1] + code.slice(at + 1);
      if (swapped !== code) expect(shapeOfCode(SNOMED, swapped)).not.toBe('well-formed');
    }
  });

  test('tells every single wrong digit of a LOINC code', () => {
    for (let at = 0; at < 4; at++) {
      for (let by = 1; by < 10; by++) {
        const wrong = `${'2345'.slice(0, at)}${(Number('2345'[at]) + by) % 10}${'2345'.slice(at + 1)}-7`;
        expect(shapeOfCode(LOINC, wrong)).toBe('check-digit-wrong');
      }
    }
  });
});

describe('published tables', () => {
  const lines = (...path: readonly string[]): readonly string[] =>
    readFileSync(join(SAMPLES ?? '', ...path), 'utf8').split(/\r?\n/);

  (SAMPLES === undefined ? test.skip : test)('of ICD-9-CM and ICD-10-CM hold no code that is called malformed', () => {
    const codes = lines('terminology', 'gems-2018', '2018_I9gem.txt').map((line) => line.trim().split(/\s+/));
    const wrong = codes.filter(
      ([ninth = '', tenth = '']) =>
        ninth !== '' &&
        (shapeOfCode('http://hl7.org/fhir/sid/icd-9-cm', ninth) !== 'well-formed' ||
          (tenth !== 'NoDx' && shapeOfCode('http://hl7.org/fhir/sid/icd-10-cm', tenth) !== 'well-formed')),
    );
    expect(codes.length).toBeGreaterThan(20_000);
    expect(wrong).toEqual([]);
  });

  (SAMPLES === undefined ? test.skip : test)('of CVX hold no code that is called malformed', () => {
    const [name = ''] = readdirSync(join(SAMPLES ?? '', 'terminology', 'cvx'));
    const codes = lines('terminology', 'cvx', name).map((line) => line.split('|')[0]?.trim() ?? '');
    const given = codes.filter((code) => code !== '');
    expect(given.length).toBeGreaterThan(200);
    expect(given.filter((code) => shapeOfCode('http://hl7.org/fhir/sid/cvx', code) !== 'well-formed')).toEqual([]);
  });
});

test('a system nobody told of says nothing', () => {
  expect(shapeOfCode('urn:oid:1.2.3', '?')).toBe('system-unknown');
});
