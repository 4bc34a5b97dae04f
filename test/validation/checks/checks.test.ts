/** What the checks see, and what they leave alone. */
import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../kernel/canonical-json.ts';
import {
  fileColumnOf,
  isCovered,
  isIndexPath,
  namedPaths,
} from '../../../subgraphs/validation/checks/attachment-index.ts';
import { CHECKS } from '../../../subgraphs/validation/checks/catalogue.ts';
import { ccdaAllergiesOf } from '../../../subgraphs/validation/checks/ccda-allergies.ts';
import { allergyStatementOf, isConflict } from '../../../subgraphs/validation/checks/conflicting-allergy.ts';
import {
  earliestEventOf,
  implausibleDatesOf,
  isBeforeBirth,
} from '../../../subgraphs/validation/checks/implausible-dates.ts';
import { countedIdOf } from '../../../subgraphs/validation/checks/sequence-gap.ts';
import { allergy, NO_KNOWN_ALLERGY } from '../practice.ts';

test('every check has a name of its own, a version, and says what it cannot see', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  for (const check of CHECKS) {
    expect(check.cannotSee.length).toBeGreaterThan(20);
    expect(check.requirements.length).toBeGreaterThan(0);
    expect(check.version).toMatch(/^\d+$/);
  }
});

describe('dates', () => {
  const born = (birthDate: string) =>
    implausibleDatesOf({ resourceType: 'Patient', birthDate }, '2026-11-01T12:00:00Z');
  test.each([
    ['2026-11-02', 'BORN_IN_FUTURE'],
    ['2027', 'BORN_IN_FUTURE'],
    ['1879-12-31', 'BORN_TOO_EARLY'],
    ['1900-01-01', 'DATE_PLACEHOLDER'],
  ])('of birth %s are %s', (birthDate, code) => {
    expect(born(birthDate).map((each) => each.code)).toEqual([code]);
  });
  test.each(['2026-11-01', '2026', '2026-11', '1880-01-01', '1900', '1900-01-02', 'nonsense'])(
    'of birth %s are plausible, or another check is to say so',
    (birthDate) => expect(born(birthDate)).toEqual([]),
  );
  test('of events are held against the birth as far as both are precise', () => {
    expect(isBeforeBirth('1969-12-31', '1970')).toBe(true);
    expect(isBeforeBirth('1970-01-01T00:00', '1970-01-01')).toBe(false);
    expect(isBeforeBirth('1970', '1970-06-01')).toBe(false);
    const told = { onsetDateTime: '2020-01-01', recordedDate: '2019-05-05', issued: '1900-01-01T00:00:00Z' };
    expect(earliestEventOf({ resourceType: 'Condition', ...told })).toEqual({
      field: 'recordedDate',
      date: '2019-05-05',
    });
  });
});

describe('allergy statements', () => {
  const says = (change: object) => allergyStatementOf({ ...allergy('a', '1'), ...change } as unknown as Json);
  test('are told by code, by words, and by what the allergen is', () => {
    expect(says({})).toBe('drug');
    expect(says({ code: { coding: [NO_KNOWN_ALLERGY] } })).toBe('none');
    expect(says({ code: { text: 'NKDA' } })).toBe('no-drug');
    expect(says({ code: { text: 'peanut' } })).toBe('other');
    expect(says({ code: { text: 'latex' }, category: ['medication'] })).toBe('drug');
    expect(says({ code: { coding: [{ system: 'http://snomed.info/sct', code: '429625007' }] } })).toBeUndefined();
  });
  test('do not hold any more once refuted, entered in error, inactive or resolved', () => {
    for (const code of ['refuted', 'entered-in-error']) {
      expect(says({ verificationStatus: { coding: [{ code }] } })).toBeUndefined();
    }
    for (const code of ['inactive', 'resolved'])
      expect(says({ clinicalStatus: { coding: [{ code }] } })).toBeUndefined();
  });
  test('conflict where both cannot be true', () => {
    expect([isConflict('none', 'drug'), isConflict('none', 'other'), isConflict('no-drug', 'drug')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([isConflict('no-drug', 'other'), isConflict('drug', 'drug')]).toEqual([false, false]);
  });
});

describe('allergies in a C-CDA document', () => {
  const observation = (inner: string, negation = '') =>
    `<entry><act><entryRelationship><observation ${negation}><templateId root="2.16.840.1.113883.10.20.22.4.7"/>${inner}
      </observation></entryRelationship></act></entry>`;
  const drug = `<value code="416098002"/><participant><participantRole><playingEntity>
    <code code="7980" codeSystem="2.16.840.1.113883.6.88"/></playingEntity></participantRole></participant>`;
  const document = (...entries: readonly string[]) => `<ClinicalDocument xmlns="urn:hl7-org:v3">
    <recordTarget><patientRole><id extension="0001" root="1.2.3"/></patientRole></recordTarget>
    <component><structuredBody><component><section><templateId root="2.16.840.1.113883.10.20.22.2.6.1"/>
    ${entries.join('')}</section></component></structuredBody></component></ClinicalDocument>`;
  test('are told with whose they are', () => {
    const none = observation('<value code="419199007"/>', 'negationInd="true"');
    expect(ccdaAllergiesOf(document(none, observation(drug)))).toEqual({
      patient: '0001',
      statements: ['none', 'drug'],
    });
  });
  test('that were negated for one drug, or have ended, are none', () => {
    const ended = `<entryRelationship><observation><templateId root="2.16.840.1.113883.10.20.22.4.28"/>
      <value code="413322009"/></observation></entryRelationship>`;
    const entries = [observation(drug, 'negationInd="true"'), observation(drug + ended)];
    expect(ccdaAllergiesOf(document(...entries))?.statements).toEqual([]);
  });
  test('are not looked for in anything else', () => {
    expect(ccdaAllergiesOf('<html/>')).toBeUndefined();
    expect(ccdaAllergiesOf('not xml <')).toBeUndefined();
  });
});

describe('indexes and series', () => {
  test('an index names documents beside it, or from the root', () => {
    expect(namedPaths('docs/2/index.csv', 'a b.pdf')).toEqual(['docs/2/a b.pdf', 'a b.pdf']);
    expect(namedPaths('docs/index.csv', '.\\scans\\x.tif')).toEqual(['docs/scans/x.tif', 'scans/x.tif']);
    expect(namedPaths('docs/index.csv', '../../etc/passwd')).toEqual([]);
    expect(namedPaths('docs/index.csv', '  ')).toEqual([]);
  });
  test('an index has a column of files and one of patients', () => {
    expect(fileColumnOf(['DOC_ID', 'MRN', 'File Name'])).toBe(2);
    expect(fileColumnOf(['DOC_ID', 'FILE'])).toBeUndefined();
    expect([isIndexPath('a/Scan_Index.CSV'), isIndexPath('a/indexes/x.csv')]).toEqual([true, false]);
    expect([isCovered('a/b/c.pdf', ['a']), isCovered('ab/c.pdf', ['a']), isCovered('c.pdf', ['.'])]).toEqual([
      true,
      false,
      true,
    ]);
  });
  test('a control id counts by its last digits', () => {
    expect(countedIdOf('ORU000012')).toEqual({ prefix: 'ORU', number: 12 });
    expect(countedIdOf('abc')).toBeUndefined();
    expect(countedIdOf('1234567890123456')).toBeUndefined();
  });
});
