/** A small practice without a fault, in the shapes a migration meets; tests spoil it one thing at a time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flattenLineage } from '../../records/lineage/parse.ts';
import { shippedLibraries } from '../../records/maps/shipped.ts';
import type { DatasetGiven } from './carrier.ts';

const MAPS = join(import.meta.dirname, '../../records/maps');
export const CSV_PATIENTS: string = readFileSync(join(MAPS, 'csv-patient-to-fhir.lineage.yaml'), 'utf8');
export const ORU: string = flattened(readFileSync(join(MAPS, 'oru-to-fhir.lineage.yaml'), 'utf8'));
const AS_IS = readFileSync(join(MAPS, 'fhir-as-is.lineage.yaml'), 'utf8');
/** Names patients by record number, as the extracts do. */
export const FHIR: string = AS_IS.replace('copyResource: {}', 'copyResource: { keys: { Patient: "mrn:{id}" } }');

function flattened(text: string): string {
  const whole = flattenLineage(text, shippedLibraries());
  if (!whole.ok) throw new Error(whole.refusals.map(({ message }) => message).join('; '));
  return whole.value;
}

const PEOPLE = [
  ['0001', 'Doe', 'Jane', 'F', '1970-01-02'],
  ['0002', 'Roe', 'Richard', 'M', '1971-03-04'],
  ['0003', 'Poe', 'Edgar', 'M', '1972-05-06'],
  ['0004', 'Zielinski', 'Maria', 'F', '1973-07-08'],
] as const;

export const HEADER = 'MRN,LAST,FIRST,SEX,DOB';

export function patients(...rows: readonly (readonly string[])[]): string {
  return `${[HEADER, ...rows.map((row) => row.join(','))].join('\n')}\n`;
}

export function row(at: number, change: Partial<Record<0 | 1 | 2 | 3 | 4, string>> = {}): readonly string[] {
  return (PEOPLE[at] ?? []).map((cell, index) => change[index as 0] ?? cell);
}

export function oru(control: string, mrn: string, at = '20260901101500-0400'): string {
  return [
    `MSH|^~\\&|LAB|ASHFIELD|WAYBILL|TARGET|${at}||ORU^R01^ORU_R01|${control}|P|2.5.1`,
    `PID|1||${mrn}^^^PRACTICE^MR||Doe^Jane||19700102|F`,
    `OBR|1|PL${control}|FI${control}|24323-8^Comprehensive metabolic panel^LN|||${at}|||||||||||||||${at}||LAB|F`,
    `OBX|1|NM|2345-7^Glucose^LN||101.5|mg/dL^mg/dL^UCUM|70-140|N|||F|||${at}`,
    `OBX|2|NM|718-7^Hemoglobin^LN||13.1|g/dL^g/dL^UCUM|11-17|N|||F|||${at}`,
    '',
  ].join('\r');
}

export function adt(control: string, mrn: string, at = '20260901101500-0400'): string {
  return [
    `MSH|^~\\&|PRACTICE|ASHFIELD|WAYBILL|TARGET|${at}||ADT^A04^ADT_A01|${control}|P|2.5.1`,
    `EVN|A04|${at}`,
    `PID|1||${mrn}^^^PRACTICE^MR||Doe^Jane||19700102|F`,
    'PV1|1|O|CLINIC^1^1',
    '',
  ].join('\r');
}

const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
const SNOMED = 'http://snomed.info/sct';
export const PENICILLIN = { system: RXNORM, code: '7980', display: 'penicillin G' };
export const NO_KNOWN_ALLERGY = { system: SNOMED, code: '716186003', display: 'No known allergy' };

export function allergy(id: string, mrn: string, what: object = PENICILLIN): object {
  const system = 'http://terminology.hl7.org/CodeSystem/';
  return {
    resourceType: 'AllergyIntolerance',
    id,
    clinicalStatus: { coding: [{ system: `${system}allergyintolerance-clinical`, code: 'active' }] },
    verificationStatus: { coding: [{ system: `${system}allergyintolerance-verification`, code: 'confirmed' }] },
    code: { coding: [what], text: 'an allergy or none' },
    patient: { reference: `Patient/${mrn}` },
    recordedDate: '2024-05-14T10:20:00-04:00',
  };
}

export function medication(id: string, mrn: string): object {
  return {
    resourceType: 'MedicationRequest',
    id,
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { coding: [{ system: RXNORM, code: '314076' }], text: 'lisinopril 10 MG Oral Tablet' },
    subject: { reference: `Patient/${mrn}` },
    authoredOn: '2026-02-11T09:30:00-04:00',
    dosageInstruction: [{ text: 'Take one tablet by mouth every day' }],
  };
}

export function visit(id: string, mrn: string): object {
  return {
    resourceType: 'Encounter',
    id,
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: { reference: `Patient/${mrn}` },
    period: { start: '2026-02-11T09:00:00-04:00', end: '2026-02-11T09:30:00-04:00' },
  };
}

