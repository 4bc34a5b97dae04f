/** Classes of what is wrong at the source already, and would arrive unharmed. */
import { NO_KNOWN_ALLERGY, summary } from '../../test/validation/practice.ts';
import type { Chart } from './charts.ts';
import { digitsOf, inSource, keyOf, type Mutation } from './mutation.ts';

const ofPatient = ({ mrn }: { readonly mrn: string }): readonly string[] => [`mrn:${mrn}`];
const changeCell = (row: readonly string[], at: number, cell: string): readonly string[] =>
  row.map((each, index) => (index === at ? cell : each));
const ADT_ITEM = ({ mrn }: Chart): readonly string[] => [`adt/${mrn}.hl7`];
/** The message, and what a carrier that asks nothing makes of it. */
const ORU_REPORT = ({ mrn }: { readonly mrn: string }): readonly string[] => {
  const control = `ORU${mrn.slice(1)}`;
  return [`oru/${mrn}.hl7`, `rep:${control}:1`, `obs:${control}:1:1`, `obs:${control}:1:2`];
};

/** A gap is told at the message before it, and neighbours that are missing make one gap. */
const GAP_MAX = 100;

function idsBefore({ mrn }: Chart): readonly string[] {
  const number = Number(mrn.slice(1));
  const before = Array.from({ length: Math.min(GAP_MAX, number - 1) }, (_, at) => number - 1 - at);
  return before.map((each) => `MSH-10 ADT${String(each).padStart(6, '0')}`);
}

