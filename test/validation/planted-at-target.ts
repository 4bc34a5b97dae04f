/** Faults of the target, one at a time. */
import { change, filesOf, having, lose, type Planted } from './planted.ts';
import { adt, clinical, demographics, documents, labs, ndjson, oru, note, text, visit } from './practice.ts';

export const AT_TARGET: Readonly<Record<string, Planted>> = {
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
  'the digits of a value lost at the target': {
    datasets: having(labs({ ...filesOf('labs'), 'oru/1.hl7': oru('ORU000001', '0001').replace('101.5', '101.50') })),
    // What is parsed as a double is printed without its last zero.
    spoil: (rig) => change(rig, 'Observation', 'obs:ORU000001:1:1', (resource) => resource),
    found: ['precision-loss labs obs:ORU000001:1:1 valueQuantity.value'],
    touched: [['labs', 'oru/1.hl7']],
  },
  'a document lost at the target': {
    spoil: (rig) => void rig.target.files.delete('documents/one.txt'),
    found: ['missing-record documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'a record lost of a patient that landed': {
    datasets: [demographics(), clinical()],
    spoil: (rig) => lose(rig, 'MedicationRequest', 'MedicationRequest:m2'),
    found: ['incomplete-chart demographics mrn:0003', 'missing-record clinical MedicationRequest:m2'],
    touched: [['clinical', 'fhir/medications.ndjson']],
  },
  'the note of a visit that landed lost': {
    datasets: [
      demographics(),
      clinical({ 'fhir/visits.ndjson': ndjson(visit('v1', '0001'), note('n1', '0001', 'v1')) }),
    ],
    spoil: (rig) => lose(rig, 'DocumentReference', 'DocumentReference:n1'),
    found: ['incomplete-chart clinical Encounter:v1', 'missing-record clinical DocumentReference:n1'],
    touched: [['clinical', 'fhir/visits.ndjson']],
  },
  'a record filed under another patient at the target': {
    datasets: [demographics(), clinical()],
    spoil: (rig) =>
      change(rig, 'MedicationRequest', 'MedicationRequest:m2', (it) => ({
        ...it,
        subject: JSON.parse(JSON.stringify(it['subject']).replace('0003', '0004')) as object,
      })),
    found: [
      'incomplete-chart demographics mrn:0003',
      'value-mismatch clinical MedicationRequest:m2 subject.identifier.value',
    ],
    touched: [['clinical', 'fhir/medications.ndjson']],
  },
  'a chart that does not show what is there': {
    datasets: [demographics(), clinical()],
    spoil: (rig) => {
      rig.target.showsChart = (records) => records.filter(({ key }) => key !== 'MedicationRequest:m2');
    },
    found: ['workflow-failed demographics mrn:0003 chart.NOT_SHOWN'],
    touched: [['demographics', 'csv/patients-2.csv']],
  },
  'a document lost of a patient that landed': {
    datasets: [demographics(), documents()],
    spoil: (rig) => void rig.target.files.delete('documents/one.txt'),
    found: ['incomplete-chart demographics mrn:0001', 'missing-record documents documents/one.txt'],
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
  'an allergy that lost its code system at the target': {
    spoil: (rig) =>
      change(rig, 'AllergyIntolerance', 'AllergyIntolerance:a1', (it) => ({
        ...it,
        code: { coding: [{ code: '7980', display: 'penicillin G' }], text: 'an allergy or none' },
        recorder: { display: 'Data Conversion' },
      })),
    found: [
      'code-translation-mismatch clinical AllergyIntolerance:a1 code',
      'value-mismatch clinical AllergyIntolerance:a1 recorder',
    ],
    touched: [['clinical', 'fhir/allergies.ndjson']],
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
  'nothing, beside what others keep at the target': {
    spoil: (rig) => {
      rig.target.addRecord('Observation', undefined, { resourceType: 'Observation', status: 'final' });
      rig.target.put('elsewhere/theirs.txt', 'not ours');
    },
    found: [],
    touched: [],
  },
};