/** A note of a visit; `inside` is its content, words without a patient where absent. */
export function note(id: string, mrn: string, visitId: string, inside = 'It went well.'): object {
  return {
    resourceType: 'DocumentReference',
    id,
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '11506-3' }], text: 'Progress note' },
    subject: { reference: `Patient/${mrn}` },
    date: '2026-02-11T09:31:00-04:00',
    context: { encounter: [{ reference: `Encounter/${visitId}` }] },
    content: [{ attachment: { contentType: 'text/plain', data: Buffer.from(inside).toString('base64') } }],
  };
}

/** A C-CDA document, as short as one can be, of the patient with this number. */
const ofPatient = (mrn: string) => ({ subject: { reference: `Patient/${mrn}` } });

export function charge(id: string, mrn: string, more: object = {}): object {
  const code = { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '99213' }], text: 'Office visit' };
  const what = { code, ...ofPatient(mrn), quantity: { value: 1 } };
  return { resourceType: 'ChargeItem', id, status: 'billable', ...what, ...more };
}

export function result(id: string, mrn: string, visitId: string): object {
  const code = { coding: [{ system: 'http://loinc.org', code: '2345-7', display: 'Glucose' }], text: 'Glucose' };
  const of = { ...ofPatient(mrn), encounter: { reference: `Encounter/${visitId}` } };
  const value = { value: 101.5, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' };
  const at = '2026-02-11T09:20:00-04:00';
  return { resourceType: 'Observation', id, status: 'final', code, ...of, effectiveDateTime: at, valueQuantity: value };
}

export function statement(id: string, mrn: string, effectiveDateTime: string): object {
  const medicationCodeableConcept = { text: 'Vitamin D 1000 units' };
  return {
    resourceType: 'MedicationStatement',
    id,
    status: 'active',
    ...ofPatient(mrn),
    ...{ medicationCodeableConcept, effectiveDateTime },
  };
}

export function summary(mrn: string): string {
  return `<?xml version="1.0"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <realmCode code="US"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <id root="1.2.3" extension="${mrn}"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
  <title>Summary</title>
  <effectiveTime value="20260211093100-0400"/>
  <recordTarget><patientRole><id root="1.2.3.4" extension="${mrn}"/></patientRole></recordTarget>
</ClinicalDocument>
`;
}

export function ndjson(...resources: readonly object[]): string {
  return resources.map((each) => `${JSON.stringify(each)}\n`).join('');
}

export function demographics(files?: DatasetGiven['files'], rest: Partial<DatasetGiven> = {}): DatasetGiven {
  const sound = { 'csv/patients-1.csv': patients(row(0), row(1)), 'csv/patients-2.csv': patients(row(2), row(3)) };
  const shape = { format: 'delimited', select: 'csv/**', lineage: CSV_PATIENTS, owner: 'registration' } as const;
  return { name: 'demographics', ...shape, files: files ?? sound, ...rest };
}

export function labs(files?: DatasetGiven['files'], rest: Partial<DatasetGiven> = {}): DatasetGiven {
  const sound = {
    'oru/1.hl7': oru('ORU000001', '0001'),
    'oru/2.hl7': oru('ORU000002', '0002'),
    'oru/3.hl7': oru('ORU000003', '0003'),
  };
  const shape = { format: 'hl7v2', select: 'oru/*.hl7', lineage: ORU, owner: 'laboratory' } as const;
  return { name: 'labs', ...shape, files: files ?? sound, ...rest };
}

export function clinical(files?: DatasetGiven['files'], rest: Partial<DatasetGiven> = {}): DatasetGiven {
  const sound = {
    'fhir/allergies.ndjson': ndjson(allergy('a1', '0001'), allergy('a2', '0002', NO_KNOWN_ALLERGY)),
    'fhir/medications.ndjson': ndjson(medication('m1', '0001'), medication('m2', '0003')),
  };
  const shape = { format: 'fhir', select: 'fhir/**', lineage: FHIR, owner: 'pharmacy' } as const;
  return { name: 'clinical', ...shape, files: files ?? sound, ...rest };
}

export function queue(files?: DatasetGiven['files'], rest: Partial<DatasetGiven> = {}): DatasetGiven {
  const sound = Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map((at) => [`adt/${at}.hl7`, adt(`ADT00000${at}`, `000${(at % 4) + 1}`)]),
  );
  const shape = { format: 'hl7v2', select: 'adt/**', owner: 'interfaces' } as const;
  return { name: 'queue', ...shape, files: files ?? sound, ...rest };
}

export function text(words: string): string {
  return `${words}\n`;
}

export const INDEX = 'DOC_ID,MRN,FILE\nD1,0001,one.txt\nD2,0002,two words.txt\n';

export function documents(files: DatasetGiven['files'] = {}, rest: Partial<DatasetGiven> = {}): DatasetGiven {
  const sound = {
    'documents/index.csv': INDEX,
    'documents/one.txt': text('the first document, of some length'),
    'documents/two words.txt': text('the second document, of some other length'),
    ...files,
  };
  const shape = { format: 'document', select: 'documents/**', tier: 'historical-searchable', owner: 'him' } as const;
  return { name: 'documents', ...shape, files: sound, ...rest };
}

export function practice(): readonly DatasetGiven[] {
  return [demographics(), labs(), clinical(), queue(), documents()];
}
