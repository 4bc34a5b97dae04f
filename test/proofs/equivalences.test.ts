import { describe, expect, test } from '@jest/globals';
import { EQUIVALENCES } from '../../proofs/agreement/equivalences.ts';
import { bundleOf, tallyOf } from '../support/agreement.ts';

const OWN = 'http://example.com/v2-to-fhir-converter';
const TABLE = 'http://terminology.hl7.org/CodeSystem';
const reference = (to: string) => ({ reference: to });
const key = (type: string, value: string, display?: string) => ({
  type,
  identifier: { system: 'urn:waybill:source', value },
  ...(display === undefined ? {} : { display }),
});

interface Pair {
  readonly theirs: readonly object[];
  readonly ours: readonly object[];
}

interface Case {
  readonly same: Pair;
  /** Nearly so: what differs must go on to differ. */
  readonly other: Pair;
}

const patient = (rest: object) => ({ resourceType: 'Patient', active: true, ...rest });
const numbered = (system: string, value = '1') => patient({ identifier: [{ system, value }] });
const coded = (coding: object, text?: string) =>
  patient({ maritalStatus: { coding: [coding], ...(text === undefined ? {} : { text }) } });
const measured = (quantity: object) => ({ resourceType: 'Observation', status: 'final', valueQuantity: quantity });
const person = (value: string, id?: string) => ({ resourceType: 'Practitioner', id, identifier: [{ value }] });
const role = (practitioner: string) => ({ resourceType: 'PractitionerRole', practitioner: reference(practitioner) });
const kin = (phone: string) => ({ name: [{ family: 'Roe' }], telecom: [{ value: phone }] });
const place = (name: string, rest: object = {}) => ({ resourceType: 'Location', name, ...rest });
const performed = (performer: object) => ({ resourceType: 'Observation', status: 'final', performer: [performer] });
const titled = (title: string, text: object) => ({ resourceType: 'Composition', section: [{ title, text }] });
const statusIn = (code: string) => [
  { url: 'urn:x', valueCodeableConcept: { coding: [{ system: `${TABLE}/v2-0085`, code }] } },
];
const kept = (valueString: string) => [{ url: 'https://reportstream.cdc.gov/fhir/StructureDefinition/x', valueString }];
const one = (theirs: object, ours: object): Pair => ({ theirs: [theirs], ours: [ours] });

