/** FHIR R4 NDJSON, one file a resource type, as a Bulk Data export writes it. */
import type { Person } from './people.ts';
import type { Random } from './random.ts';

const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
const SNOMED = 'http://snomed.info/sct';
const CLINICAL = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';
const VERIFICATION = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';

interface Coded {
  readonly system: string;
  readonly code: string;
  readonly display: string;
}

const ALLERGENS: readonly [Coded, ...Coded[]] = [
  { system: RXNORM, code: '7980', display: 'penicillin G' },
  { system: RXNORM, code: '2670', display: 'codeine' },
  { system: RXNORM, code: '1191', display: 'aspirin' },
];
const NO_KNOWN_ALLERGY: Coded = { system: SNOMED, code: '716186003', display: 'No known allergy' };
const DRUGS: readonly [Coded, ...Coded[]] = [
  { system: RXNORM, code: '314076', display: 'lisinopril 10 MG Oral Tablet' },
  { system: RXNORM, code: '860975', display: 'metformin hydrochloride 500 MG Oral Tablet' },
  { system: RXNORM, code: '617312', display: 'atorvastatin 20 MG Oral Tablet' },
];
const PROBLEMS: readonly [Coded, ...Coded[]] = [
  { system: SNOMED, code: '38341003', display: 'Hypertensive disorder' },
  { system: SNOMED, code: '44054006', display: 'Diabetes mellitus type 2' },
  { system: SNOMED, code: '195967001', display: 'Asthma' },
];

export function allergy(id: string, person: Person, random: Random): object {
  return allergyTo(id, person, random.chance(0.3) ? NO_KNOWN_ALLERGY : random.pick(ALLERGENS));
}

/** A "no known allergy" statement: the other half of a conflict. */
export function noKnownAllergy(id: string, person: Person): object {
  return allergyTo(id, person, NO_KNOWN_ALLERGY);
}

export function penicillinAllergy(id: string, person: Person): object {
  return allergyTo(id, person, ALLERGENS[0]);
}

function allergyTo(id: string, person: Person, what: Coded): object {
  return {
    resourceType: 'AllergyIntolerance',
    id,
    clinicalStatus: { coding: [{ system: CLINICAL, code: 'active' }] },
    verificationStatus: { coding: [{ system: VERIFICATION, code: 'confirmed' }] },
    code: { coding: [what], text: what.display },
    patient: { reference: `Patient/${person.mrn}` },
    recordedDate: '2024-05-14T10:20:00-04:00',
  };
}

export function medication(id: string, person: Person, random: Random): object {
  const what = random.pick(DRUGS);
  return {
    resourceType: 'MedicationRequest',
    id,
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { coding: [what], text: what.display },
    subject: { reference: `Patient/${person.mrn}` },
    authoredOn: `2026-0${random.integer(1, 8)}-1${random.integer(0, 9)}T09:30:00-04:00`,
    dosageInstruction: [{ text: 'Take one tablet by mouth every day' }],
  };
}

export function problem(id: string, person: Person, random: Random): object {
  const what = random.pick(PROBLEMS);
  return {
    resourceType: 'Condition',
    id,
    clinicalStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
    },
    verificationStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }],
    },
    code: { coding: [what], text: what.display },
    subject: { reference: `Patient/${person.mrn}` },
    onsetDateTime: `20${random.integer(20, 25)}-0${random.integer(1, 9)}-0${random.integer(1, 9)}`,
  };
}

/** A study whose images stay in an archive: what moves is the reference. */
export function imagingStudy(id: string, person: Person, random: Random): object {
  const [code, display] = random.pick([
    ['CT', 'Computed Tomography'],
    ['DX', 'Digital Radiography'],
    ['US', 'Ultrasound'],
  ] as const);
  const uid = `2.25.${random.integer(1_000_000, 9_999_999)}${id.replaceAll(/\D/g, '')}`;
  return {
    resourceType: 'ImagingStudy',
    id,
    identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${uid}` }],
    status: 'available',
    modality: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code, display }],
    subject: { reference: `Patient/${person.mrn}` },
    started: `2026-0${random.integer(1, 8)}-1${random.integer(0, 9)}T11:15:00-04:00`,
    numberOfSeries: 1,
    numberOfInstances: random.integer(1, 40),
  };
}

export function ndjson(resources: readonly object[]): Buffer {
  return Buffer.from(resources.map((each) => `${JSON.stringify(each)}\n`).join(''));
}
