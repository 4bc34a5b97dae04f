/** Reading FHIR resources that may hold anything: what is not there, or not of the kind expected, is simply absent. */
import type { Json } from '../../../kernel/canonical-json.ts';

export type Members = { readonly [key: string]: Json | undefined };

export function membersOf(value: Json | undefined): Members {
  const isMembers = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMembers ? (value as Members) : {};
}

/** The entries of a list; one value stands for a list of one. */
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Every coding of a CodeableConcept, or of a list of them. */
export function codingsOf(concept: Json | undefined): readonly { readonly system: string; readonly code: string }[] {
  return listOf(concept).flatMap((each) =>
    listOf(membersOf(each)['coding']).map((coding) => ({
      system: textOf(membersOf(coding)['system']) ?? '',
      code: textOf(membersOf(coding)['code']) ?? '',
    })),
  );
}

export function hasCode(concept: Json | undefined, codes: readonly string[]): boolean {
  return codingsOf(concept).some(({ code }) => codes.includes(code));
}

/** Whom the record is about: the key of the patient, however the reference is written. */
export function patientReferenceOf(resource: Json): string | undefined {
  const { patient, subject } = membersOf(resource);
  const reference = membersOf(patient ?? subject);
  const identified = textOf(membersOf(reference['identifier'])['value']);
  return (
    identified ??
    textOf(reference['reference'])
      ?.replace(/^.*\bPatient\//, '')
      .replace(/^urn:uuid:/, '')
  );
}
