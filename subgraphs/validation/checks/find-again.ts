/** What a search, a list or a screen needs to show a record: without it the record is there and nobody sees it. */
import type { RecordCheck, Seen } from './record-check.ts';
import { listOf, type Members, membersOf, textOf } from './resource.ts';

export const FIND_AGAIN: RecordCheck = {
  id: 'find-again',
  version: '1',
  layer: 'usability',
  method: 'record',
  requirements: ['J03', 'J23', 'I01', 'I02'],
  categories: ['content-implausible'],
  codes: ['LABEL_MISSING', 'DATE_FOR_ORDER_MISSING', 'PATIENT_FOR_SEARCH_MISSING'],
  cannotSee: 'how the target sorts, what its screens show, and whether a label says what the document holds',
  needsWhole: true,
  look: hiddenOf,
};

/** By type the elements of which one must hold a date, for lists are in the order of time. */
const ORDERED_BY: Readonly<Record<string, readonly string[]>> = {
  MedicationRequest: ['authoredOn', 'dosageInstruction'],
  MedicationStatement: ['effectiveDateTime', 'effectivePeriod', 'dateAsserted'],
  Observation: ['effectiveDateTime', 'effectivePeriod', 'effectiveInstant', 'effectiveTiming', 'issued'],
  DiagnosticReport: ['effectiveDateTime', 'effectivePeriod', 'issued'],
  Encounter: ['period'],
  Procedure: ['performedDateTime', 'performedPeriod', 'performedString', 'performedAge'],
  Immunization: ['occurrenceDateTime', 'occurrenceString'],
  DocumentReference: ['date', 'context', 'content'],
};

const NOT_DONE: readonly string[] = ['not-done', 'entered-in-error', 'cancelled', 'registered', 'unknown', 'planned'];
/** Types that are found by way of their patient, whose element FHIR itself does not ask for. */
const OF_A_PATIENT: readonly string[] = ['Observation', 'DiagnosticReport', 'DocumentReference', 'Encounter'];

function hiddenOf(resource: Members): readonly Seen[] {
  const type = textOf(resource['resourceType']) ?? '';
  if (NOT_DONE.includes(textOf(resource['status']) ?? '')) return [];
  const found: Seen[] = [];
  const dates = Object.hasOwn(ORDERED_BY, type) ? (ORDERED_BY[type] ?? []) : [];
  if (dates.length > 0 && !dates.some((name) => isDated(resource[name]))) {
    found.push(seen('DATE_FOR_ORDER_MISSING', dates[0] ?? '', 'no date that a list could be ordered by'));
  }
  if (type === 'DocumentReference' && !isLabelled(resource)) {
    found.push(seen('LABEL_MISSING', 'type', 'neither type, category, description nor title says what it is'));
  }
  if (OF_A_PATIENT.includes(type) && Object.keys(membersOf(resource['subject'])).length === 0) {
    found.push(seen('PATIENT_FOR_SEARCH_MISSING', 'subject', 'no patient whose chart would show it'));
  }
  return found;
}

function seen(code: string, field: string, message: string): Seen {
  return { category: 'content-implausible', code, field, message };
}

/** A date itself, or one inside: a period, the creation of an attachment. */
function isDated(value: Members[string]): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  if (Array.isArray(value)) return value.some((each) => isDated(each as Members[string]));
  const { start, end, event, timing, period, attachment, creation } = membersOf(value);
  if ([start, end, creation].some((each) => textOf(each) !== undefined)) return true;
  if (listOf(event).some((each) => textOf(each) !== undefined)) return true;
  return [timing, period, attachment].some((each) => each !== undefined && isDated(each));
}

function isLabelled({ type, category, description, content }: Members): boolean {
  if (textOf(description) !== undefined) return true;
  if (listOf(content).some((each) => textOf(membersOf(membersOf(each)['attachment'])['title']) !== undefined))
    return true;
  return [...listOf(type), ...listOf(category)].some((each) => {
    const { text, coding } = membersOf(each);
    return textOf(text) !== undefined || listOf(coding).some((one) => textOf(membersOf(one)['code']) !== undefined);
  });
}
