/** C-CDA R2.1 documents: well-formed, a ClinicalDocument, of one identified patient; sections and fields counted. */
import { Findings } from '../findings.ts';
import type { Examination, Problem, Shape } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { readClinicalDocument, type XmlElement } from './tree.ts';

export async function examineCcda(_path: string, chunks: ItemChunks): Promise<Examination> {
  const read = await readClinicalDocument(chunks);
  if ('problem' in read) return failed(read.problem);
  const { root, charsetKept } = read;
  const findings = new Findings();
  if (!charsetKept) {
    const message = 'the bytes are not in the character set of the XML declaration';
    findings.add({ category: 'schema-invalid', code: 'CHARSET_MISMATCH', position: 'line 1', message });
  }
  const mediaType = root.name === 'ClinicalDocument' ? 'application/cda+xml' : 'text/xml';
  if (root.name !== 'ClinicalDocument') {
    findings.add(invalid('NOT_CLINICAL_DOCUMENT', '/', 'the root element is not ClinicalDocument'));
  } else checkDocument(root, findings);
  return { shape: shapeOf(root), problems: findings.all(), mediaType };
}

function checkDocument(root: XmlElement, findings: Findings): void {
  const patient = at(root, 'recordTarget', 'patientRole');
  if (patient === undefined) {
    findings.add(invalid('PATIENT_MISSING', '/ClinicalDocument/recordTarget', 'no record target'));
  } else if (!patient.children.some((child) => child.name === 'id' && isGiven(child.attributes['root']))) {
    const position = '/ClinicalDocument/recordTarget/patientRole/id';
    findings.add(invalid('PATIENT_ID_MISSING', position, 'the record target has no identifier'));
  }
  const person = patient === undefined ? undefined : at(patient, 'patient');
  if (person !== undefined) checkPerson(person, findings);
  if (at(root, 'id') === undefined) findings.add(invalid('DOCUMENT_ID_MISSING', '/ClinicalDocument/id', 'no id'));
  const body = at(root, 'component', 'nonXMLBody');
  if (body === undefined && at(root, 'component', 'structuredBody') === undefined) {
    findings.add(invalid('BODY_MISSING', '/ClinicalDocument/component', 'neither a structured nor another body'));
  }
  if (body !== undefined) checkNonXmlBody(body, findings);
  const structured = at(root, 'component', 'structuredBody');
  if (structured !== undefined) checkSections(root, structured, findings);
}

/** What C-CDA R2.1 asks of a document type (SHALL contain), by LOINC code of the section. */
const SECTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Continuity of Care Document.
  '2.16.840.1.113883.10.20.22.1.2': {
    '48765-2': 'allergies',
    '10160-0': 'medications',
    '11450-4': 'problems',
    '30954-2': 'results',
    '29762-2': 'social history',
    '8716-3': 'vital signs',
  },
  // Discharge Summary.
  '2.16.840.1.113883.10.20.22.1.8': {
    '48765-2': 'allergies',
    '8648-8': 'hospital course',
    '11535-2': 'discharge diagnosis',
    '18776-5': 'plan of treatment',
  },
};

function checkSections(root: XmlElement, body: XmlElement, findings: Findings): void {
  const named = (element: XmlElement, name: string) => element.children.filter((child) => child.name === name);
  const held = named(body, 'component')
    .flatMap((component) => named(component, 'section'))
    .flatMap((section) => named(section, 'code').map(({ attributes }) => attributes['code']));
  const asked = named(root, 'templateId').flatMap(({ attributes }) =>
    Object.entries(SECTIONS[attributes['root'] ?? ''] ?? {}),
  );
  for (const [code, name] of new Map(asked)) {
    if (held.includes(code)) continue;
    const position = '/ClinicalDocument/component/structuredBody';
    findings.add({ ...invalid('SECTION_MISSING', position, `no section of ${name}`), field: `section ${code}` });
  }
}

/** HL7 AdministrativeGender, the value set C-CDA binds. */
const GENDERS: readonly string[] = ['F', 'M', 'UN'];

function checkPerson(person: XmlElement, findings: Findings): void {
  const position = '/ClinicalDocument/recordTarget/patientRole/patient';
  const name = at(person, 'name');
  const isNamed = name !== undefined && (name.text.trim() !== '' || at(name, 'family') !== undefined || isNull(name));
  if (!isNamed) findings.add(invalid('PATIENT_NAME_MISSING', `${position}/name`, 'the patient has no name'));
  const gender = at(person, 'administrativeGenderCode');
  if (gender === undefined || isNull(gender) || GENDERS.includes(gender.attributes['code'] ?? '')) return;
  const where = `${position}/administrativeGenderCode`;
  findings.add(invalid('CODE_INVALID', where, `not one of ${GENDERS.join(', ')}`));
}

function isNull(element: XmlElement): boolean {
  return isGiven(element.attributes['nullFlavor']);
}

function checkNonXmlBody(body: XmlElement, findings: Findings): void {
  const text = at(body, 'text');
  const position = '/ClinicalDocument/component/nonXMLBody/text';
  const data = text?.text.replaceAll(/\s/g, '') ?? '';
  if (data === '' && (text === undefined || at(text, 'reference') === undefined)) {
    findings.add(invalid('DOCUMENT_MISSING', position, 'a body without content'));
  } else if (text?.attributes['representation'] === 'B64' && !isBase64(data)) {
    findings.add(unreadable('BASE64_INVALID', position, 'the body is not base64'));
  }
}

function isBase64(data: string): boolean {
  return data.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(data);
}

function at(from: XmlElement, ...names: readonly string[]): XmlElement | undefined {
  let found: XmlElement | undefined = from;
  for (const name of names) found = found?.children.find((child) => child.name === name);
  return found;
}

/** Sections, and the attributes and texts that hold something; a body that is not XML is one record. */
function shapeOf(root: XmlElement): Shape {
  let sections = at(root, 'component', 'nonXMLBody') === undefined ? 0 : 1;
  let fields = 0;
  const count = (each: XmlElement): void => {
    if (each.name === 'section') sections++;
    if (each.text.trim() !== '') fields++;
    for (const value of Object.values(each.attributes)) if (isGiven(value)) fields++;
    each.children.forEach(count);
  };
  count(root);
  return { records: sections, fields };
}

function isGiven(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function failed(problem: Problem): Examination {
  return { shape: null, problems: [problem], mediaType: 'application/octet-stream' };
}

function unreadable(code: string, position: string, message: string): Problem {
  return { category: 'unreadable', code, position, message };
}

function invalid(code: string, position: string, message: string): Problem {
  return { category: 'schema-invalid', code, position, message };
}
