/** C-CDA R2.1 documents: well-formed, a ClinicalDocument, of one identified patient; sections and fields counted. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { decodeText } from '../charset.ts';
import { Findings, tooLarge } from '../findings.ts';
import type { Examination, Problem, Shape } from '../format.ts';
import { gather, type ItemChunks } from '../item-bytes.ts';

export const DOCUMENT_BYTES_MAX = 64 * 1024 * 1024;
const ELEMENTS_DEPTH_MAX = 500;

/** One element as the parser hands it over: its name to its content, its attributes beside it. */
type Node = Readonly<Record<string, unknown>>;

export async function examineCcda(_path: string, chunks: ItemChunks): Promise<Examination> {
  const bytes = await gather(chunks, DOCUMENT_BYTES_MAX);
  if (bytes === undefined) return failed(tooLarge('byte 0', 'the document', DOCUMENT_BYTES_MAX));
  const { text, asDeclared } = decodeText(bytes, declaredCharset(bytes));
  const findings = new Findings();
  if (!asDeclared) {
    const message = 'the bytes are not in the character set of the XML declaration';
    findings.add({ category: 'schema-invalid', code: 'CHARSET_MISMATCH', position: 'line 1', message });
  }
  const parsed = parse(text);
  if ('category' in parsed) return failed(parsed);
  const root = parsed;
  const mediaType = root.name === 'ClinicalDocument' ? 'application/cda+xml' : 'text/xml';
  if (root.name !== 'ClinicalDocument') {
    findings.add(invalid('NOT_CLINICAL_DOCUMENT', '/', 'the root element is not ClinicalDocument'));
  } else checkDocument(root, findings);
  return { shape: shapeOf(root), problems: findings.all(), mediaType };
}

interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const PARSER = new XMLParser({
  // A document type could otherwise define entities that multiply without end.
  processEntities: false,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  preserveOrder: true,
  parseTagValue: false,
  parseAttributeValue: false,
  removeNSPrefix: true,
  trimValues: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

function parse(text: string): Element | Problem {
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) {
    const { code, line } = verdict.err;
    return unreadable('NOT_WELL_FORMED', `line ${line}`, `the XML is not well-formed: ${code}`);
  }
  let nodes: readonly Node[];
  try {
    nodes = PARSER.parse(text) as readonly Node[];
  } catch {
    return unreadable('NOT_WELL_FORMED', 'line 1', 'the XML cannot be parsed');
  }
  const roots = nodes.flatMap((node) => element(node, 0));
  const [root] = roots;
  if (root === undefined || roots.length > 1 || depth(root) >= ELEMENTS_DEPTH_MAX) {
    return unreadable('NOT_WELL_FORMED', 'line 1', 'there is not exactly one root element of sane depth');
  }
  return root;
}

const TEXT = '#text';
const ATTRIBUTES = ':@';

function element(node: Node, level: number): readonly Element[] {
  const name = Object.keys(node).find((key) => key !== ATTRIBUTES && key !== TEXT && !key.startsWith('?'));
  if (name === undefined) return [];
  const content = level >= ELEMENTS_DEPTH_MAX ? [] : (node[name] as readonly Node[]);
  let text = '';
  for (const child of content) if (typeof child[TEXT] === 'string') text += child[TEXT];
  const children = content.flatMap((child) => element(child, level + 1));
  return [{ name, children, text, attributes: (node[ATTRIBUTES] ?? {}) as Record<string, string> }];
}

function depth(root: Element): number {
  return 1 + root.children.reduce((deepest, child) => Math.max(deepest, depth(child)), 0);
}

function checkDocument(root: Element, findings: Findings): void {
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
}

/** HL7 AdministrativeGender, the value set C-CDA binds. */
const GENDERS: readonly string[] = ['F', 'M', 'UN'];

function checkPerson(person: Element, findings: Findings): void {
  const position = '/ClinicalDocument/recordTarget/patientRole/patient';
  const name = at(person, 'name');
  const isNamed = name !== undefined && (name.text !== '' || at(name, 'family') !== undefined || isNull(name));
  if (!isNamed) findings.add(invalid('PATIENT_NAME_MISSING', `${position}/name`, 'the patient has no name'));
  const gender = at(person, 'administrativeGenderCode');
  if (gender === undefined || isNull(gender) || GENDERS.includes(gender.attributes['code'] ?? '')) return;
  const where = `${position}/administrativeGenderCode`;
  findings.add(invalid('CODE_INVALID', where, `not one of ${GENDERS.join(', ')}`));
}

function isNull(element: Element): boolean {
  return isGiven(element.attributes['nullFlavor']);
}

function checkNonXmlBody(body: Element, findings: Findings): void {
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

function at(from: Element, ...names: readonly string[]): Element | undefined {
  let found: Element | undefined = from;
  for (const name of names) found = found?.children.find((child) => child.name === name);
  return found;
}

/** Sections, and the attributes and texts that hold something; a body that is not XML is one record. */
function shapeOf(root: Element): Shape {
  let sections = at(root, 'component', 'nonXMLBody') === undefined ? 0 : 1;
  let fields = 0;
  const count = (each: Element): void => {
    if (each.name === 'section') sections++;
    if (each.text !== '') fields++;
    for (const value of Object.values(each.attributes)) if (isGiven(value)) fields++;
    each.children.forEach(count);
  };
  count(root);
  return { records: sections, fields };
}

function isGiven(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

/** The encoding of the XML declaration as a WHATWG label. */
function declaredCharset(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 200).toString('latin1');
  const label = /^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1]?.toLowerCase();
  return label === 'iso-8859-1' || label === 'us-ascii' ? 'windows-1252' : label === 'utf8' ? 'utf-8' : label;
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
