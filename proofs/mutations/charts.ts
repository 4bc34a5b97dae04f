/** Charts of a seeded practice: of each patient a record of every kind, and the items they travel in. */
import type { Json } from '../../kernel/canonical-json.ts';
import { population } from '../../bench/matching/population.ts';
import type { DatasetGiven } from '../../test/validation/carrier.ts';
import {
  adt,
  clinical,
  demographics,
  documents,
  HEADER,
  labs,
  ndjson,
  oru,
  queue,
} from '../../test/validation/practice.ts';

/** What a source holds of one patient. A mutation changes it before it is surveyed. */
export interface Chart {
  readonly mrn: string;
  readonly controlId: string;
  row: readonly string[];
  /** Further rows of the same extract. */
  moreRows: (readonly string[])[];
  oru: string;
  /** Null where the message is missing. */
  adt: string | null;
  resources: Resource[];
  /** Null where the document is missing. */
  document: string | Buffer | null;
  isIndexed: boolean;
}

export type Resource = Record<string, unknown> & { readonly resourceType: string; readonly id: string };

const SYSTEM = 'http://terminology.hl7.org/CodeSystem/';
const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
const SNOMED = 'http://snomed.info/sct';

/** `count` charts; the same on every run. */
export function chartsOf(count: number): Chart[] {
  const seen = new Set<number>();
  const charts: Chart[] = [];
  for (const { who, resource } of population(count * 2, 11)) {
    if (charts.length === count) break;
    // Second charts are for the measure of matching; here every patient is there once.
    if (seen.has(who)) continue;
    seen.add(who);
    charts.push(chartOf(charts.length + 1, resource as unknown as Patient));
  }
  return charts;
}

interface Patient {
  readonly name: readonly [{ readonly family: string; readonly given: readonly string[] }];
  readonly gender: string;
  readonly birthDate: string;
}

function chartOf(number: number, { name: [{ family, given }], gender, birthDate }: Patient): Chart {
  const digits = String(number).padStart(6, '0');
  const mrn = `M${digits}`;
  // Care is given to grown people, so that no date is before a birth.
  const born = birthDate < '2000' ? birthDate : `19${birthDate.slice(2)}`;
  return {
    mrn,
    controlId: `ADT${digits}`,
    row: [mrn, family, given[0] ?? 'x', gender === 'male' ? 'M' : 'F', born],
    moreRows: [],
    oru: oru(`ORU${digits}`, mrn),
    adt: adt(`ADT${digits}`, mrn),
    resources: resourcesOf(digits, mrn),
    document: `Letter about MRN: ${mrn}, of some length so that it can be cut off.\n`,
    isIndexed: true,
  };
}

