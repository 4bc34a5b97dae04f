import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rulesOf } from '../../../records/fhir/elements.ts';
import { elementAt, isPrimitive, nearestElements, requiredElements, resourceTypes } from '../../../records/fhir/r4.ts';

describe('the elements of FHIR R4', () => {
  test('are those of all its resources', () => {
    expect(resourceTypes()).toHaveLength(146);
    expect(resourceTypes()).toEqual(expect.arrayContaining(['Patient', 'Observation', 'Bundle', 'Binary', 'Basic']));
    expect(resourceTypes()).not.toContain('HumanName');
    for (const type of resourceTypes()) expect(elementAt(type, 'meta.source')).toMatchObject({ types: ['uri'] });
  });

  test('are found by path through data types and backbone elements', () => {
    expect(elementAt('Patient', 'name[0].family')).toEqual({ types: ['string'], isList: false, isRequired: false });
    expect(elementAt('Patient', 'name')).toMatchObject({ types: ['HumanName'], isList: true });
    expect(elementAt('Patient', 'contact[1].name.given')).toMatchObject({ types: ['string'], isList: true });
    expect(elementAt('Observation', 'component[0].referenceRange[0].low.value')?.types).toEqual(['decimal']);
    expect(elementAt('Observation', 'subject')?.references).toEqual(['Patient', 'Group', 'Device', 'Location']);
  });

  test('write every choice out', () => {
    expect(elementAt('Observation', 'valueQuantity.comparator')?.codes).toEqual(['<', '<=', '>=', '>']);
    expect(elementAt('Observation', 'value[x]')?.types).toContain('CodeableConcept');
    expect(elementAt('Observation', 'value')).toBeUndefined();
    expect(elementAt('Patient', 'extension[0].extension[0].valueCodeableConcept.text')?.types).toEqual(['string']);
  });

  test('know the sibling of a primitive, and no other', () => {
    expect(elementAt('Patient', '_birthDate.extension[0].valueCode')?.types).toEqual(['code']);
    expect(elementAt('Patient', 'name[0]._given[1].id')).toBeDefined();
    expect(elementAt('Patient', '_name')).toBeUndefined();
    expect(elementAt('Patient', 'birthDate.extension')).toBeUndefined();
  });

  test('say the codes of a required binding', () => {
    expect(elementAt('Patient', 'gender')?.codes).toEqual(['male', 'female', 'other', 'unknown']);
    expect(elementAt('Condition', 'clinicalStatus')?.codes).toContain('remission');
    expect(elementAt('Patient', 'contact.relationship')?.codes).toBeUndefined();
  });

  test('leave what is contained to the contained resource', () => {
    expect(elementAt('Patient', 'contained[0].whatever[3].it.is')).toMatchObject({ types: [] });
  });

  test('are required where the definition says so', () => {
    expect(requiredElements('MedicationRequest')).toEqual(['status', 'intent', 'medication[x]', 'subject']);
    expect(requiredElements('Patient.link')).toEqual(['other', 'type']);
    expect(requiredElements('Nothing')).toEqual([]);
  });

  test('suggest what was perhaps meant', () => {
    expect(nearestElements('Patient', 'name[0].famly')).toEqual(['name[0].family']);
    expect(nearestElements('Observation', 'value')).toContain('valueQuantity');
    expect(nearestElements('Observation', 'effectivedateTime')[0]).toBe('effectiveDateTime');
    expect(nearestElements('Patient', 'name.family')).toEqual([]);
    expect(nearestElements('Patient', 'gender.code')).toEqual([]);
  });

  test('never throw, whatever is asked', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('constructor', '__proto__', 'value[x]', 'name', 'Resource', ''));
    fc.assert(
      fc.property(word, fc.array(word), (type, steps) => {
        expect(
          elementAt(type, steps.join('.')) === undefined || nearestElements(type, steps.join('.')).length === 0,
        ).toBe(true);
      }),
    );
  });

  test('have types that exist, down to the last', () => {
    for (const type of resourceTypes()) {
      for (const path of requiredElements(type)) {
        for (const each of elementAt(type, path)?.types ?? []) {
          const isKnown = isPrimitive(each) || each === 'Resource' || elementAt(each, 'id') !== undefined;
          expect([type, path, each, isKnown]).toEqual([type, path, each, true]);
        }
      }
    }
  });

  test('are what clinical resources are checked by', () => {
    expect(rulesOf('Patient')).toContainEqual({ path: 'birthDate', date: 'date' });
    expect(rulesOf('Immunization')).toContainEqual({ path: 'occurrence[x]', required: true });
    expect(rulesOf('Immunization')).toContainEqual({ path: 'occurrenceDateTime', date: 'dateTime' });
    expect(rulesOf('Basic')).toEqual([]);
  });
});
