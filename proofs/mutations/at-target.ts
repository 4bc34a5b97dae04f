/** Classes of what goes wrong on the way and at the target. */
import { lose } from '../../test/validation/planted.ts';
import { inTarget, keyOf, type Mutation, textInTarget } from './mutation.ts';

const patientOf = ({ mrn }: { readonly mrn: string }): string => `mrn:${mrn}`;
const coded = (code: string) => ({ coding: [{ code }] });

export const AT_TARGET: readonly Mutation[] = [
  {
    ...{ name: 'a record lost', isCritical: true, expects: ['missing-record'] },
    about: (chart) => [keyOf(chart, 'AllergyIntolerance', 'allergy'), patientOf(chart)],
    atTarget: (rig, chart) => lose(rig, 'AllergyIntolerance', keyOf(chart, 'AllergyIntolerance', 'allergy')),
  },
  {
    ...{ name: 'a chart that lacks a medication', isCritical: true, expects: ['incomplete-chart'] },
    about: (chart) => [patientOf(chart), keyOf(chart, 'MedicationRequest', 'stopped')],
    atTarget: (rig, chart) => lose(rig, 'MedicationRequest', keyOf(chart, 'MedicationRequest', 'stopped')),
  },
  {
    ...{ name: 'a visit that lacks its note', isCritical: true, expects: ['incomplete-chart'] },
    about: (chart) => [keyOf(chart, 'Encounter', 'visit'), keyOf(chart, 'DocumentReference', 'letter')],
    atTarget: (rig, chart) => lose(rig, 'DocumentReference', keyOf(chart, 'DocumentReference', 'letter')),
  },
  {
    ...{ name: 'a chart that lacks its document', isCritical: true, expects: ['incomplete-chart'] },
    about: (chart) => [patientOf(chart), `documents/${chart.mrn}.txt`],
    atTarget: (rig, { mrn }) => void rig.target.files.delete(`documents/${mrn}.txt`),
  },
  {
    ...{ name: 'a record twice', isCritical: true, expects: ['duplicate-record'] },
    about: (chart) => [keyOf(chart, 'MedicationRequest', 'stopped')],
    atTarget: (rig, chart) => {
      const key = keyOf(chart, 'MedicationRequest', 'stopped');
      const record = rig.target.findRecord('MedicationRequest', { key });
      rig.target.addRecord('MedicationRequest', key, JSON.parse(Buffer.from(record?.bytes ?? '').toString()) as object);
    },
  },
  {
    ...{ name: 'a refuted allergy that holds', isCritical: true, expects: ['value-mismatch'] },
    ...inTarget('AllergyIntolerance', 'refuted', () => ({
      verificationStatus: coded('confirmed'),
      clinicalStatus: coded('active'),
    })),
  },
  {
    ...{
      name: 'a resolved problem that is active',
      isCritical: true,
      expects: ['value-mismatch', 'code-translation-mismatch'],
    },
    ...inTarget('Condition', 'resolved', () => ({ clinicalStatus: coded('active') })),
  },
  {
    ...{
      name: 'a stopped medication that is current',
      isCritical: true,
      expects: ['value-mismatch', 'code-translation-mismatch'],
    },
    ...inTarget('MedicationRequest', 'stopped', () => ({ status: 'active' })),
  },
  {
    ...{ name: 'a code system lost', isCritical: true, expects: ['code-translation-mismatch'] },
    ...inTarget('AllergyIntolerance', 'allergy', () => ({ code: coded('91935009') })),
  },
  {
    ...{ name: 'a code that became words', isCritical: true, expects: ['code-translation-mismatch'] },
    ...inTarget('AllergyIntolerance', 'allergy', () => ({ code: { text: 'Allergy to peanuts' } })),
  },
  {
    ...{ name: 'another code', isCritical: true, expects: ['code-translation-mismatch'] },
    ...textInTarget('AllergyIntolerance', 'allergy', (text) => text.replace('91935009', '91934008')),
  },
  {
    ...{ name: 'a value that became words', isCritical: true, expects: ['code-translation-mismatch'] },
    ...inTarget('Observation', 'weight', () => ({ valueQuantity: undefined, valueString: '71.5 kg' })),
  },
  {
    ...{ name: 'another value', isCritical: true, expects: ['value-mismatch'] },
    ...textInTarget('Observation', 'weight', (text) => text.replace('71.5', '17.5')),
  },
  {
    ...{ name: 'another unit', isCritical: true, expects: ['value-mismatch', 'code-translation-mismatch'] },
    ...textInTarget('Observation', 'weight', (text) => text.replaceAll('"kg"', '"[lb_av]"')),
  },
  {
    ...{ name: 'a dose cut off', isCritical: true, expects: ['truncation'] },
    ...textInTarget('MedicationRequest', 'stopped', (text) => text.replace('mouth every day', 'mouth')),
  },
  {
    ...{ name: 'a record of another patient', isCritical: true, expects: ['value-mismatch'] },
    ...textInTarget('Condition', 'resolved', (text, { mrn }) => text.replaceAll(mrn, 'M000001')),
    about: (chart) => [keyOf(chart, 'Condition', 'resolved'), patientOf(chart)],
  },
  {
    ...{ name: 'a time shifted', isCritical: false, expects: ['timestamp-shift'] },
    ...textInTarget('MedicationRequest', 'stopped', (text) => text.replace('09:30:00-04:00', '09:30:00Z')),
  },
  {
    ...{ name: 'the time of the migration', isCritical: false, expects: ['timestamp-shift'] },
    ...inTarget('AllergyIntolerance', 'allergy', () => ({ recordedDate: '2026-11-01T02:00:00Z' })),
  },
  {
    ...{ name: 'the migration for an author', isCritical: false, expects: ['value-mismatch'] },
    ...inTarget('DocumentReference', 'letter', () => ({ author: [{ display: 'Data Conversion' }] })),
  },
  {
    ...{ name: 'a document without its content', isCritical: true, expects: ['attachment-not-found'] },
    ...inTarget('DocumentReference', 'letter', () => ({
      content: [{ attachment: { contentType: 'text/plain', title: 'Summary' } }],
    })),
  },
  {
    ...{ name: 'a record that cannot be read', isCritical: true, expects: ['unreadable'] },
    // The chart does not show it either.
    about: (chart) => [keyOf(chart, 'Encounter', 'visit'), patientOf(chart)],
    atTarget: (rig, chart) => {
      const records = rig.target.records.get('Encounter') ?? [];
      const at = records.findIndex(({ key }) => key === keyOf(chart, 'Encounter', 'visit'));
      const record = records[at];
      if (record !== undefined) records[at] = { ...record, bytes: Buffer.from('{"garbled') };
    },
  },
  {
    ...{ name: 'a document lost', isCritical: true, expects: ['missing-record'] },
    about: (chart) => [`documents/${chart.mrn}.txt`, patientOf(chart)],
    atTarget: (rig, { mrn }) => void rig.target.files.delete(`documents/${mrn}.txt`),
  },
  {
    ...{ name: 'a document cut off', isCritical: true, expects: ['truncation'] },
    about: ({ mrn }) => [`documents/${mrn}.txt`],
    atTarget: (rig, { mrn, document }) =>
      rig.target.put(`documents/${mrn}.txt`, Buffer.from(document ?? '').subarray(0, 12)),
  },
  {
    ...{ name: 'one byte changed', isCritical: true, expects: ['digest-mismatch'] },
    about: ({ mrn }) => [`documents/${mrn}.txt`],
    atTarget: (rig, { mrn, document }) =>
      rig.target.put(`documents/${mrn}.txt`, Buffer.from(String(document).replace('Letter', 'Lettor'))),
  },
  {
    ...{ name: 'a message changed', isCritical: true, expects: ['digest-mismatch'] },
    about: ({ mrn }) => [`adt/${mrn}.hl7`],
    atTarget: (rig, { mrn, adt }) => rig.target.put(`adt/${mrn}.hl7`, (adt ?? '').replace('CLINIC', 'CLINIK')),
  },
];
