/** Faults of the source and of the way, one at a time. */
import { filesOf, having, type Planted } from './planted.ts';
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
  queue,
  note,
  row,
  summary,
  text,
  visit,
} from './practice.ts';

/** A message on each chosen day of forty, counted without a gap. */
function feedOf(isSent: (day: number) => boolean): Readonly<Record<string, string>> {
  const days = Array.from({ length: 40 }, (_, day) => day).filter(isSent);
  const sentAt = (day: number): string =>
    `${new Date(Date.UTC(2026, 5, 1 + day)).toISOString().slice(0, 10).replaceAll('-', '')}101500-0400`;
  return Object.fromEntries(
    days.map((day, at) => [`adt/${at + 1}.hl7`, adt(`ADT${String(at + 1).padStart(6, '0')}`, '0001', sentAt(day))]),
  );
}

/** The control ids of numbered messages: one for each, which do not count. */
const idOf = (sender: string, at: number): string => `${String.fromCharCode(97 + at)}-${sender}`;

/** A message each minute, with these sequence numbers. */
function numbered(numbers: readonly number[], sender = 'PRACTICE'): Readonly<Record<string, string>> {
  const messages = numbers.map((number, at) => {
    const sentAt = `2026090110${String(at).padStart(2, '0')}00-0400`;
    const text = adt(idOf(sender, at), '0001', sentAt).replace('|2.5.1', `|2.5.1|${number}`);
    return [`adt/${sender}-${String(at).padStart(2, '0')}.hl7`, text.replace('|PRACTICE|', `|${sender}|`)];
  });
  return Object.fromEntries(messages);
}

