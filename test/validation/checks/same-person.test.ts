/** Charts of one person: what makes two of them one, and what must not. */
import { describe, expect, test } from '@jest/globals';
import { measureMatching } from '../../../bench/matching/measure.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { type Person, personOf, readPerson, writePerson } from '../../../subgraphs/validation/checks/person.ts';
import { explain, isPerhapsKin, likenessOf, probabilityOf } from '../../../subgraphs/validation/checks/same-person.ts';

const RARE = { family: () => 0.0005, given: () => 0.003 };
const ANA: Person = {
  family: 'nunez',
  given: 'ana',
  middle: 'maria',
  suffix: '',
  birth: '1970-03-12',
  sex: 'female',
  ssn: '219099999',
  phone: '6175551234',
  postal: '02139',
  house: '12',
};
const BARE: Person = { ...ANA, middle: '', ssn: '', phone: '', postal: '', house: '' };

function isSame(one: Person, other: Person, patients = 100_000): boolean {
  return !isPerhapsKin(one, other) && probabilityOf(likenessOf(one, other, RARE).bits, patients) >= 0.95;
}

describe('two charts are of one person', () => {
  test.each<[string, Person, Person]>([
    ['where name, birth date and sex are the same', BARE, BARE],
    ['where the given name is a short form', { ...ANA, given: 'robert' }, { ...ANA, given: 'bob', ssn: '' }],
    ['where day and month were changed over', ANA, { ...ANA, birth: '1970-12-03', ssn: '', phone: '' }],
    ['where the names stand in each other’s place', BARE, { ...BARE, family: 'ana', given: 'nunez' }],
    [
      'where she has married and moved, and kept her number',
      ANA,
      { ...ANA, family: 'smith', postal: '90210', phone: '' },
    ],
    ['where one of two family names was left out', ANA, { ...ANA, family: 'nunezgarcia', ssn: '', phone: '' }],
    ['where two letters were swapped', { ...BARE, family: 'zielinski' }, { ...BARE, family: 'zeilinski' }],
  ])('%s', (_, one, other) => {
    expect(isSame(one, other)).toBe(true);
    expect(isSame(other, one)).toBe(true);
  });
});

describe('two charts are not of one person', () => {
  test.each<[string, Person, Person]>([
    ['of twins in one house', { ...ANA, ssn: '' }, { ...ANA, given: 'eva', middle: '', ssn: '' }],
    ['of a brother and a sister born on one day', { ...ANA, ssn: '' }, { ...ANA, given: 'anna', sex: 'male', ssn: '' }],
    ['of a mother and a daughter of one name', { ...ANA, ssn: '' }, { ...ANA, birth: '1999-06-30', ssn: '' }],
    ['of a senior and a junior', { ...ANA, suffix: 'sr', ssn: '' }, { ...ANA, suffix: 'jr', ssn: '' }],
    ['of strangers born on one day', BARE, { ...BARE, family: 'okafor' }],
  ])('%s', (_, one, other) => expect(isSame(one, other)).toBe(false));

  test('of the two commonest names of a million patients, born on one day', () => {
    const common = { family: () => 0.01, given: () => 0.015 };
    const { bits } = likenessOf(BARE, BARE, common);
    expect(probabilityOf(bits, 1_000_000)).toBeLessThan(0.95);
    expect(probabilityOf(bits, 1_000)).toBeGreaterThan(0.95);
  });
});

test('every weight is explained, and no value is told', () => {
  const text = explain(likenessOf(ANA, { ...ANA, birth: '1970-12-03', phone: '6170000001' }, RARE));
  expect(text).toMatch(/^SSN same \+26\.\d, .*birth date close \+6\.\d.*phone differs -1\.0/);
  expect(text).not.toMatch(/nunez|1970|219|617/);
});

describe('of a chart', () => {
  const chart = (change: object): Json => ({
    resourceType: 'Patient',
    name: [{ family: "O'Núñez", given: ['Ana M.'], suffix: ['III'] }],
    birthDate: '1970-01-02',
    gender: 'female',
    ...change,
  });
  test('names are read in one spelling', () => {
    expect(personOf(chart({}))).toMatchObject({ family: 'onunez', given: 'ana', middle: 'm', suffix: 'iii' });
  });
  test('what stands for nothing is nothing: placeholders of births, names, numbers', () => {
    const identifier = [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '999-99-9999' }];
    const telecom = [{ system: 'phone', value: '000-000-0000' }];
    expect(personOf(chart({ birthDate: '1900-01-01', identifier, telecom }))).toMatchObject({
      ...{ birth: '', ssn: '', phone: '' },
    });
    expect(personOf(chart({ name: [{ family: 'Doe', given: ['Baby'] }] }))?.given).toBe('');
  });
  test('nothing follows without a family name, or without anything beside it', () => {
    expect(personOf(chart({ name: [{ given: ['Ana'] }] }))).toBeUndefined();
    expect(personOf(chart({ name: [{ family: 'X' }], birthDate: '1970' }))).toBeUndefined();
    expect(personOf({ resourceType: 'Practitioner' })).toBeUndefined();
  });
  test('a line holds all of it', () => expect(readPerson(writePerson(ANA))).toEqual(ANA));
});

test('of a population with known second charts nearly all are found, and hardly any is invented', async () => {
  const first = await measureMatching(6_000, 7);
  expect(first.second).toBeGreaterThan(400);
  expect(first.precision).toBeGreaterThanOrEqual(0.99);
  expect(first.recall).toBeGreaterThanOrEqual(0.9);
  const again = await measureMatching(6_000, 7);
  expect([again.right, again.wrong]).toEqual([first.right, first.wrong]);
});
