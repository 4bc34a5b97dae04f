/** The losses no count shows: each kind is told by its own code, and a record that arrived whole has none. */
import { describe, expect, test } from '@jest/globals';
import { factsOfOriginal } from '../../../subgraphs/validation/work/look-for-loss.ts';
import { lossesAtTarget } from '../../../subgraphs/validation/checks/loss-at-target.ts';
import { LossFacts } from '../../../subgraphs/validation/checks/loss-facts.ts';
import { membersOf } from '../../../subgraphs/validation/checks/resource.ts';
import { lossesOf } from '../../../subgraphs/validation/checks/silent-loss.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { allergy, ndjson } from '../practice.ts';

const MOVED_AT = '2026-11-01T12:00:00.000Z';
const VERIFICATION = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';

const refuted = {
  ...allergy('a', '1'),
  verificationStatus: { coding: [{ system: VERIFICATION, code: 'refuted' }] },
  recorder: { display: 'Dr. Adams' },
};
const result = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '2345-7' }], text: 'Glucose' },
  valueQuantity: { value: 101, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
  issued: '2024-02-01T10:00:00Z',
};
const letter = { resourceType: 'DocumentReference', content: [{ attachment: { title: 'Letter', data: 'TGV0dGVy' } }] };

const atTarget = (expected: object, change: object): readonly string[] =>
  lossesAtTarget(membersOf(expected as Json), membersOf({ ...expected, ...change } as Json), MOVED_AT).map(
    ({ code, field }) => `${code} ${field}`,
  );

describe('at the target', () => {
  test.each<[string, object, object, string]>([
    [
      'a refuted allergy that holds',
      refuted,
      { verificationStatus: { coding: [{ code: 'confirmed' }] } },
      'NEGATION_LOST verificationStatus',
    ],
    [
      'a refuted allergy without its verification',
      refuted,
      { verificationStatus: undefined },
      'NEGATION_LOST verificationStatus',
    ],
    [
      'a resolved problem that is active',
      { resourceType: 'Condition', clinicalStatus: { coding: [{ code: 'resolved' }] } },
      { clinicalStatus: { coding: [{ code: 'active' }] } },
      'STATUS_FLATTENED clinicalStatus',
    ],
    [
      'a stopped medication that is current',
      { resourceType: 'MedicationRequest', status: 'stopped' },
      { status: 'active' },
      'STATUS_FLATTENED status',
    ],
    [
      'a vaccination that was not done and was',
      { resourceType: 'Immunization', status: 'not-done' },
      { status: 'completed' },
      'NEGATION_LOST status',
    ],
    ['a code without its system', result, { code: { coding: [{ code: '2345-7' }] } }, 'CODE_SYSTEM_LOST code'],
    ['a code that became words', result, { code: { text: 'Glucose' } }, 'STRUCTURE_LOST code'],
    [
      'a value that became words',
      result,
      { valueQuantity: undefined, valueString: '101 mg/dL' },
      'STRUCTURE_LOST valueQuantity',
    ],
    [
      'a document without its content',
      letter,
      { content: [{ attachment: { title: 'Letter' } }] },
      'BINARY_LOST content',
    ],
    ['a migration for an author', refuted, { recorder: { display: 'Data Migration' } }, 'AUTHOR_REPLACED recorder'],
    ['the time of the migration', result, { issued: '2026-10-31T23:00:00Z' }, 'TIME_REPLACED issued'],
  ])('%s is told', (_, expected, change, told) => expect(atTarget(expected, change)).toEqual([told]));

  test.each([refuted, result, letter])('what arrived whole has no loss', (whole) => {
    expect(atTarget(whole, {})).toEqual([]);
  });

  test('what was told in the week of the migration is not the migration’s', () => {
    expect(atTarget({ ...result, issued: '2026-10-31T08:00:00Z' }, { issued: '2026-10-31T08:00:00.000Z' })).toEqual([]);
  });
});

describe('in what a lineage makes', () => {
  const factsOf = (...resources: readonly object[]): LossFacts => {
    const facts = new LossFacts();
    for (const resource of resources) facts.addResource(membersOf(resource as Json));
    return facts;
  };
  const told = (original: LossFacts | undefined, made: LossFacts): readonly string[] =>
    original === undefined ? ['nothing read'] : lossesOf(original, made).map(({ code, field }) => `${code} ${field}`);
  const fhir = (...resources: readonly object[]) =>
    factsOfOriginal('fhir', 'x.ndjson', Buffer.from(ndjson(...resources)));

  test('a refuted allergy that came to hold is told', async () => {
    const original = await fhir({ ...refuted, id: 'a' });
    expect(told(original, factsOf(allergy('a', '1')))).toEqual(['STATUS_FLATTENED AllergyIntolerance']);
    expect(told(original, factsOf(refuted))).toEqual([]);
  });

  test('statements that are only in a document are told', async () => {
    const original = await fhir({ ...result, id: 'o' });
    expect(told(original, factsOf(letter))).toEqual(['STRUCTURED_AS_DOCUMENT Observation']);
  });

  test('codes, contents and the history of access are missed', async () => {
    const audit = { resourceType: 'AuditEvent', id: 'e' };
    const original = await fhir({ ...result, id: 'o' }, { ...letter, id: 'd' }, { ...letter, id: 'e' }, audit);
    expect(told(original, factsOf({ ...result, code: { text: 'Glucose' } }, letter))).toEqual([
      'CODES_LOST Observation',
      'BINARIES_LOST attachment',
      'HISTORY_LOST AuditEvent',
    ]);
  });

  test('a kind that the lineage leaves out whole is the loss report’s to tell', async () => {
    expect(told(await fhir({ ...result, id: 'o' }), factsOf())).toEqual([]);
  });

  test('negation in a C-CDA document and withdrawn results of HL7 v2 are read', async () => {
    const observation = (attributes: string) => `<ClinicalDocument xmlns="urn:hl7-org:v3"><observation ${attributes}>
      <templateId root="2.16.840.1.113883.10.20.22.4.4"/><value code="195967001" codeSystem="2.16.840.1.113883.6.96"/>
      </observation></ClinicalDocument>`;
    const holds = {
      resourceType: 'Condition',
      code: { coding: [{ system: 'http://snomed.info/sct', code: '195967001' }] },
    };
    const denied = await factsOfOriginal('ccda', 'x.xml', Buffer.from(observation('negationInd="true"')));
    expect(told(denied, factsOf(holds))).toEqual(['STATUS_FLATTENED Condition']);
    expect(told(await factsOfOriginal('ccda', 'x.xml', Buffer.from(observation(''))), factsOf(holds))).toEqual([]);
    const message = 'MSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.5.1\rOBX|1|NM|2345-7^Glucose^LN||101|mg/dL|||||D\r';
    const deleted = await factsOfOriginal('hl7v2', 'x.hl7', Buffer.from(message));
    expect(told(deleted, factsOf(result))).toEqual(['STATUS_FLATTENED Observation']);
    expect(told(deleted, factsOf({ ...result, status: 'entered-in-error' }))).toEqual([]);
  });
});