export const AT_SOURCE: Readonly<Record<string, Planted>> = {
  'a row twice in the source': {
    datasets: having(
      demographics({
        'csv/patients-1.csv': patients(row(0), row(1), row(0)),
        'csv/patients-2.csv': patients(row(2), row(3)),
      }),
    ),
    found: ['duplicate-record demographics mrn:0001'],
    touched: [['demographics', 'csv/patients-1.csv']],
  },
  'a code that no map translates, set aside by transfer': {
    datasets: having(
      demographics(
        { 'csv/patients-1.csv': patients(row(0), row(1, { 3: 'Q' })), 'csv/patients-2.csv': patients(row(2), row(3)) },
        { setAside: { 'csv/patients-1.csv': 'NOT_MAPPABLE' } },
      ),
    ),
    found: ['code-translation-mismatch demographics mrn:0002 SEX'],
    touched: [['demographics', 'csv/patients-1.csv']],
  },
  'a byte changed in flight': {
    datasets: having(documents({}, { setAside: { 'documents/one.txt': 'DIGEST_MISMATCH_IN_FLIGHT' } })),
    found: ['digest-mismatch documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'a message without its patient': {
    datasets: having(
      queue({ ...filesOf('queue'), 'adt/3.hl7': adt('ADT000003', '0004').replace(/PID\|[^\r]*\r/, '') }),
    ),
    found: ['schema-invalid queue adt/3.hl7'],
    touched: [['queue', 'adt/3.hl7']],
  },
  'a message the lineage cannot map and transfer set aside': {
    datasets: having(
      labs(
        { ...filesOf('labs'), 'oru/2.hl7': oru('ORU000002', '0002').replace(/PID\|[^\r]*\r/, '') },
        { setAside: { 'oru/2.hl7': 'NOT_MAPPABLE' } },
      ),
    ),
    found: ['schema-invalid labs oru/2.hl7'],
    touched: [['labs', 'oru/2.hl7']],
  },
  'content the target refused': {
    datasets: having(documents({}, { setAside: { 'documents/one.txt': 'ITEM_REFUSED' } })),
    found: ['schema-invalid documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'a birth date that has not come': {
    datasets: having(
      demographics({
        'csv/patients-1.csv': patients(row(0, { 4: '2091-03-05' }), row(1)),
        'csv/patients-2.csv': patients(row(2), row(3)),
      }),
    ),
    found: ['content-implausible demographics mrn:0001 birthDate'],
    touched: [['demographics', 'csv/patients-1.csv']],
  },
  'a placeholder for a birth date': {
    datasets: having(
      demographics({
        'csv/patients-1.csv': patients(row(0, { 4: '1900-01-01' }), row(1)),
        'csv/patients-2.csv': patients(row(2), row(3)),
      }),
    ),
    found: ['content-implausible demographics mrn:0001 birthDate'],
    touched: [['demographics', 'csv/patients-1.csv']],
  },
  'a result dated before the birth': {
    datasets: having(labs({ ...filesOf('labs'), 'oru/3.hl7': oru('ORU000003', '0003', '19600901101500-0400') })),
    found: ['content-implausible labs rep:ORU000003:1 effectiveDateTime'],
    touched: [['labs', 'oru/3.hl7']],
  },
  'a result of a patient nobody brings': {
    datasets: having(labs({ ...filesOf('labs'), 'oru/3.hl7': oru('ORU000003', '0999') })),
    found: ['orphan labs rep:ORU000003:1'],
    touched: [['labs', 'oru/3.hl7']],
  },
  'a document that no index names': {
    datasets: having(documents({ 'documents/stray.txt': text('a document nobody asked for') })),
    found: ['orphan documents documents/stray.txt'],
    touched: [['documents', 'documents/stray.txt']],
  },
  'an index row without its document': {
    datasets: having(documents({ 'documents/index.csv': `${INDEX}D3,0003,three.txt\n` })),
    found: ['attachment-not-found documents documents/three.txt'],
    touched: [['documents', 'documents/index.csv']],
  },
  'a document that cannot be read': {
    datasets: having(
      documents({
        'documents/index.csv': `${INDEX}D3,0003,three.pdf\n`,
        'documents/three.pdf': '%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 1\n',
      }),
    ),
    found: ['unreadable documents documents/three.pdf'],
    touched: [['documents', 'documents/three.pdf']],
  },
  'a document that names another patient than its index': {
    datasets: [
      demographics(),
      documents({
        'documents/index.csv': `${INDEX}D3,0003,three.xml\nD4,0004,four.xml\n`,
        'documents/three.xml': summary('0003'),
        'documents/four.xml': summary('0001'),
      }),
    ],
    found: ['wrong-patient documents documents/four.xml'],
    touched: [['documents', 'documents/four.xml']],
  },
  'a note with the document of another patient in it': {
    datasets: [
      demographics(),
      clinical({
        'fhir/visits.ndjson': ndjson(
          visit('v1', '0001'),
          note('n1', '0001', 'v1', summary('0001')),
          note('n2', '0001', 'v1', summary('0002')),
        ),
      }),
    ],
    found: ['wrong-patient clinical DocumentReference:n2'],
    touched: [['clinical', 'fhir/visits.ndjson']],
  },
  'no known allergies beside one': {
    datasets: having(
      clinical({
        ...filesOf('clinical'),
        'fhir/allergies.ndjson': ndjson(allergy('a1', '0001'), allergy('a2', '0001', NO_KNOWN_ALLERGY)),
      }),
    ),
    found: ['conflicting-allergy clinical mrn:0001'],
    touched: [['clinical', 'fhir/allergies.ndjson']],
  },
  'one patient under two numbers, in two extracts': {
    datasets: having(
      demographics({
        'csv/patients-1.csv': patients(row(0), row(1)),
        'csv/patients-2.csv': patients(row(2), row(3), row(0, { 0: '0777', 1: 'DOE' })),
      }),
    ),
    found: ['duplicate-patient demographics mrn:0777'],
    touched: [['demographics', 'csv/patients-2.csv']],
  },
  'a message missing from a series': {
    datasets: having(
      queue(Object.fromEntries([1, 2, 3, 5, 6, 7].map((at) => [`adt/${at}.hl7`, adt(`ADT00000${at}`, '0001')]))),
    ),
    found: ['sequence-gap queue -'],
    touched: [],
  },
  'a feed of every day that was silent for a week': {
    datasets: having(queue(feedOf((day) => day < 15 || day > 21))),
    found: ['sequence-gap queue -'],
    touched: [],
  },
  'nothing, where a feed rests at weekends': {
    datasets: having(queue(feedOf((day) => day % 7 < 5))),
    found: [],
    touched: [],
  },
  'a message that came twice': {
    datasets: having(queue({ ...filesOf('queue'), 'adt/7.hl7': adt('ADT000004', '0001') })),
    found: ['sequence-gap queue adt/7.hl7'],
    touched: [['queue', 'adt/7.hl7']],
  },
  'a message missing from numbered messages whose ids do not count': {
    datasets: having(queue(numbered([1, 2, 3, 5, 6, 7]))),
    found: ['sequence-gap queue -'],
    touched: [],
  },
  'two messages under one number, and one control id for two messages': {
    datasets: having(queue({ ...numbered([1, 2, 3, 4, 5, 6, 4]), 'adt/again.hl7': adt(idOf('PRACTICE', 0), '0001') })),
    found: ['sequence-gap queue adt/PRACTICE-06.hl7', 'sequence-gap queue adt/again.hl7'],
    touched: [
      ['queue', 'adt/PRACTICE-06.hl7'],
      ['queue', 'adt/again.hl7'],
    ],
  },
  'nothing, where numbers begin anew as the protocol has it, or senders count apart': {
    datasets: having(
      queue({
        ...numbered([4, 5, 6, 7, 8, -1, 1, 2, 3, 4, 5, 0, 3, 4, 5, 6, 7, 1, 2, 3]),
        ...numbered([1, 2, 3, 4, 5], 'ELSEWHERE'),
      }),
    ),
    found: [],
    touched: [],
  },
  'a batch that counts one message too many': {
    datasets: having(
      queue({
        ...filesOf('queue'),
        'adt/batch.hl7': `FHS|^~\\&|A\rBHS|^~\\&|A\r${adt('ADT000007', '0001')}BTS|2\rFTS|1\r`,
      }),
    ),
    found: ['sequence-gap queue adt/batch.hl7'],
    touched: [['queue', 'adt/batch.hl7']],
  },
  'an item gone from the source': {
    datasets: having(
      documents({}, { failed: { 'documents/one.txt': 'ITEM_NOT_FOUND' }, unpacked: ['documents/one.txt'] }),
    ),
    found: ['missing-record documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'an item transfer says nothing of': {
    datasets: having(documents({}, { forgotten: ['documents/one.txt'] })),
    found: ['missing-record documents documents/one.txt'],
    touched: [['documents', 'documents/one.txt']],
  },
  'nothing, where an item stays behind on purpose': {
    datasets: having(documents({}, { excluded: ['documents/one.txt'] })),
    found: [],
    touched: [],
  },
  'an allergy recorded twice, one of them refuted': {
    datasets: having(
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
