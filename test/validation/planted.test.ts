/** Faults planted one at a time: each is found once, in its category, at its place, and nothing else is found. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { onEveryDialect, type Place } from '../support/databases.ts';
import {
  adt,
  allergy,
  clinical,
  demographics,
  documents,
  INDEX,
  labs,
  medication,
  ndjson,
  NO_KNOWN_ALLERGY,
  oru,
  patients,
  practice,
  queue,
  row,
  text,
} from './practice.ts';
import { type DatasetGiven, Rig } from './rig.ts';

interface Planted {
  /** The practice with something wrong at the source or on the way. */
  readonly datasets?: readonly DatasetGiven[];
  /** Something wrong at the target, after the delivery. */
  readonly spoil?: (rig: Rig) => void;
  /** `category dataset source [field]` */
  readonly found: readonly string[];
  /** Items that must not be verified, by dataset and path. */
  readonly touched: readonly (readonly [dataset: string, path: string])[];
}

type Resource = Record<string, unknown> & { readonly id: string };

function change(rig: Rig, type: string, key: string, how: (resource: Resource) => object): void {
  const records = rig.target.records.get(type) ?? [];
  const at = records.findIndex((record) => record.key === key);
  const record = records[at];
  if (record === undefined) throw new Error(`no ${type} ${key}`);
  const resource = JSON.parse(Buffer.from(record.bytes).toString()) as Resource;
  records[at] = { ...record, bytes: Buffer.from(JSON.stringify(how(resource))) };
}

function lose(rig: Rig, type: string, ...keys: readonly string[]): void {
  const left = (rig.target.records.get(type) ?? []).filter(({ key }) => !keys.includes(key ?? ''));
  rig.target.records.set(type, left);
}

const with_ = (changed: DatasetGiven): readonly DatasetGiven[] =>
  practice().map((dataset) => (dataset.name === changed.name ? changed : dataset));

const SOUND = practice();
const filesOf = (name: string) => SOUND.find((each) => each.name === name)?.files ?? {};

