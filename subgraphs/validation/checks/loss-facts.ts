/** What an item states, counted: statements by kind, how many hold now, how many are coded, documents, who looked. */
import { deniesAllergy } from './conflicting-allergy.ts';
import { codingsOf, hasCode, listOf, type Members, membersOf, textOf } from './resource.ts';

export const STATED_KINDS = [
  'AllergyIntolerance',
  'Condition',
  'Medication',
  'Immunization',
  'Procedure',
  'Observation',
] as const;
export type StatedKind = (typeof STATED_KINDS)[number];

export interface Statements {
  count: number;
  /** Neither denied nor withdrawn, ended, stopped or not done. */
  holding: number;
  /** Said in a code of a named system. */
  coded: number;
}

/** The counts of one item, in its own format or as the lineage makes it. */
export class LossFacts {
  readonly stated = new Map<StatedKind, Statements>();
  /** Documents with their content, or a link to it. */
  documents = 0;
  /** Records of who looked at or changed something. */
  history = 0;

  state(kind: StatedKind, is: { readonly holding: boolean; readonly coded: boolean }): void {
    const known = this.stated.get(kind) ?? { count: 0, holding: 0, coded: 0 };
    known.count += 1;
    if (is.holding) known.holding += 1;
    if (is.coded) known.coded += 1;
    this.stated.set(kind, known);
  }

  /** A FHIR resource, of the source or of the lineage. */
  addResource(resource: Members): void {
    const type = textOf(resource['resourceType']) ?? '';
    if (HISTORY_TYPES.includes(type)) this.history += 1;
    this.documents += attachmentsOf(resource).filter(isHeld).length;
    const kind = KINDS[type];
    if (kind === undefined) return;
    const concept = mainConceptOf(resource);
    const coded = codingsOf(concept).some(({ system, code }) => system !== '' && code !== '');
    this.state(kind, { holding: isHolding(resource), coded });
  }
}

const HISTORY_TYPES: readonly string[] = ['AuditEvent', 'Provenance'];

const KINDS: Readonly<Record<string, StatedKind>> = {
  AllergyIntolerance: 'AllergyIntolerance',
  Condition: 'Condition',
  MedicationRequest: 'Medication',
  MedicationStatement: 'Medication',
  MedicationAdministration: 'Medication',
  Immunization: 'Immunization',
  Procedure: 'Procedure',
  Observation: 'Observation',
};

export function mainConceptOf(resource: Members): Members[string] {
  return resource['medicationCodeableConcept'] ?? resource['vaccineCode'] ?? resource['code'];
}

const DENIED: readonly string[] = ['refuted', 'entered-in-error'];
const ENDED: readonly string[] = ['inactive', 'resolved', 'remission'];
const DENYING_STATUS: readonly string[] = ['not-done', 'not-taken', 'entered-in-error', 'cancelled'];
const ENDING_STATUS: readonly string[] = ['stopped', 'completed', 'ended', 'on-hold'];
/** A vaccination or an operation that is completed is one that was given. */
const DONE_WHEN_COMPLETED: readonly string[] = ['Immunization', 'Procedure'];

export type Standing = 'holds' | 'denied' | 'ended';

/** Whether a reader may act upon it now. */
export function standingOf(resource: Members): Standing {
  const { resourceType, verificationStatus, clinicalStatus } = resource;
  const status = textOf(resource['status']) ?? '';
  if (hasCode(verificationStatus, DENIED) || DENYING_STATUS.includes(status)) return 'denied';
  if (hasCode(clinicalStatus, ENDED)) return 'ended';
  const mayBeDone = DONE_WHEN_COMPLETED.includes(textOf(resourceType) ?? '');
  return ENDING_STATUS.includes(status) && !(mayBeDone && status === 'completed') ? 'ended' : 'holds';
}

/** "No known allergies" holds, and is none. */
function isHolding(resource: Members): boolean {
  return standingOf(resource) === 'holds' && !deniesAllergy(resource['code']);
}

/** Attachments of documents, reports and their like. */
export function attachmentsOf(resource: Members): readonly Members[] {
  const inner = listOf(resource['content']).map((each) => membersOf(each)['attachment']);
  return [...inner, ...listOf(resource['presentedForm'])].filter((each) => each !== undefined).map(membersOf);
}

export function isHeld({ data, url }: Members): boolean {
  return textOf(data) !== undefined || textOf(url) !== undefined;
}
