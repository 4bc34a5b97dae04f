/** Whose a document is by what stands inside it: C-CDA, HL7 v2, FHIR, and texts whose label the policy knows. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { parseXml, type XmlElement } from '../../../records/ccda/tree.ts';
import { decodeText } from '../../../records/charset.ts';
import { classify } from '../../../records/classify.ts';
import { Hl7Message } from '../../../records/hl7v2/message.ts';
import type { Check } from '../domain/check.ts';
import { attachmentsOf } from './loss-facts.ts';
import { numberAsWritten } from './person.ts';
import { listOf, membersOf, patientReferenceOf, textOf } from './resource.ts';

export const WRONG_PATIENT: Check = {
  id: 'wrong-patient',
  version: '1',
  layer: 'content',
  method: 'relation',
  requirements: ['J02', 'J04', 'G08'],
  categories: ['wrong-patient'],
  codes: ['OTHER_PATIENT_INSIDE'],
  cannotSee:
    'scans and PDF, texts without a label the policy names, documents filed under nobody, and inside of them numbers ' +
    'that no patient of the migration carries, or more than one',
};

/** Larger documents are scans in disguise. */
export const PAPER_BYTES_MAX = 16 * 1024 * 1024;
/** A label stands in the head of a text, or nowhere. */
const LABEL_LINES_MAX = 60;
const NUMBERS_MAX = 20;
const PATIENT_ID_FIELD = 3;

/** The numbers a document names its patient by, in one spelling; none where it does not say. Never throws on data. */
export function patientsInside(bytes: Buffer, labels: readonly string[]): readonly string[] {
  const numbers = numbersInside(bytes, labels).map(numberAsWritten);
  return [...new Set(numbers)].filter((each) => each !== '').slice(0, NUMBERS_MAX);
}

function numbersInside(bytes: Buffer, labels: readonly string[]): readonly string[] {
  switch (classify(bytes)) {
    case 'ccda':
      return ofClinicalDocument(decodeText(bytes).text);
    case 'hl7v2':
      return ofMessage(bytes);
    case 'fhir-json':
      return ofResource(bytes);
    case 'rtf':
      return ofText(
        decodeText(bytes)
          .text.replaceAll(/\\par\b/g, '\n')
          .replaceAll(/\\[a-z]+-?\d* ?|[{}]/g, ''),
        labels,
      );
    case 'html':
      return ofText(
        decodeText(bytes)
          .text.replaceAll(/<(?:br|p|div|tr|li|h\d)\b[^>]*>/gi, '\n')
          .replaceAll(/<[^>]*>/g, ''),
        labels,
      );
    case 'text':
      return ofText(decodeText(bytes).text, labels);
    default:
      return [];
  }
}

/** Documents inside of a resource, each with the numbers it names. */
export function papersOf(resource: Json, labels: readonly string[]): readonly (readonly string[])[] {
  const members = membersOf(resource);
  const own = members['resourceType'] === 'Binary' ? [members] : [];
  return [...attachmentsOf(members), ...own].flatMap(({ data }) => {
    const text = textOf(data);
    if (text === undefined || text.length > (PAPER_BYTES_MAX * 4) / 3) return [];
    const numbers = patientsInside(Buffer.from(text, 'base64'), labels);
    return numbers.length === 0 ? [] : [numbers];
  });
}

function ofClinicalDocument(text: string): readonly string[] {
  const read = parseXml(text);
  if ('problem' in read) return [];
  const ids = ['recordTarget', 'patientRole', 'id'].reduce<readonly XmlElement[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [read.root],
  );
  return ids.map(({ attributes }) => attributes['extension'] ?? '');
}

function ofMessage(bytes: Buffer): readonly string[] {
  const message = Hl7Message.read(bytes);
  const patient = message?.find('PID') ?? -1;
  if (message === undefined || patient === -1) return [];
  return Array.from({ length: message.repetitions(patient, PATIENT_ID_FIELD) }, (_, at) => {
    const path = { field: PATIENT_ID_FIELD, repetition: at + 1, component: 1 };
    return message.value(patient, path) ?? '';
  });
}

function ofResource(bytes: Buffer): readonly string[] {
  let resource: Json;
  try {
    resource = JSON.parse(decodeText(bytes).text) as Json;
  } catch {
    return [];
  }
  const { resourceType, id, identifier, entry } = membersOf(resource);
  if (resourceType === 'Bundle') {
    const whole = listOf(entry).map((each) => membersOf(membersOf(each)['resource']));
    const patients = whole.filter((each) => each['resourceType'] === 'Patient');
    // A bundle of several patients is no document of one.
    return patients.length === 1 ? patients.flatMap((each) => ofPatient(each['id'], each['identifier'])) : [];
  }
  return resourceType === 'Patient' ? ofPatient(id, identifier) : [patientReferenceOf(resource) ?? ''];
}

function ofPatient(id: Json | undefined, identifiers: Json | undefined): readonly string[] {
  return [textOf(id) ?? '', ...listOf(identifiers).map((each) => textOf(membersOf(each)['value']) ?? '')];
}

/** What stands behind a label in its line: `MRN: 0012`. */
function ofText(text: string, labels: readonly string[]): readonly string[] {
  if (labels.length === 0) return [];
  const lines = text.split(/\r\n?|\n/, LABEL_LINES_MAX);
  return lines.flatMap((line) =>
    labels.flatMap((label) => {
      const at = line.toLowerCase().indexOf(label.toLowerCase());
      if (at === -1) return [];
      return /^[\s:#.]*([A-Za-z0-9][A-Za-z0-9-]*)/.exec(line.slice(at + label.length))?.[1] ?? [];
    }),
  );
}