export const AT_SOURCE: readonly Mutation[] = [
  {
    ...{ name: 'a birth that has not come', isCritical: true, expects: ['content-implausible'], about: ofPatient },
    atSource: (chart) => void (chart.row = changeCell(chart.row, 4, '2091-03-05')),
  },
  {
    ...{ name: 'a placeholder for a birth', isCritical: false, expects: ['content-implausible'], about: ofPatient },
    atSource: (chart) => void (chart.row = changeCell(chart.row, 4, '1900-01-01')),
  },
  {
    ...{ name: 'a sex that no map knows', isCritical: true, expects: ['code-translation-mismatch'], about: ofPatient },
    atSource: (chart) => void (chart.row = changeCell(chart.row, 3, 'Q')),
  },
  {
    name: 'a second chart of one person',
    isCritical: true,
    expects: ['duplicate-patient'],
    about: ({ mrn }) => [`mrn:X${mrn}`],
    atSource: (chart) => {
      const [mrn = '', family = ''] = chart.row;
      // Two letters swapped, as hands do.
      const slip = family.slice(0, -2) + (family.at(-1) ?? '') + (family.at(-2) ?? '');
      chart.moreRows.push(changeCell(changeCell(chart.row, 0, `X${mrn}`), 1, slip));
    },
  },
  {
    ...{ name: 'a row twice', isCritical: true, expects: ['duplicate-record'], about: ofPatient },
    atSource: (chart) => void chart.moreRows.push(chart.row),
  },
  {
    name: 'no known allergies beside one',
    isCritical: true,
    expects: ['conflicting-allergy'],
    about: ofPatient,
    atSource: (chart) => {
      const [, allergy] = chart.resources;
      if (allergy === undefined) return;
      const denied = { ...allergy, id: `none-${digitsOf(chart)}`, code: { coding: [NO_KNOWN_ALLERGY] } };
      chart.resources = [...chart.resources, denied];
    },
  },
  {
    ...{ name: 'a mistyped code', isCritical: true, expects: ['code-translation-mismatch'] },
    ...inSource('AllergyIntolerance', 'allergy', () => ({
      code: { coding: [{ system: 'http://snomed.info/sct', code: '91935090' }], text: 'Allergy to peanuts' },
    })),
  },
  {
    ...{ name: 'a code cut off', isCritical: true, expects: ['code-translation-mismatch'] },
    ...inSource('Condition', 'resolved', () => ({
      code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'J45.' }], text: 'Asthma' },
    })),
  },
  {
    ...{ name: 'a unit that does not exist', isCritical: false, expects: ['content-implausible'] },
    ...inSource('Observation', 'weight', () => ({
      valueQuantity: { value: 71.5, system: 'http://unitsofmeasure.org', code: 'kilos' },
    })),
  },
  {
    ...{ name: 'a unit of another kind', isCritical: true, expects: ['content-implausible'] },
    ...inSource('Observation', 'weight', () => ({
      valueQuantity: { value: 171.5, unit: 'cm', system: 'http://unitsofmeasure.org', code: 'cm' },
    })),
  },
  {
    ...{ name: 'an account number for a visit number', isCritical: true, expects: ['content-implausible'] },
    ...inSource('Encounter', 'visit', ({ id }) => ({
      identifier: [{ system: 'urn:ashfield:visit', value: `20-${String(id).slice(-6)}-1` }],
    })),
  },
  {
    ...{ name: 'a result without a value', isCritical: true, expects: ['content-implausible'] },
    ...inSource('Observation', 'weight', () => ({ valueQuantity: undefined })),
  },
  {
    ...{ name: 'an allergy to nothing', isCritical: true, expects: ['content-implausible'] },
    ...inSource('AllergyIntolerance', 'allergy', () => ({ code: undefined })),
  },
  {
    ...{ name: 'a word for nothing', isCritical: false, expects: ['content-implausible'] },
    ...inSource('Condition', 'resolved', () => ({ code: { text: 'NULL' } })),
  },
  {
    ...{ name: 'a visit that ended before it began', isCritical: false, expects: ['content-implausible'] },
    ...inSource('Encounter', 'visit', () => ({
      period: { start: '2025-02-11T09:00:00Z', end: '2025-02-10T09:00:00Z' },
    })),
  },
  {
    ...{ name: 'an event that has not come', isCritical: false, expects: ['content-implausible'] },
    ...inSource('Observation', 'weight', () => ({ effectiveDateTime: '2031-02-11T09:00:00Z' })),
  },
  {
    ...{ name: 'care before birth', isCritical: true, expects: ['content-implausible'] },
    ...inSource('Condition', 'resolved', () => ({ onsetDateTime: '1890-02-01', recordedDate: '1890-02-01' })),
  },
  {
    ...{ name: 'a document without a label', isCritical: false, expects: ['content-implausible'] },
    ...inSource('DocumentReference', 'letter', () => ({
      type: undefined,
      content: [{ attachment: { contentType: 'text/plain', data: 'QSBsZXR0ZXI=' } }],
    })),
  },
  {
    ...{ name: 'a resource that FHIR refuses', isCritical: false, expects: ['schema-invalid'] },
    ...inSource('Encounter', 'visit', () => ({ status: 'gone' })),
    // What cannot be mapped is missing in the chart.
    about: (chart) => [keyOf(chart, 'Encounter', 'visit'), ...ofPatient(chart)],
  },
  {
    name: 'a record of a patient nobody brings',
    isCritical: true,
    expects: ['orphan'],
    // A result leads to it, and the chart it is in does not show it.
    about: (chart) => [keyOf(chart, 'Encounter', 'visit'), ...ofPatient(chart)],
    atSource: (chart) => {
      const id = `visit-${digitsOf(chart)}`;
      const subject = { reference: `Patient/nobody-${digitsOf(chart)}` };
      chart.resources = chart.resources.map((each) => (each.id === id ? { ...each, subject } : each));
    },
  },
  {
    ...{ name: 'a message without its patient', isCritical: true, expects: ['schema-invalid'], about: ORU_REPORT },
    atSource: (chart) => void (chart.oru = chart.oru.replace(/PID\|[^\r]*\r/, '')),
  },
  {
    ...{ name: 'results before their order', isCritical: true, expects: ['schema-invalid'] },
    // Mapping sees it too, and tells it of the message.
    about: (chart) => [...ORU_REPORT(chart), `message:ORU${digitsOf(chart)}`],
    atSource: (chart) => void (chart.oru = chart.oru.replace(/(OBR\|[^\r]*\r)(OBX\|[^\r]*\r)/, '$2$1')),
  },
  {
    ...{ name: 'a message with a segment of another one', isCritical: true, expects: ['schema-invalid'] },
    about: ORU_REPORT,
    atSource: (chart) => void (chart.oru = `${chart.oru}SCH|1\r`),
  },
  {
    ...{ name: 'a message without its event', isCritical: true, expects: ['schema-invalid'], about: ADT_ITEM },
    atSource: (chart) => void (chart.adt = (chart.adt ?? '').replace(/EVN\|[^\r]*\r/, '')),
  },
  {
    ...{ name: 'a message with its visit twice', isCritical: true, expects: ['schema-invalid'], about: ADT_ITEM },
    atSource: (chart) => void (chart.adt = (chart.adt ?? '').replace(/PV1\|[^\r]*\r/, '$&$&')),
  },
  {
    ...{ name: 'a message missing from its series', isCritical: true, expects: ['sequence-gap'] },
    about: (chart) => idsBefore(chart),
    atSource: (chart) => void (chart.adt = null),
  },
  {
    ...{ name: 'an index row without its document', isCritical: true, expects: ['attachment-not-found'] },
    about: ({ mrn }) => [`documents/${mrn}.txt`],
    atSource: (chart) => void (chart.document = null),
  },
  {
    ...{ name: 'a document that no index names', isCritical: true, expects: ['orphan'] },
    about: ({ mrn }) => [`documents/${mrn}.txt`],
    atSource: (chart) => void (chart.isIndexed = false),
  },
  {
    ...{ name: 'a document that names another patient', isCritical: true, expects: ['wrong-patient'] },
    about: ({ mrn }) => [`documents/${mrn}.txt`],
    atSource: (chart) => void (chart.document = String(chart.document).replace(chart.mrn, 'M000001')),
  },
  {
    ...{ name: 'a summary of another patient in a letter', isCritical: true, expects: ['wrong-patient'] },
    ...inSource('DocumentReference', 'letter', () => ({
      content: [{ attachment: { contentType: 'text/xml', data: Buffer.from(summary('M000001')).toString('base64') } }],
    })),
  },
  {
    ...{ name: 'a document of no bytes', isCritical: true, expects: ['unreadable'] },
    about: ({ mrn }) => [`documents/${mrn}.txt`],
    atSource: (chart) => void (chart.document = ''),
  },
];
