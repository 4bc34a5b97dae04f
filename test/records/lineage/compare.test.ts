import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../../kernel/canonical-json.ts';
import { recordFields } from '../../../records/leaves.ts';
import { mapped, shipped } from '../item.ts';

const oru = shipped('oru-to-fhir');
const asIs = shipped('fhir-as-is');

type Draft = Record<string, Json>;

const observation: Draft = {
  resourceType: 'Observation',
  identifier: [{ system: 'urn:waybill:source', value: 'obs:1:1:1' }],
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7', display: 'Hemoglobin in blood' }] },
  subject: { identifier: { system: 'urn:waybill:source', value: 'mrn:00123' }, type: 'Patient' },
  effectiveDateTime: '2025-01-02T03:04:05-05:00',
  valueQuantity: { value: 13.5, unit: 'g/dL' },
  note: [{ text: 'a long note' }],
};

function compare(change: (draft: Record<string, any>) => void, expected: Draft = observation) {
  const actual = structuredClone(expected) as Record<string, Json>;
  change(actual);
  return oru
    .compare('Observation', expected, actual)
    .map(({ field, category, note, critical }) => [field, category, note, critical ? 'critical' : 'minor'].join(' | '));
}

describe('comparing a record with the expected one', () => {
  test('finds no difference where the meaning is the same', () => {
    expect(compare(() => undefined)).toEqual([]);
    expect(
      compare((draft) => {
        draft['id'] = '77';
        draft['meta'] = { versionId: '1', lastUpdated: '2025-01-02T00:00:00Z' };
        draft['text'] = { status: 'generated', div: '<div/>' };
        draft['effectiveDateTime'] = '2025-01-02T08:04:05.000Z';
        draft['identifier'] = [{ system: 'urn:target', value: '9' }, ...draft['identifier']];
      }),
    ).toEqual([]);
  });

  test.each<[string, (draft: Record<string, any>) => void, string]>([
    ['a text cut off', (d) => (d['note'][0].text = 'a long'), 'note[0].text | truncation | 6 of 11 characters | minor'],
    ['a text changed', (d) => (d['note'][0].text = 'another'), 'note[0].text | value-mismatch | differs | minor'],
    [
      'a display cut off',
      (d) => (d['code'].coding[0].display = 'Hemoglobin'),
      'code.coding[0].display | truncation | 10 of 19 characters | critical',
    ],
    [
      'another code',
      (d) => (d['code'].coding[0].code = '718-8'),
      'code.coding[0].code | code-translation-mismatch | another code | critical',
    ],
    [
      'another status',
      (d) => (d['status'] = 'amended'),
      'status | code-translation-mismatch | another code | critical',
    ],
    [
      'a time five hours later',
      (d) => (d['effectiveDateTime'] = '2025-01-02T13:04:05Z'),
      'effectiveDateTime | timestamp-shift | +5 h | critical',
    ],
    [
      'the clock kept and the zone changed',
      (d) => (d['effectiveDateTime'] = '2025-01-02T03:04:05+05:30'),
      'effectiveDateTime | timestamp-shift | -10.5 h | critical',
    ],
    [
      'the zone lost',
      (d) => (d['effectiveDateTime'] = '2025-01-02T03:04:05'),
      'effectiveDateTime | timestamp-shift | zone lost | critical',
    ],
    [
      'the time lost',
      (d) => (d['effectiveDateTime'] = '2025-01-02'),
      'effectiveDateTime | value-mismatch | precision day instead of time | critical',
    ],
    [
      'another moment',
      (d) => (d['effectiveDateTime'] = '2025-01-02T03:14:05-05:00'),
      'effectiveDateTime | value-mismatch | differs | critical',
    ],
    [
      'another number',
      (d) => (d['valueQuantity'].value = 1.35),
      'valueQuantity.value | value-mismatch | differs | critical',
    ],
    [
      'a number as text',
      (d) => (d['valueQuantity'].value = '13.5'),
      'valueQuantity.value | value-mismatch | another type | critical',
    ],
    ['an element lost', (d) => delete d['subject'], 'subject | value-mismatch | missing | critical'],
    ['a list emptied', (d) => (d['note'] = []), 'note | value-mismatch | missing | minor'],
    [
      'leading zeros lost',
      (d) => (d['subject'].identifier.value = 'mrn:123'),
      'subject.identifier.value | value-mismatch | differs | critical',
    ],
    [
      'an element that the source does not have',
      (d) => (d['valueString'] = 'x'),
      'valueString | value-mismatch | unexpected element | critical',
    ],
    [
      'a second code that the source does not have',
      (d) => d['code'].coding.push({ code: 'x' }),
      'code.coding[1] | value-mismatch | unexpected element | critical',
    ],
  ])('names %s', (_what, change, difference) => {
    expect(compare(change)).toEqual([difference]);
  });

  test('names stripped zeros of an identifier, and a birth date that went through midnight', () => {
    const patient: Draft = {
      resourceType: 'Patient',
      identifier: [{ system: 's', value: '00123' }],
      birthDate: '1980-01-01',
    };
    const actual: Draft = {
      resourceType: 'Patient',
      identifier: [{ system: 's', value: '123' }],
      birthDate: '1979-12-31',
    };
    expect(asIs.compare('Patient', patient, actual)).toEqual([
      { field: 'birthDate', category: 'timestamp-shift', note: '-24 h', critical: true },
      { field: 'identifier[0].value', category: 'value-mismatch', note: 'leading zeros', critical: false },
    ]);
  });

  test('matches list elements wherever they stand, and keeps the order of texts', () => {
    const report: Draft = { resourceType: 'Patient', contact: [{ gender: 'male' }, { gender: 'female' }] };
    const turned: Draft = { resourceType: 'Patient', contact: [{ gender: 'female' }, { gender: 'male' }] };
    expect(asIs.compare('Patient', report, turned)).toEqual([]);
    const named: Draft = { resourceType: 'Patient', name: [{ given: ['Ann', 'Bea'] }] };
    const swapped: Draft = { resourceType: 'Patient', name: [{ given: ['Bea', 'Ann'] }] };
    expect(asIs.compare('Patient', named, swapped).map(({ field }) => field)).toEqual([
      'name[0].given[0]',
      'name[0].given[1]',
    ]);
  });

  test('never throws, whatever the target answers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (answer) => {
        expect(Array.isArray(oru.compare('Observation', observation, answer as Json))).toBe(true);
      }),
    );
    expect(oru.compare('Observation', observation, null)).toMatchObject([{ note: 'missing' }]);
  });

  test('finds every single mapped value that is flipped, and calls it by its field', async () => {
    const text = [
      'MSH|^~\\&|LAB|A|||20250102030405-0500||ORU^R01|C7|P|2.5.1',
      'PID|1||00123',
      'OBR|1||F1|24317-0^Hemogram^LN|||20250102010203||||||||||||||||||F',
      'OBX|1|NM|718-7^Hemoglobin^LN||13.5|g/dL|12-16|N|||F',
      'OBX|2|CE|600-7^Culture^LN||112283007^E. coli^SCT||||||F',
    ].join('\r');
    let flips = 0;
    for (const { type, resource } of await mapped(oru, text)) {
      for (const path of leafPaths(resource)) {
        const flipped = flip(resource, path);
        const differences = oru.compare(type, resource, flipped);
        expect(differences.map((each) => each.field)).toEqual([dotted(path)]);
        flips++;
      }
      expect(leafPaths(resource)).toHaveLength(recordFields(resource) + 1);
    }
    expect(flips).toBeGreaterThan(30);
  });
});

type Path = readonly (string | number)[];

function leafPaths(value: Json, above: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [above];
  if (Array.isArray(value)) return value.flatMap((each, index) => leafPaths(each, [...above, index]));
  return Object.entries(value).flatMap(([name, member]) => leafPaths(member ?? null, [...above, name]));
}

function flip(resource: Json, path: Path): Json {
  const copy = structuredClone(resource);
  let holder = copy as Record<string | number, any>;
  for (const step of path.slice(0, -1)) holder = holder[step];
  const last = path.at(-1) ?? '';
  holder[last] = typeof holder[last] === 'number' ? holder[last] + 1 : `~${holder[last]}`;
  return copy;
}

function dotted(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1);
}
