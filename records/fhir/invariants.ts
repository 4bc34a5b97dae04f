/** Invariants of FHIR R4 that need nothing but the element itself, by the keys the specification gives them. */
import type { Json } from '../../kernel/canonical-json.ts';
import { isArray, isObject, type JsonObject } from '../leaves.ts';

interface Invariant {
  readonly key: string;
  /** As the specification says it. */
  readonly message: string;
  readonly holds: (element: JsonObject) => boolean;
}

const has = (element: JsonObject, name: string): boolean => element[name] !== undefined;

const INVARIANTS: Readonly<Record<string, readonly Invariant[]>> = {
  Extension: [
    {
      key: 'ext-1',
      message: 'must have either extensions or value[x], not both',
      holds: (element) => has(element, 'extension') !== Object.keys(element).some((name) => /^_?value[A-Z]/.test(name)),
    },
  ],
  Quantity: [
    {
      key: 'qty-3',
      message: 'if a code for the unit is present, the system shall also be present',
      holds: (element) => !has(element, 'code') || has(element, 'system'),
    },
  ],
  Attachment: [
    {
      key: 'att-1',
      message: 'if the attachment has data, it shall have a contentType',
      holds: (element) => !has(element, 'data') || has(element, 'contentType'),
    },
  ],
  ContactPoint: [
    {
      key: 'cpt-2',
      message: 'a system is required if a value is provided',
      holds: (element) => !has(element, 'value') || has(element, 'system'),
    },
  ],
  'Patient.contact': [
    {
      key: 'pat-1',
      message: 'shall at least contain a contact’s details or a reference to an organization',
      holds: (element) => ['name', 'telecom', 'address', 'organization'].some((name) => has(element, name)),
    },
  ],
  AllergyIntolerance: [
    {
      key: 'ait-1',
      message: 'clinicalStatus shall be present if verificationStatus is not entered-in-error',
      holds: (element) => isEnteredInError(element) || has(element, 'clinicalStatus'),
    },
    {
      key: 'ait-2',
      message: 'clinicalStatus shall not be present if verificationStatus is entered-in-error',
      holds: (element) => !isEnteredInError(element) || !has(element, 'clinicalStatus'),
    },
  ],
  Condition: [
    {
      key: 'con-4',
      message: 'if condition is abated, then clinicalStatus must be inactive, resolved or remission',
      holds: (element) =>
        !isAbated(element) || hasCoding(element['clinicalStatus'], ['inactive', 'resolved', 'remission']),
    },
    {
      key: 'con-5',
      message: 'clinicalStatus shall not be present if verificationStatus is entered-in-error',
      holds: (element) => !isEnteredInError(element) || !has(element, 'clinicalStatus'),
    },
  ],
  Observation: [
    {
      key: 'obs-6',
      message: 'dataAbsentReason shall only be present if value[x] is not present',
      holds: (element) => !has(element, 'dataAbsentReason') || !hasValue(element),
    },
  ],
};

/** `obs-6: dataAbsentReason shall …` of every invariant of the type that the element breaks. */
export function brokenInvariants(type: string, element: JsonObject): readonly string[] {
  const invariants = Object.hasOwn(INVARIANTS, type) ? INVARIANTS[type] : undefined;
  if (invariants === undefined) return NONE;
  return invariants.filter(({ holds }) => !holds(element)).map(({ key, message }) => `${key}: ${message}`);
}

const NONE: readonly string[] = [];

function isEnteredInError(element: JsonObject): boolean {
  return hasCoding(element['verificationStatus'], ['entered-in-error']);
}

function isAbated(element: JsonObject): boolean {
  return Object.keys(element).some((name) => /^abatement[A-Z]/.test(name));
}

function hasValue(element: JsonObject): boolean {
  return Object.keys(element).some((name) => /^value[A-Z]/.test(name));
}

function hasCoding(concept: Json | undefined, codes: readonly string[]): boolean {
  const codings = isObject(concept ?? null) ? (concept as JsonObject)['coding'] : undefined;
  if (codings === undefined || !isArray(codings)) return false;
  return codings.some((coding) => isObject(coding) && codes.includes(String(coding['code'])));
}
