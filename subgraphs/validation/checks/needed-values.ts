/** What FHIR lets be absent and care does not: an allergy to nothing, a result without a value, a nameless patient. */
import type { RecordCheck, Seen } from './record-check.ts';
import { codingsOf, hasCode, listOf, type Members, membersOf, textOf } from './resource.ts';

export const NEEDED_VALUES: RecordCheck = {
  id: 'needed-values',
  version: '1',
  layer: 'content',
  method: 'record',
  requirements: ['J02', 'J06', 'G07'],
  categories: ['content-implausible'],
  codes: ['VALUE_NEEDED', 'WORD_FOR_NOTHING'],
  cannotSee: 'a value that is there and wrong, and values that only one speciality needs',
  needsWhole: true,
  look: missingOf,
  lookAtText: wordForNothing,
};

type Need = readonly [field: string, isMet: (resource: Members) => boolean];

const said = (field: string): Need => [field, (resource) => textOf(resource[field]) !== undefined];
const told = (field: string): Need => [field, (resource) => isTold(resource[field])];
const whom: Need = [
  'subject',
  ({ subject, patient }) => listOf(subject ?? patient).some((each) => Object.keys(membersOf(each)).length > 0),
];

/** What a chart cannot be used without, by resource type. What was withdrawn needs nothing. */
const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  Patient: [['name', ({ name }) => listOf(name).some(isNamed)], said('birthDate'), said('gender')],
  AllergyIntolerance: [['code', ({ code, reaction }) => isTold(code) || hasSubstance(reaction)], whom],
  Condition: [told('code'), whom],
  MedicationRequest: [['medication', isMedicationTold], whom],
  MedicationStatement: [['medication', isMedicationTold], whom],
  MedicationAdministration: [['medication', isMedicationTold], whom],
  Procedure: [told('code'), whom],
  Immunization: [told('vaccineCode'), whom],
  Observation: [told('code'), ['value', isResultTold]],
  DiagnosticReport: [told('code'), ['result', isReportTold]],
  DocumentReference: [['content', ({ content }) => listOf(content).some(isDocumentHeld)]],
};

const WITHDRAWN: readonly string[] = [
  'entered-in-error',
  'cancelled',
  'not-done',
  'registered',
  'unknown',
  'nullified',
];

function missingOf(resource: Members): readonly Seen[] {
  const { resourceType, status, verificationStatus } = resource;
  const needs = typeof resourceType === 'string' && Object.hasOwn(NEEDS, resourceType) ? NEEDS[resourceType] : [];
  if (WITHDRAWN.includes(textOf(status) ?? '') || hasCode(verificationStatus, ['entered-in-error'])) return [];
  return (needs ?? [])
    .filter(([, isMet]) => !isMet(resource))
    .map(([field]) => seen('VALUE_NEEDED', field, 'a value that care depends on is missing'));
}

function seen(code: string, field: string, message: string): Seen {
  return { category: 'content-implausible', code, field, message };
}

/** A concept says something by a code or by words. */
function isTold(concept: Members[string]): boolean {
  return listOf(concept).some((each) => {
    const { text, coding } = membersOf(each);
    if (textOf(text) !== undefined || codingsOf(each).some(({ code }) => code !== '')) return true;
    return listOf(coding).some((one) => textOf(membersOf(one)['display']) !== undefined);
  });
}

function isNamed(name: Members[string]): boolean {
  const { family, given, text } = membersOf(name ?? null);
  return [family, text, ...listOf(given)].some((each) => textOf(each) !== undefined);
}

function hasSubstance(reaction: Members[string]): boolean {
  return listOf(reaction).some((each) => isTold(membersOf(each)['substance']));
}

function isMedicationTold(resource: Members): boolean {
  return isTold(resource['medicationCodeableConcept']) || isPointing(resource['medicationReference']);
}

function isPointing(reference: Members[string]): boolean {
  const { reference: address, identifier, display } = membersOf(reference);
  return [address, membersOf(identifier)['value'], display].some((each) => textOf(each) !== undefined);
}

/** A value, a reason why there is none, or parts that have one; a panel has members. */
function isResultTold(resource: Members): boolean {
  const { component, hasMember, derivedFrom, dataAbsentReason, interpretation, note } = resource;
  if ([component, hasMember, derivedFrom].some((each) => listOf(each).length > 0)) return true;
  if ([dataAbsentReason, interpretation].some(isTold)) return true;
  if (listOf(note).some((each) => textOf(membersOf(each)['text']) !== undefined)) return true;
  return Object.entries(resource).some(([name, value]) => /^value[A-Z]/.test(name) && isPresent(value));
}

function isPresent(value: Members[string]): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return typeof value === 'string' ? value.trim() !== '' : value !== undefined && value !== null;
}

function isReportTold({ result, conclusion, conclusionCode, presentedForm, imagingStudy, media }: Members): boolean {
  const holds = [result, presentedForm, imagingStudy, media].some((each) => listOf(each).length > 0);
  return holds || textOf(conclusion) !== undefined || isTold(conclusionCode);
}

function isDocumentHeld(content: Members[string]): boolean {
  const { data, url } = membersOf(membersOf(content ?? null)['attachment']);
  return textOf(data) !== undefined || textOf(url) !== undefined;
}

/** A program wrote that it had nothing to write. `None` and `unknown` are answers people give. */
const NOTHING = /^(?:null|\(null\)|<null>|undefined|nan|n\/a|#n\/a|#null!|\[object object\]|nil)$/i;
const NOTHING_CHARS_MAX = 15;
/** People are called Null, Nan and Nil. */
const NAMES = /^(?:null|nan|nil)$/i;

function wordForNothing(text: string, field: () => string): readonly Seen[] {
  if (text.length > NOTHING_CHARS_MAX || !NOTHING.test(text.trim())) return [];
  if (NAMES.test(text.trim()) && /\b(?:name|contact|address|display)\b/.test(field())) return [];
  return [seen('WORD_FOR_NOTHING', field(), 'the word of a program for nothing stands where a value belongs')];
}
