/** The whole synthetic practice as files, in the shapes a real one exports. The same seed gives the same bytes. */
import { accessLog, chargeExtract, csv, patientExtract } from './csv-extracts.ts';
import { continuityOfCare, pdf, tiff } from './documents.ts';
import {
  allergy,
  imagingStudy,
  medication,
  ndjson,
  noKnownAllergy,
  penicillinAllergy,
  problem,
} from './fhir-export.ts';
import { admission, batchFile, controlId, labReport, transcription } from './hl7-messages.ts';
import { people, type Person } from './people.ts';
import { type Random, seededRandom } from './random.ts';

export interface PracticeFile {
  readonly path: string;
  readonly bytes: Buffer;
}

export interface PracticeOptions {
  readonly seed: number;
  /** At least 200 for the demonstration; the faults need 60. */
  readonly patients: number;
  /** Whether the practice has the defects of `demo/faults.ts` in its own files. */
  readonly defects: 'planted' | 'none';
}

const ROWS_PER_EXTRACT = 50;
const DOCUMENT_FOLDERS = 4;

export function* practiceFiles(options: PracticeOptions): Generator<PracticeFile> {
  const random = seededRandom(options.seed);
  const everybody = people(options.patients, random);
  const isPlanted = options.defects === 'planted';
  yield* extracts(everybody, isPlanted, random);
  yield* interfaceFiles(everybody, isPlanted, random);
  yield* exports(everybody, isPlanted, random);
  yield* scans(everybody, isPlanted, random);
  for (const [at, person] of everybody.entries())
    if (at % 10 === 0) yield { path: `ccda/ccd-${1000 + at}.xml`, bytes: continuityOfCare(person, 1000 + at) };
  yield* archives(everybody, random);
}

/** What is kept for others: references to images, and who looked at what. */
function* archives(everybody: readonly Person[], random: Random): Generator<PracticeFile> {
  const imaged = everybody.filter((_, at) => at % 4 === 1);
  const studies = imaged.map((each, at) => imagingStudy(`im${String(at).padStart(5, '0')}`, each, random));
  yield { path: 'fhir/ImagingStudy-0.ndjson', bytes: ndjson(studies) };
  for (let from = 0; from < everybody.length; from += ROWS_PER_EXTRACT) {
    const rows = everybody.slice(from, from + ROWS_PER_EXTRACT);
    yield { path: `csv/access-log-${from / ROWS_PER_EXTRACT + 1}.csv`, bytes: accessLog(rows, random) };
  }
}

function* extracts(everybody: readonly Person[], isPlanted: boolean, random: Random): Generator<PracticeFile> {
  for (let from = 0; from < everybody.length; from += ROWS_PER_EXTRACT) {
    const number = from / ROWS_PER_EXTRACT + 1;
    const rows = [...everybody.slice(from, from + ROWS_PER_EXTRACT)];
    if (isPlanted) spoil(rows, number);
    yield { path: `csv/patients-${String(number).padStart(3, '0')}.csv`, bytes: patientExtract(rows) };
  }
  yield { path: 'csv/charges.csv', bytes: chargeExtract(everybody, random) };
}

/** The second extract holds one patient twice under two numbers, the third a birth date that has not come yet. */
function spoil(rows: Person[], number: number): void {
  const [first] = rows;
  if (number === 2 && first) rows.push({ ...first, mrn: '0999001' });
  if (number === 3 && first) rows[0] = { ...first, born: '2091-03-05' };
}

function* interfaceFiles(everybody: readonly Person[], isPlanted: boolean, random: Random): Generator<PracticeFile> {
  const person = (at: number): Person => everybody[at % everybody.length] as Person;
  for (let at = 1; at <= everybody.length * 0.6; at++) {
    const id = controlId('ORU', at);
    yield { path: `hl7/oru/${id}.hl7`, bytes: labReport(id, person(at), random) };
  }
  for (let at = 1; at <= everybody.length * 0.3; at++) {
    const id = controlId('ADT', at);
    const bytes = admission(id, person(at * 3), random);
    yield { path: `hl7/adt/${id}.hl7`, bytes: isPlanted && at === 12 ? withoutPatient(bytes) : bytes };
  }
  for (let at = 1; at <= 20; at++) {
    const id = controlId('MDM', at);
    yield { path: `hl7/mdm/${id}.hl7`, bytes: transcription(id, person(at * 5), pdf(`Progress note ${id}`), random) };
  }
  for (let batch = 1; batch <= 2; batch++) {
    const ids = Array.from({ length: 12 }, (_, at) => controlId('QUE', (batch - 1) * 12 + at + 1));
    const messages = ids.map((id, at) => admission(id, person(at * 7), random));
    const declared = isPlanted && batch === 2 ? messages.length + 1 : messages.length;
    yield { path: `hl7/queue/outbound-${batch}.hl7`, bytes: batchFile(`outbound-${batch}`, messages, declared) };
  }
}

function withoutPatient(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes
      .toString()
      .split('\r')
      .filter((segment) => !segment.startsWith('PID'))
      .join('\r'),
  );
}

function* exports(everybody: readonly Person[], isPlanted: boolean, random: Random): Generator<PracticeFile> {
  const half = Math.ceil(everybody.length / 2);
  for (const [part, group] of [everybody.slice(0, half), everybody.slice(half)].entries()) {
    const id = (prefix: string, at: number) => `${prefix}${part}${String(at).padStart(4, '0')}`;
    const allergies = group.map((each, at) => allergy(id('al', at), each, random));
    const [conflicted] = group;
    if (isPlanted && part === 1 && conflicted) {
      allergies[0] = penicillinAllergy(id('al', 0), conflicted);
      allergies.push(noKnownAllergy('al-nka-1', conflicted));
    }
    yield { path: `fhir/AllergyIntolerance-${part}.ndjson`, bytes: ndjson(allergies) };
    const medications = group.map((each, at) => medication(id('me', at), each, random));
    yield { path: `fhir/MedicationRequest-${part}.ndjson`, bytes: ndjson(medications) };
    yield {
      path: `fhir/Condition-${part}.ndjson`,
      bytes: ndjson(group.map((each, at) => problem(id('co', at), each, random))),
    };
  }
}

/** Four folders, each with its index: one row a document. */
function* scans(everybody: readonly Person[], isPlanted: boolean, random: Random): Generator<PracticeFile> {
  for (let folder = 1; folder <= DOCUMENT_FOLDERS; folder++) {
    const rows: string[][] = [['DOC_ID', 'MRN', 'FILE', 'TYPE']];
    for (let at = 1; at <= 12; at++) {
      const person = everybody[(folder * 13 + at) % everybody.length] as Person;
      const number = folder * 100 + at;
      const name = at % 3 === 0 ? `scan-${number}.tif` : `scan ${number}.pdf`;
      rows.push([`D${number}`, person.mrn, name, at % 3 === 0 ? 'Consent' : 'Outside record']);
      const whole = at % 3 === 0 ? tiff(random) : pdf(`Scanned document ${number}`);
      const isTruncated = isPlanted && folder === 1 && at === 4;
      yield { path: `documents/${folder}/${name}`, bytes: isTruncated ? whole.subarray(0, whole.length - 60) : whole };
    }
    if (isPlanted && folder === 2) rows.push(['D299', (everybody[0] as Person).mrn, 'scan-299.tif', 'Consent']);
    if (isPlanted && folder === 3) yield { path: 'documents/3/scan 399.pdf', bytes: pdf('Scanned document 399') };
    yield { path: `documents/${folder}/index.csv`, bytes: csv(rows) };
  }
}
