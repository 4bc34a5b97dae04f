/** What the allergies section of a C-CDA document states, entry by entry (template 2.16.840.1.113883.10.20.22.4.7). */
import { parseXml, type XmlElement } from '../../../records/ccda/tree.ts';
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

/** Undefined where it is no C-CDA document with a patient. Never throws on data. */
export function ccdaAllergiesOf(text: string): CcdaAllergies | undefined {
  const read = parseXml(text);
  if ('problem' in read || read.root.name !== 'ClinicalDocument') return undefined;
  const document = read.root;
  const [id] = descend(document, 'recordTarget', 'patientRole', 'id');
  const patient = id === undefined ? '' : attribute(id, 'extension') || attribute(id, 'root');
  if (patient === '') return undefined;
  const sections = descend(document, 'component', 'structuredBody', 'component', 'section');
  const acts = sections.filter(isAllergySection).flatMap((section) => descend(section, 'entry', 'act'));
  const statements = acts.flatMap((act) => descend(act, 'entryRelationship', 'observation').flatMap(statementOf));
  return { patient, statements };
}

function isAllergySection(section: XmlElement): boolean {
  return children(section, 'templateId').some((template) => SECTION.test(attribute(template, 'root')));
}

function statementOf(observation: XmlElement): readonly AllergyStatement[] {
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

function hasEnded(observation: XmlElement): boolean {
  const statuses = descend(observation, 'entryRelationship', 'observation');
  return statuses
    .filter((status) => hasTemplate(status, STATUS_OBSERVATION))
    .some((status) => children(status, 'value').some((value) => ENDED.includes(attribute(value, 'code'))));
}

function hasTemplate(node: XmlElement, root: string): boolean {
  return children(node, 'templateId').some((template) => attribute(template, 'root') === root);
}

function children(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

function descend(element: XmlElement, ...names: readonly string[]): readonly XmlElement[] {
  return names.reduce<readonly XmlElement[]>((found, name) => found.flatMap((each) => children(each, name)), [element]);
}

function attribute(element: XmlElement, name: string): string {
  return element.attributes[name] ?? '';
}
