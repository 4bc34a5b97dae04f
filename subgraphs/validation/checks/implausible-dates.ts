/** Dates nobody can mean: births to come or before living memory, placeholders, and care given before birth. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Problem } from '../../../records/format.ts';
import type { Check } from '../domain/check.ts';
import { membersOf, textOf } from './resource.ts';

export const IMPLAUSIBLE_DATES: Check = {
  id: 'implausible-dates',
  version: '1',
  layer: 'content',
  requirements: ['J02', 'J04', 'J07'],
  categories: ['content-implausible'],
  cannotSee: 'a wrong date that could be right, and dates in narrative text',
};

const BORN_EARLIEST = '1880-01-01';
/** What many systems write where no date was known. */
const PLACEHOLDER = '1900-01-01';
const EVENT_ELEMENTS = [
  'effectiveDateTime',
  'onsetDateTime',
  'occurrenceDateTime',
  'performedDateTime',
  'recordedDate',
  'authoredOn',
  'issued',
] as const;

export interface ImplausibleDate {
  readonly field: string;
  readonly code: 'BORN_IN_FUTURE' | 'BORN_TOO_EARLY' | 'DATE_PLACEHOLDER';
  readonly message: string;
}

/** `today` is the day the batch arrived, as YYYY-MM-DD. */
export function implausibleDatesOf(resource: Json, today: string): readonly ImplausibleDate[] {
  const found: ImplausibleDate[] = [];
  const birth = birthDateOf(resource);
  if (birth !== undefined) {
    const what = implausibleBirth(birth, today);
    if (what !== undefined) found.push({ field: 'birthDate', ...what });
  }
  for (const { field, date } of eventsOf(resource)) {
    if (!date.startsWith(PLACEHOLDER)) continue;
    found.push({ field, code: 'DATE_PLACEHOLDER', message: 'the date is a placeholder for an unknown one' });
  }
  return found;
}

function implausibleBirth(birth: string, today: string): Omit<ImplausibleDate, 'field'> | undefined {
  if (birth > today.slice(0, birth.length)) {
    return { code: 'BORN_IN_FUTURE', message: 'the birth date has not come yet' };
  }
  if (birth < BORN_EARLIEST.slice(0, birth.length)) {
    return { code: 'BORN_TOO_EARLY', message: `the birth date is before ${BORN_EARLIEST.slice(0, 4)}` };
  }
  if (birth !== PLACEHOLDER) return undefined;
  return { code: 'DATE_PLACEHOLDER', message: 'the birth date is a placeholder for an unknown one' };
}

/** YYYY, YYYY-MM or YYYY-MM-DD of a patient. */
export function birthDateOf(resource: Json): string | undefined {
  const { resourceType, birthDate } = membersOf(resource);
  return resourceType === 'Patient' ? datePart(textOf(birthDate)) : undefined;
}

/** A birth date that later dates can be held against. */
export function plausibleBirthOf(resource: Json, today: string): string | undefined {
  const birth = birthDateOf(resource);
  return birth === undefined || implausibleBirth(birth, today) !== undefined ? undefined : birth;
}

/** The earliest date of what a record tells, as precisely as it is written; placeholders do not count. */
export function earliestEventOf(resource: Json): { readonly field: string; readonly date: string } | undefined {
  const dates = eventsOf(resource).filter(({ date }) => !date.startsWith(PLACEHOLDER));
  return dates.sort((left, right) => (left.date < right.date ? -1 : 1))[0];
}

function eventsOf(resource: Json): { field: string; date: string }[] {
  const members = membersOf(resource);
  const period = textOf(membersOf(members['period'])['start']);
  const named = EVENT_ELEMENTS.map((field) => ({ field: field as string, text: textOf(members[field]) }));
  return [...named, { field: 'period.start', text: period }].flatMap(({ field, text }) => {
    const date = datePart(text);
    return date === undefined ? [] : [{ field, date }];
  });
}

function datePart(text: string | undefined): string | undefined {
  return /^\d{4}(-\d{2}(-\d{2})?)?/.exec(text ?? '')?.[0];
}

/** Whether what happened is before the birth, as far as both are precise. */
export function isBeforeBirth(event: string, birth: string): boolean {
  const length = Math.min(event.length, birth.length);
  return event.slice(0, length) < birth.slice(0, length);
}

export function asProblem(date: ImplausibleDate, position: string, record: string): Problem {
  const { code, field, message } = date;
  return { category: 'content-implausible', code, position, record, field, message };
}
