/** Records in a target's own form: no rule of FHIR is held against them, and no report says that one was. */
import { expect, test } from '@jest/globals';
import { ANY_RECORD_CHECKS, checksOf } from '../../../subgraphs/validation/checks/catalogue.ts';
import { FHIR_STRUCTURE } from '../../../subgraphs/validation/checks/fhir-structure.ts';
import { lookAtRecord } from '../../../subgraphs/validation/checks/record-check.ts';

const TODAY = '2026-11-26';

test('a record that is no FHIR is held against the limits of its target only', () => {
  const told = { today: TODAY, lengthMax: new Map([['SaveRX.sig', 5]]) };
  const found = lookAtRecord(ANY_RECORD_CHECKS, { resourceType: 'SaveRX', sig: '1 tablet', startDate: '1-1' }, told);
  expect(found.map(({ code, field }) => [code, field])).toEqual([['LONGER_THAN_TARGET', 'sig']]);
});

test('a report names the checks that were made, and no others', () => {
  const told = (hasFhir: boolean, makesFhir: boolean) => checksOf({ hasFhir, makesFhir }).map(({ id }) => id);
  const [all, source, none] = [told(true, true), told(true, false), told(false, false)];
  for (const id of ['fhir-structure', 'conflicting-allergy', 'duplicate-patient', 'orphan']) {
    expect([all, source, none].map((ids) => ids.includes(id))).toEqual([true, true, false]);
  }
  expect([all, source, none].map((ids) => ids.includes('text-limits'))).toEqual([true, true, true]);
  expect(source.length).toBeLessThan(all.length);
  expect(none.length).toBeLessThan(source.length);
});

test('a key of ours in an element that FHIR R4 does not give the type is no sound record', () => {
  const system = 'urn:waybill:source';
  const told = { today: TODAY, lengthMax: new Map<string, number>() };
  const item = [{ type: 'source', resource: { reference: 'Patient/1' } }];
  const found = (own: object) =>
    lookAtRecord([FHIR_STRUCTURE], { resourceType: 'Linkage', item, ...own }, told).map(({ code }) => code);
  expect(found({ identifier: [{ system, value: 'k' }] })).toEqual(['ELEMENT_UNKNOWN']);
  expect(found({ meta: { tag: [{ system, code: 'k' }] } })).toEqual([]);
});