const PLANTED: Readonly<Record<string, Planted>> = {
  'a record lost at the target': {
    spoil: (rig) => lose(rig, 'MedicationRequest', 'MedicationRequest:m2'),
    found: ['missing-record clinical MedicationRequest:m2'],
    touched: [['clinical', 'fhir/medications.ndjson']],
  },
  'an item of records lost whole': {
    spoil: (rig) => lose(rig, 'MedicationRequest', 'MedicationRequest:m1', 'MedicationRequest:m2'),
    found: ['missing-record clinical fhir/medications.ndjson'],
    touched: [['clinical', 'fhir/medications.ndjson']],
  },
  'a document lost at the target': {
    spoil: (rig) => void rig.target.files.delete('documents/one.txt'),
    found: ['missing-record documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'a record twice at the target': {
    spoil: (rig) => {
      const record = rig.target.findRecord('MedicationRequest', { key: 'MedicationRequest:m1' });
      const resource = JSON.parse(Buffer.from(record?.bytes ?? '').toString()) as object;
      rig.target.addRecord('MedicationRequest', 'MedicationRequest:m1', resource);
    },
    found: ['duplicate-record clinical MedicationRequest:m1'],
    touched: [['clinical', 'fhir/medications.ndjson']],
  },
  'a row twice in the source': {
    datasets: with_(
      demographics({
        'csv/patients-1.csv': patients(row(0), row(1), row(0)),
        'csv/patients-2.csv': patients(row(2), row(3)),
      }),
    ),
    found: ['duplicate-record demographics mrn:0001'],
    touched: [['demographics', 'csv/patients-1.csv']],
  },
  'a name cut off at the target': {
    spoil: (rig) =>
      change(rig, 'Patient', 'mrn:0004', (it) => ({ ...it, name: [{ family: 'Ziel', given: ['Maria'] }] })),
    found: ['truncation demographics mrn:0004 name[0].family'],
    touched: [['demographics', 'csv/patients-2.csv']],
  },
  'a document cut off at the target': {
    spoil: (rig) => rig.target.put('documents/one.txt', text('the first document, of some length').slice(0, 10)),
    found: ['truncation documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'another code at the target': {
    spoil: (rig) =>
      change(rig, 'AllergyIntolerance', 'AllergyIntolerance:a1', (it) => ({
        ...it,
        code: {
          coding: [{ system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: '9', display: 'penicillin G' }],
          text: 'an allergy or none',
        },
      })),
    found: ['code-translation-mismatch clinical AllergyIntolerance:a1 code.coding[0].code'],
    touched: [['clinical', 'fhir/allergies.ndjson']],
  },
  'a code that no map translates, set aside by transfer': {
    datasets: with_(
      demographics(
        { 'csv/patients-1.csv': patients(row(0), row(1, { 3: 'Q' })), 'csv/patients-2.csv': patients(row(2), row(3)) },
        { setAside: { 'csv/patients-1.csv': 'NOT_MAPPABLE' } },
      ),
    ),
    found: ['code-translation-mismatch demographics mrn:0002 SEX'],
    touched: [['demographics', 'csv/patients-1.csv']],
  },
  'a time shifted at the target': {
    spoil: (rig) =>
      change(rig, 'Observation', 'obs:ORU000001:1:1', (it) => ({
        ...it,
        effectiveDateTime: '2026-09-01T15:15:00-04:00',
      })),
    found: ['timestamp-shift labs obs:ORU000001:1:1 effectiveDateTime'],
    touched: [['labs', 'oru/1.hl7']],
  },
  'another value at the target': {
    spoil: (rig) =>
      change(rig, 'Observation', 'obs:ORU000002:1:2', (it) => ({
        ...it,
        valueQuantity: { ...(it['valueQuantity'] as object), value: 23.1 },
      })),
    found: ['value-mismatch labs obs:ORU000002:1:2 valueQuantity.value'],
    touched: [['labs', 'oru/2.hl7']],
  },
  'a byte changed at the target': {
    spoil: (rig) => rig.target.put('adt/2.hl7', adt('ADT000002', '0003').replace('CLINIC', 'CLINIK')),
    found: ['digest-mismatch queue adt/2.hl7'],
    touched: [['queue', 'adt/2.hl7']],
  },
  'a byte changed in flight': {
    datasets: with_(documents({}, { setAside: { 'documents/one.txt': 'DIGEST_MISMATCH_IN_FLIGHT' } })),
    found: ['digest-mismatch documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'a message without its patient': {
    datasets: with_(queue({ ...filesOf('queue'), 'adt/3.hl7': adt('ADT000003', '0004').replace(/PID\|[^\r]*\r/, '') })),
    found: ['schema-invalid queue adt/3.hl7'],
    touched: [['queue', 'adt/3.hl7']],
  },
  'a message the lineage cannot map and transfer set aside': {
    datasets: with_(
      labs(
        { ...filesOf('labs'), 'oru/2.hl7': oru('ORU000002', '0002').replace(/PID\|[^\r]*\r/, '') },
        { setAside: { 'oru/2.hl7': 'NOT_MAPPABLE' } },
      ),
    ),
    found: ['schema-invalid labs oru/2.hl7'],
    touched: [['labs', 'oru/2.hl7']],
  },
  'content the target refused': {
    datasets: with_(documents({}, { setAside: { 'documents/one.txt': 'ITEM_REFUSED' } })),
    found: ['schema-invalid documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'a birth date that has not come': {
    datasets: with_(
      demographics({
        'csv/patients-1.csv': patients(row(0, { 4: '2091-03-05' }), row(1)),
        'csv/patients-2.csv': patients(row(2), row(3)),
      }),
    ),
    found: ['content-implausible demographics mrn:0001 birthDate'],
    touched: [['demographics', 'csv/patients-1.csv']],
  },
  'a placeholder for a birth date': {
    datasets: with_(
      demographics({
        'csv/patients-1.csv': patients(row(0, { 4: '1900-01-01' }), row(1)),
        'csv/patients-2.csv': patients(row(2), row(3)),
      }),
    ),
    found: ['content-implausible demographics mrn:0001 birthDate'],
    touched: [['demographics', 'csv/patients-1.csv']],
  },
  'a result dated before the birth': {
    datasets: with_(labs({ ...filesOf('labs'), 'oru/3.hl7': oru('ORU000003', '0003', '19600901101500-0400') })),
    found: ['content-implausible labs rep:ORU000003:1 effectiveDateTime'],
    touched: [['labs', 'oru/3.hl7']],
  },
  'a result of a patient nobody brings': {
    datasets: with_(labs({ ...filesOf('labs'), 'oru/3.hl7': oru('ORU000003', '0999') })),
    found: ['orphan labs rep:ORU000003:1'],
    touched: [['labs', 'oru/3.hl7']],
  },
  'a document that no index names': {
    datasets: with_(documents({ 'documents/stray.txt': text('a document nobody asked for') })),
    found: ['orphan documents documents/stray.txt'],
    touched: [['documents', 'documents/stray.txt']],
  },
  'an index row without its document': {
    datasets: with_(documents({ 'documents/index.csv': `${INDEX}D3,0003,three.txt\n` })),
    found: ['attachment-not-found documents documents/three.txt'],
    touched: [['documents', 'documents/index.csv']],
  },
  'a document that cannot be read': {
    datasets: with_(
      documents({
        'documents/index.csv': `${INDEX}D3,0003,three.pdf\n`,
        'documents/three.pdf': '%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 1\n',
      }),
    ),
    found: ['unreadable documents documents/three.pdf'],
    touched: [['documents', 'documents/three.pdf']],
  },
  'a document that the target does not give back': {
    spoil: (rig) =>
      rig.target.plant({ on: 'read', path: 'documents/one.txt', effect: { kind: 'fail', code: 'ACCESS_DENIED' } }),
    found: ['unreadable documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'a record the target garbled': {
    spoil: (rig) => {
      const [first, ...rest] = rig.target.records.get('MedicationRequest') ?? [];
      if (first) rig.target.records.set('MedicationRequest', [{ ...first, bytes: Buffer.from('{"not json') }, ...rest]);
    },
    found: ['unreadable clinical MedicationRequest:m1'],
    touched: [['clinical', 'fhir/medications.ndjson']],
  },
  'no known allergies beside one': {
    datasets: with_(
      clinical({
        ...filesOf('clinical'),
        'fhir/allergies.ndjson': ndjson(allergy('a1', '0001'), allergy('a2', '0001', NO_KNOWN_ALLERGY)),
      }),
    ),
    found: ['conflicting-allergy clinical mrn:0001'],
    touched: [['clinical', 'fhir/allergies.ndjson']],
  },
  'one patient under two numbers, in two extracts': {
    datasets: with_(
      demographics({
        'csv/patients-1.csv': patients(row(0), row(1)),
        'csv/patients-2.csv': patients(row(2), row(3), row(0, { 0: '0777', 1: 'DOE' })),
      }),
    ),
    found: ['duplicate-patient demographics mrn:0777'],
    touched: [['demographics', 'csv/patients-2.csv']],
  },
  'a message missing from a series': {
    datasets: with_(
      queue(Object.fromEntries([1, 2, 3, 5, 6, 7].map((at) => [`adt/${at}.hl7`, adt(`ADT00000${at}`, '0001')]))),
    ),
    found: ['sequence-gap queue -'],
    touched: [],
  },
  'a message that came twice': {
    datasets: with_(queue({ ...filesOf('queue'), 'adt/7.hl7': adt('ADT000004', '0001') })),
    found: ['sequence-gap queue adt/7.hl7'],
    touched: [['queue', 'adt/7.hl7']],
  },
  'a batch that counts one message too many': {
    datasets: with_(
      queue({
        ...filesOf('queue'),
        'adt/batch.hl7': `FHS|^~\\&|A\rBHS|^~\\&|A\r${adt('ADT000007', '0001')}BTS|2\rFTS|1\r`,
      }),
    ),
    found: ['sequence-gap queue adt/batch.hl7'],
    touched: [['queue', 'adt/batch.hl7']],
  },
  'a record at the target that no source has': {
    spoil: (rig) =>
      void rig.target.addRecord('Observation', 'obs:ORU999999:1:1', { resourceType: 'Observation', status: 'final' }),
    found: ['unexpected-record labs obs:ORU999999:1:1'],
    touched: [],
  },
  'a document at the target that no source has': {
    spoil: (rig) => rig.target.put('documents/planted.txt', 'by somebody else'),
    found: ['unexpected-record documents documents/planted.txt'],
    touched: [],
  },
  'an item gone from the source': {
    datasets: with_(
      documents({}, { failed: { 'documents/one.txt': 'ITEM_NOT_FOUND' }, unpacked: ['documents/one.txt'] }),
    ),
    found: ['missing-record documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'an item transfer says nothing of': {
    datasets: with_(documents({}, { forgotten: ['documents/one.txt'] })),
    found: ['missing-record documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'nothing, beside what others keep at the target': {
    spoil: (rig) => {
      rig.target.addRecord('Observation', undefined, { resourceType: 'Observation', status: 'final' });
      rig.target.put('elsewhere/theirs.txt', 'not ours');
    },
    found: [],
    touched: [],
  },
  'nothing, where an item stays behind on purpose': {
    datasets: with_(documents({}, { excluded: ['documents/one.txt'] })),
    found: [],
    touched: [],
  },
  'an allergy recorded twice, one of them refuted': {
    datasets: with_(
      clinical({
        ...filesOf('clinical'),
        'fhir/allergies.ndjson': ndjson(allergy('a1', '0001', NO_KNOWN_ALLERGY), {
          ...allergy('a2', '0001'),
          verificationStatus: { coding: [{ code: 'refuted' }] },
        }),
        'fhir/medications.ndjson': ndjson(medication('m1', '0001'), medication('m2', '0003')),
      }),
    ),
    found: [],
    touched: [],
  },
};

onEveryDialect('a planted fault is found once, and nothing else is:', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(() => place.leave());

  test.each(Object.entries(PLANTED))('%s', async (_, { datasets = practice(), spoil, found, touched }) => {
    await rig.carryAll(...datasets);
    spoil?.(rig);
    await rig.work();
    expect(await rig.found(datasets)).toEqual(found);
    const expected = touched.map(([dataset, path]) => `${dataset} ${path}`);
    expect(await rig.unverified(datasets)).toEqual(expected);
  });
});