const CASES: Readonly<Record<string, Case>> = {
  'one system, two names': {
    same: one(numbered(`${OWN}/Identifier/LAB 1`), numbered('urn:waybill:namespace:LAB%201')),
    other: one(numbered(`${OWN}/Identifier/LAB 1`), numbered('urn:waybill:namespace:LAB%202')),
  },
  'the name of a code both say': {
    same: one(
      coded({ system: `${TABLE}/v2-0002`, code: 'M', display: 'Married' }),
      coded({ system: `${TABLE}/v2-0002`, code: 'M', display: 'Married person' }),
    ),
    other: one(
      coded({ system: 'http://snomed.info/sct', code: '1', display: 'Married' }),
      coded({ system: 'http://snomed.info/sct', code: '1', display: 'Divorced' }),
    ),
  },
  'a text, or the name of its code': {
    same: one(coded({ code: 'M', display: 'Married' }), coded({ code: 'M' }, 'Married')),
    other: one(coded({ code: 'M', display: 'Married' }), coded({ code: 'M' }, 'Divorced')),
  },
  'a unit in words': {
    same: one(measured({ value: 1, code: 'beats', system: 'urn:x' }), measured({ value: 1, unit: 'beats' })),
    other: one(
      measured({ value: 1, code: 'mg', system: 'http://unitsofmeasure.org' }),
      measured({ value: 1, unit: 'mg' }),
    ),
  },
  'a reference, or a number and a name': {
    same: {
      theirs: [patient({ managingOrganization: reference('urn:uuid:1') }), { resourceType: 'Organization', name: 'A' }],
      ours: [patient({ managingOrganization: { display: 'A' } })],
    },
    other: {
      theirs: [patient({ managingOrganization: reference('urn:uuid:1') }), { resourceType: 'Organization', name: 'A' }],
      ours: [patient({ managingOrganization: { display: 'B' } })],
    },
  },
  'a person, or the role made for him': {
    same: {
      theirs: [patient({ generalPractitioner: [reference('urn:uuid:1')] }), role('urn:uuid:2'), person('7')],
      ours: [patient({ generalPractitioner: [key('Practitioner', 'p7')] }), person('7', 'p7')],
    },
    other: {
      theirs: [patient({ generalPractitioner: [reference('urn:uuid:1')] }), role('urn:uuid:2'), person('7')],
      ours: [patient({ generalPractitioner: [key('Practitioner', 'p8')] }), person('8', 'p8')],
    },
  },
  'a contact of the patient, or a person related to him': {
    same: {
      theirs: [patient({ contact: [{ name: { family: 'Roe' }, telecom: [{ value: '1' }] }] })],
      ours: [patient({}), { resourceType: 'RelatedPerson', ...kin('1') }],
    },
    other: {
      theirs: [patient({ contact: [{ name: { family: 'Roe' }, telecom: [{ value: '1' }] }] })],
      ours: [patient({}), { resourceType: 'RelatedPerson', ...kin('2') }],
    },
  },
  'the way to a place in one text': {
    same: { theirs: [place('W', { description: 'W--R1' })], ours: [place('W'), place('R1')] },
    other: { theirs: [place('W', { description: 'W--R1' })], ours: [place('W'), place('R2')] },
  },
  'parts in one text': {
    same: one(patient({ address: [{ text: 'A--B' }] }), patient({ address: [{ text: 'A B' }] })),
    other: one(patient({ address: [{ text: 'A--B' }] }), patient({ address: [{ text: 'A C' }] })),
  },
  'a person of his own, or one named where he acts': {
    same: {
      theirs: [{ resourceType: 'Practitioner', identifier: [{ value: '7' }], name: [{ family: 'Roe' }] }],
      ours: [performed({ identifier: { value: '7' }, display: 'Ann Roe' })],
    },
    other: {
      theirs: [{ resourceType: 'Practitioner', identifier: [{ value: '7' }], name: [{ family: 'Roe' }] }],
      ours: [performed({ identifier: { value: '7' }, display: 'Ann Poe' })],
    },
  },
  'the role an element names': {
    same: {
      theirs: [{ ...role('urn:uuid:1'), code: [{ coding: [{ code: 'RO' }] }] }, person('7')],
      ours: [performed({ identifier: { value: '7' } })],
    },
    other: {
      theirs: [{ ...role('urn:uuid:1'), code: [{ coding: [{ code: 'OP' }] }] }, person('7')],
      ours: [performed({ identifier: { value: '7' } })],
    },
  },
  'the title of a section for its narrative': {
    same: one(titled('A', { div: '<div xmlns="x">A</div>' }), titled('A', { div: '<div xmlns="x">None known</div>' })),
    other: one(titled('A', { div: '<div xmlns="x">B</div>' }), titled('A', { div: '<div xmlns="x">None known</div>' })),
  },
  'the status in the words of table 0085': {
    same: one({ ...performed({ display: 'A' }), extension: statusIn('F') }, performed({ display: 'A' })),
    other: one({ ...performed({ display: 'A' }), extension: statusIn('P') }, performed({ display: 'A' })),
  },
  'a component as it was written': {
    same: one(patient({ name: [{ extension: kept('Roe'), family: 'Roe' }] }), patient({ name: [{ family: 'Roe' }] })),
    other: one(patient({ name: [{ extension: kept('Poe'), family: 'Roe' }] }), patient({ name: [{ family: 'Roe' }] })),
  },
  'the name of an extension': {
    same: one(
      patient({ extension: [{ url: 'urn:x', valueString: '1' }] }),
      patient({ extension: [{ url: 'urn:y', valueString: '1' }] }),
    ),
    other: one(
      patient({ extension: [{ url: 'urn:x', valueString: '1' }] }),
      patient({ extension: [{ url: 'urn:y', valueString: '2' }] }),
    ),
  },
};

describe('an equivalence', () => {
  test('never stands without its reason, its name and its test', () => {
    expect(EQUIVALENCES.map(({ name }) => name).sort()).toEqual(Object.keys(CASES).sort());
    for (const { reason } of EQUIVALENCES) expect(reason.length).toBeGreaterThan(20);
  });

  test.each(Object.entries(CASES))('finds %s', (name, { same: { theirs, ours } }) => {
    const { total, equivalences } = tallyOf(bundleOf(...theirs), ours);
    expect(equivalences.get(name)).toBeGreaterThanOrEqual(1);
    expect(total.same).toBeGreaterThanOrEqual(1);
  });

  test.each(Object.entries(CASES))('leaves a difference that only looks like %s', (name, { same, other }) => {
    const { total, equivalences } = tallyOf(bundleOf(...other.theirs), other.ours);
    const found = tallyOf(bundleOf(...same.theirs), same.ours).equivalences.get(name) ?? 0;
    expect(equivalences.get(name) ?? 0).toBeLessThan(found);
    expect(total.missing + total.different).toBeGreaterThanOrEqual(1);
  });
});