function resourcesOf(digits: string, mrn: string): Resource[] {
  const patient = { reference: `Patient/${mrn}` };
  const status = (name: string, code: string) => ({ coding: [{ system: `${SYSTEM}${name}`, code }] });
  return [
    {
      ...{ resourceType: 'AllergyIntolerance', id: `refuted-${digits}`, patient },
      clinicalStatus: status('allergyintolerance-clinical', 'inactive'),
      verificationStatus: status('allergyintolerance-verification', 'refuted'),
      code: { coding: [{ system: RXNORM, code: '7980', display: 'penicillin G' }], text: 'Penicillin' },
      recordedDate: '2024-05-14T10:20:00-04:00',
      recorder: { display: 'Dr. Adams' },
    },
    {
      ...{ resourceType: 'AllergyIntolerance', id: `allergy-${digits}`, patient },
      clinicalStatus: status('allergyintolerance-clinical', 'active'),
      verificationStatus: status('allergyintolerance-verification', 'confirmed'),
      code: {
        coding: [{ system: SNOMED, code: '91935009', display: 'Allergy to peanut' }],
        text: 'Allergy to peanuts',
      },
      recordedDate: '2024-05-14T10:20:00-04:00',
      recorder: { display: 'Dr. Adams' },
    },
    {
      ...{ resourceType: 'Condition', id: `resolved-${digits}`, subject: patient },
      clinicalStatus: status('condition-clinical', 'resolved'),
      code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'J45.909' }], text: 'Asthma' },
      ...{ onsetDateTime: '2019-02-01', abatementDateTime: '2021-03-04', recordedDate: '2019-02-02' },
    },
    {
      ...{ resourceType: 'MedicationRequest', id: `stopped-${digits}`, status: 'stopped', intent: 'order' },
      medicationCodeableConcept: { coding: [{ system: RXNORM, code: '314076' }], text: 'lisinopril 10 MG Oral Tablet' },
      ...{ subject: patient, authoredOn: '2025-02-11T09:30:00-04:00', requester: { display: 'Dr. Brown' } },
      dosageInstruction: [{ text: 'Take one tablet by mouth every day' }],
    },
    {
      ...{ resourceType: 'MedicationRequest', id: `active-${digits}`, status: 'active', intent: 'order' },
      medicationCodeableConcept: { coding: [{ system: RXNORM, code: '197361' }], text: 'amlodipine 5 MG Oral Tablet' },
      ...{ subject: patient, authoredOn: '2025-06-03T09:30:00-04:00', requester: { display: 'Dr. Brown' } },
      dosageInstruction: [{ text: 'Take one tablet by mouth every day' }],
    },
    {
      ...{ resourceType: 'Observation', id: `result-${digits}`, status: 'final', subject: patient },
      code: { coding: [{ system: 'http://loinc.org', code: '2345-7' }], text: 'Glucose' },
      encounter: { reference: `Encounter/visit-${digits}` },
      effectiveDateTime: '2025-02-11T09:20:00-04:00',
      valueQuantity: { value: 101.5, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
    },
    {
      ...{ resourceType: 'ChargeItem', id: `charge-${digits}`, status: 'billable', subject: patient },
      code: { coding: [{ system: 'urn:ashfield:charge', code: chargeCodeOf(digits) }], text: 'Office visit' },
      ...{ occurrenceDateTime: '2025-02-11T09:40:00-04:00', quantity: { value: 1 } },
      priceOverride: { value: CHARGED, currency: 'USD' },
    },
    {
      ...{ resourceType: 'Observation', id: `weight-${digits}`, status: 'final', subject: patient },
      code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }], text: 'Body weight' },
      effectiveDateTime: '2025-02-11T09:30:00-04:00',
      valueQuantity: { value: 71.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
    },
    {
      ...{ resourceType: 'Encounter', id: `visit-${digits}`, status: 'finished', subject: patient },
      class: { system: `${SYSTEM}v3-ActCode`, code: 'AMB' },
      identifier: [
        { system: 'urn:ashfield:visit', value: `V${digits}` },
        { system: 'urn:ashfield:account', value: `20-${digits}-1` },
      ],
      period: { start: '2025-02-11T09:00:00-04:00', end: '2025-02-11T09:40:00-04:00' },
    },
    {
      ...{ resourceType: 'DocumentReference', id: `letter-${digits}`, status: 'current', subject: patient },
      type: { coding: [{ system: 'http://loinc.org', code: '34133-9' }], text: 'Summary' },
      ...{ date: '2025-02-11T09:45:00-04:00', author: [{ display: 'Dr. Brown' }] },
      context: { encounter: [{ reference: `Encounter/visit-${digits}` }] },
      content: [
        { attachment: { contentType: 'text/plain', title: 'Summary', data: 'QSBsZXR0ZXIgb2Ygc29tZSBsZW5ndGg=' } },
      ],
    },
  ];
}

const CHARGED = 120.5;
const REPORT = 'month end';

/** A code of its own for each chart, so that every group of the report is about one. */
function chargeCodeOf(digits: string): string {
  return `V${digits}`;
}

/** Where the total of the charge of a chart stands in the report. */
export function reportedAt({ mrn }: Chart): string {
  return `report ${REPORT}, code ${chargeCodeOf(mrn.slice(1))}`;
}

function reportOf(charts: readonly Chart[]): Json {
  const sum = { of: 'priceOverride.value', total: CHARGED.toFixed(2) };
  const totals = charts.map(({ mrn }) => ({ records: 'ChargeItem', code: chargeCodeOf(mrn.slice(1)), count: 1, sum }));
  return [{ name: REPORT, kind: 'report', totals }];
}

const CHARTS_OF_A_FILE = 25;

/** The charts as the datasets of a migration. */
export function datasetsOf(charts: readonly Chart[]): readonly DatasetGiven[] {
  const files: Record<'rows' | 'labs' | 'fhir' | 'queue' | 'documents', Record<string, string | Buffer>> = {
    ...{ rows: {}, labs: {}, fhir: {}, queue: {}, documents: {} },
  };
  for (let at = 0; at < charts.length; at += CHARTS_OF_A_FILE) {
    const some = charts.slice(at, at + CHARTS_OF_A_FILE);
    const rows = some.flatMap(({ row, moreRows }) => [row, ...moreRows]).map((row) => row.join(','));
    files.rows[`csv/${at}.csv`] = `${[HEADER, ...rows].join('\n')}\n`;
    for (const [type, each] of Map.groupBy(
      some.flatMap(({ resources }) => resources),
      (it) => it.resourceType,
    )) {
      files.fhir[`fhir/${type}-${at}.ndjson`] = ndjson(...each);
    }
  }
  const index = ['DOC_ID,MRN,FILE'];
  for (const { mrn, oru: message, adt: movement, document, isIndexed } of charts) {
    files.labs[`oru/${mrn}.hl7`] = message;
    if (movement !== null) files.queue[`adt/${mrn}.hl7`] = movement;
    if (document !== null) files.documents[`documents/${mrn}.txt`] = document;
    if (isIndexed) index.push(`D${mrn},${mrn},${mrn}.txt`);
  }
  const given = documents();
  return [
    demographics(files.rows),
    labs(files.labs),
    clinical(files.fhir, { consumers: reportOf(charts) }),
    queue(files.queue),
    { ...given, files: { ...files.documents, 'documents/index.csv': `${index.join('\n')}\n` } },
  ];
}
