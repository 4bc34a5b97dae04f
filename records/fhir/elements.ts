/** What FHIR R4 demands of the clinical resources a migration lives on: required elements, bound codes, dates. */
import { elementAt } from './r4.ts';

export interface ElementRule {
  /** From the resource down; `[x]` stands for any data type of a choice. Lists are walked by themselves. */
  readonly path: string;
  readonly required?: true;
  /** The codes of a required binding: of a code, or of the codings of a concept. */
  readonly codes?: readonly string[];
  readonly date?: DateType;
}

const DATE_TYPES = ['date', 'dateTime', 'instant'] as const;
type DateType = (typeof DATE_TYPES)[number];

/** The elements that are looked at in every resource of a type; what is demanded of them is FHIR's own table. */
const CHECKED: Readonly<Record<string, readonly string[]>> = {
  Patient: ['gender', 'birthDate', 'deceasedDateTime', 'name.use', 'telecom.system', 'link.other', 'link.type'],
  AllergyIntolerance: [
    'patient',
    'clinicalStatus',
    'verificationStatus',
    'type',
    'category',
    'criticality',
    'reaction.manifestation',
    'reaction.severity',
    'onsetDateTime',
    'recordedDate',
    'lastOccurrence',
    'reaction.onset',
  ],
  Condition: ['subject', 'clinicalStatus', 'verificationStatus', 'onsetDateTime', 'abatementDateTime', 'recordedDate'],
  MedicationRequest: ['status', 'intent', 'medication[x]', 'subject', 'priority', 'authoredOn'],
  Observation: ['status', 'code', 'component.code', 'effectiveDateTime', 'valueDateTime', 'issued'],
  DiagnosticReport: ['status', 'code', 'effectiveDateTime', 'issued'],
  Encounter: ['status', 'class', 'period.start', 'period.end'],
  Immunization: [
    'status',
    'vaccineCode',
    'patient',
    'occurrence[x]',
    'occurrenceDateTime',
    'recorded',
    'expirationDate',
  ],
  DocumentReference: ['status', 'docStatus', 'content', 'content.attachment', 'date'],
};

const rules = new Map<string, readonly ElementRule[]>();

/** None for types that are not looked at. */
export function rulesOf(type: string): readonly ElementRule[] {
  const known = rules.get(type);
  if (known !== undefined) return known;
  const checked = Object.hasOwn(CHECKED, type) ? (CHECKED[type] ?? []) : [];
  const found = checked.map((path) => ruleOf(type, path));
  rules.set(type, found);
  return found;
}

function ruleOf(type: string, path: string): ElementRule {
  const element = elementAt(type, path);
  const date = DATE_TYPES.find((name) => element?.types.length === 1 && element.types[0] === name);
  return {
    path,
    ...(element?.isRequired === true ? { required: true } : {}),
    ...(element?.codes === undefined ? {} : { codes: element.codes }),
    ...(date === undefined ? {} : { date }),
  };
}
