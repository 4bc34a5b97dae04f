/** The same counts out of what is no FHIR: C-CDA documents and HL7 v2 messages. */
import type { XmlElement } from '../../../records/ccda/tree.ts';
import type { Hl7Message } from '../../../records/hl7v2/message.ts';
import { LossFacts, type StatedKind } from './loss-facts.ts';

const TEMPLATES: Readonly<Record<string, StatedKind>> = {
  '2.16.840.1.113883.10.20.22.4.7': 'AllergyIntolerance',
  '2.16.840.1.113883.10.20.22.4.4': 'Condition',
  '2.16.840.1.113883.10.20.22.4.16': 'Medication',
  '2.16.840.1.113883.10.20.22.4.52': 'Immunization',
};
/** Allergy status and problem status observations. */
const STATUS_TEMPLATES: readonly string[] = ['2.16.840.1.113883.10.20.22.4.28', '2.16.840.1.113883.10.20.22.4.6'];
/** SNOMED CT: inactive, resolved. */
const ENDED: readonly string[] = ['73425007', '413322009'];
const WITHDRAWN: readonly string[] = ['aborted', 'cancelled', 'nullified', 'suspended'];

export function factsOfDocument(root: XmlElement): LossFacts {
  const facts = new LossFacts();
  visit(root, facts);
  return facts;
}

function visit(element: XmlElement, facts: LossFacts): void {
  if (element.name === 'nonXMLBody' || element.name === 'observationMedia')
    facts.documents += isFilled(element) ? 1 : 0;
  const kind = templatesOf(element).flatMap((root) => TEMPLATES[root] ?? [])[0];
  if (kind !== undefined) facts.state(kind, { holding: !isOver(element), coded: isCoded(element, kind) });
  for (const child of element.children) visit(child, facts);
}

function isFilled(body: XmlElement): boolean {
  const [text] = [...childrenOf(body, 'text'), ...childrenOf(body, 'value')];
  return text !== undefined && (text.text.trim() !== '' || childrenOf(text, 'reference').length > 0);
}

function isOver(element: XmlElement): boolean {
  if (element.attributes['negationInd'] === 'true') return true;
  if (childrenOf(element, 'statusCode').some(({ attributes }) => WITHDRAWN.includes(attributes['code'] ?? '')))
    return true;
  return descend(element, 'entryRelationship', 'observation')
    .filter((inner) => templatesOf(inner).some((root) => STATUS_TEMPLATES.includes(root)))
    .some((inner) => childrenOf(inner, 'value').some(({ attributes }) => ENDED.includes(attributes['code'] ?? '')));
}

const CODES: Readonly<Record<StatedKind, readonly string[]>> = {
  AllergyIntolerance: ['participant', 'participantRole', 'playingEntity', 'code'],
  Condition: ['value'],
  Medication: ['consumable', 'manufacturedProduct', 'manufacturedMaterial', 'code'],
  Immunization: ['consumable', 'manufacturedProduct', 'manufacturedMaterial', 'code'],
  Procedure: ['code'],
  Observation: ['code'],
};

function isCoded(element: XmlElement, kind: StatedKind): boolean {
  return descend(element, ...CODES[kind]).some(
    ({ attributes }) => (attributes['code'] ?? '') !== '' && (attributes['codeSystem'] ?? '') !== '',
  );
}

function templatesOf(element: XmlElement): readonly string[] {
  return childrenOf(element, 'templateId').map(({ attributes }) => attributes['root'] ?? '');
}

function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

function descend(element: XmlElement, ...names: readonly string[]): readonly XmlElement[] {
  return names.reduce<readonly XmlElement[]>(
    (found, name) => found.flatMap((each) => childrenOf(each, name)),
    [element],
  );
}

/** HL7 table 0085: deleted, wrong, no result can be had, not asked for. */
const RESULT_WITHDRAWN: readonly string[] = ['D', 'W', 'X', 'N'];
/** HL7 table 0322: refused, not administered. */
const NOT_GIVEN: readonly string[] = ['RE', 'NA'];
/** HL7 table 0396, those a target knows. */
const NAMED_SYSTEMS: readonly string[] = [
  'LN',
  'SCT',
  'CVX',
  'RXNORM',
  'NDC',
  'I10',
  'I10C',
  'I9',
  'I9C',
  'C4',
  'HCPCS',
];

/** Where a value holds a document, by data type: the data of ED, the pointer of RP. */
const DOCUMENT_COMPONENTS: Readonly<Record<string, number>> = { ED: 5, RP: 1 };

/** Adds one message; values are only taken from the segments that state something. */
export function addMessage(facts: LossFacts, message: Hl7Message): void {
  const named = (segment: number, field: number): boolean =>
    message.word(segment, field) !== '' && NAMED_SYSTEMS.includes(message.word(segment, field, 3).toUpperCase());
  message.ids.forEach((id, segment) => {
    if (id === 'OBX') {
      const held = DOCUMENT_COMPONENTS[message.word(segment, 2)];
      if (held !== undefined && message.word(segment, 5, held) !== '') facts.documents += 1;
      const holding = !RESULT_WITHDRAWN.includes(message.word(segment, 11));
      facts.state('Observation', { holding, coded: named(segment, 3) });
    } else if (id === 'RXA') {
      const isOver = NOT_GIVEN.includes(message.word(segment, 20)) || message.word(segment, 21) === 'D';
      facts.state('Immunization', { holding: !isOver, coded: named(segment, 5) });
    } else if (id === 'AL1') {
      facts.state('AllergyIntolerance', { holding: true, coded: named(segment, 3) });
    }
  });
}
