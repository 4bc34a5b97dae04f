/** What the allergies section of a C-CDA document states, entry by entry (template 2.16.840.1.113883.10.20.22.4.7). */
import { XMLParser } from 'fast-xml-parser';
import type { AllergyStatement } from './conflicting-allergy.ts';

export interface CcdaAllergies {
  /** The first identifier of the record target. */
  readonly patient: string;
  readonly statements: readonly AllergyStatement[];
}

/** Larger documents are scans in disguise; their allergies are not looked at. */
export const CCDA_BYTES_MAX = 16 * 1024 * 1024;

const SECTION = /^2\.16\.840\.1\.113883\.10\.20\.22\.2\.6(\.1)?$/;
const OBSERVATION = '2.16.840.1.113883.10.20.22.4.7';
const STATUS_OBSERVATION = '2.16.840.1.113883.10.20.22.4.28';
/** RxNorm, NDC, UNII, NDF-RT. */
const DRUG_SYSTEMS = [
  '2.16.840.1.113883.6.88',
  '2.16.840.1.113883.6.69',
  '2.16.840.1.113883.4.9',
  '2.16.840.1.113883.3.26.1.5',
];
/** SNOMED CT: inactive, resolved. */
const ENDED = ['73425007', '413322009'];
/** SNOMED CT: no known allergy, no known allergies; no known drug allergy. */
const NONE = ['716186003', '160244002'];
const NO_DRUG = ['409137002'];

const PARSER = new XMLParser({
  processEntities: false,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  removeNSPrefix: true,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
});

/** Every element is a list of nodes; attributes begin with @. */
type Node = Readonly<Record<string, unknown>>;

/** Undefined where it is no C-CDA document with a patient. Never throws on data. */
export function ccdaAllergiesOf(text: string): CcdaAllergies | undefined {
  let root: Node;
  try {
    root = PARSER.parse(text) as Node;
  } catch {
    return undefined;
  }
  const [document] = children(root, 'ClinicalDocument');
  if (document === undefined) return undefined;
  const [id] = descend(document, 'recordTarget', 'patientRole', 'id');
  const patient = id === undefined ? '' : attribute(id, 'extension') || attribute(id, 'root');
  if (patient === '') return undefined;
  const sections = descend(document, 'component', 'structuredBody', 'component', 'section');
  const acts = sections.filter(isAllergySection).flatMap((section) => descend(section, 'entry', 'act'));
  const statements = acts.flatMap((act) => descend(act, 'entryRelationship', 'observation').flatMap(statementOf));
  return { patient, statements };
}

function isAllergySection(section: Node): boolean {
  return children(section, 'templateId').some((template) => SECTION.test(attribute(template, 'root')));
}

function statementOf(observation: Node): readonly AllergyStatement[] {
  if (!hasTemplate(observation, OBSERVATION) || hasEnded(observation)) return [];
  const codes = descend(observation, 'participant', 'participantRole', 'playingEntity', 'code').filter(
    (code) => attribute(code, 'code') !== '',
  );
  const values = children(observation, 'value').map((value) => attribute(value, 'code'));
  if (values.some((code) => NONE.includes(code))) return ['none'];
  if (values.some((code) => NO_DRUG.includes(code))) return ['no-drug'];
  if (attribute(observation, 'negationInd') === 'true') return codes.length === 0 ? ['none'] : [];
  if (codes.length === 0) return [];
  return codes.some((code) => DRUG_SYSTEMS.includes(attribute(code, 'codeSystem'))) ? ['drug'] : ['other'];
}

function hasEnded(observation: Node): boolean {
  const statuses = descend(observation, 'entryRelationship', 'observation');
  return statuses
    .filter((status) => hasTemplate(status, STATUS_OBSERVATION))
    .some((status) => children(status, 'value').some((value) => ENDED.includes(attribute(value, 'code'))));
}

function hasTemplate(node: Node, root: string): boolean {
  return children(node, 'templateId').some((template) => attribute(template, 'root') === root);
}

function children(node: Node, name: string): readonly Node[] {
  const found = node[name];
  return Array.isArray(found) ? found.filter((each): each is Node => typeof each === 'object' && each !== null) : [];
}

function descend(node: Node, ...names: readonly string[]): readonly Node[] {
  return names.reduce<readonly Node[]>((nodes, name) => nodes.flatMap((each) => children(each, name)), [node]);
}

function attribute(node: Node, name: string): string {
  const value = node[`@${name}`];
  return typeof value === 'string' ? value : '';
}
