/** Dates nobody can mean: to come or before living memory, placeholders, ends before their beginning, and the like. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { RecordCheck, Seen } from './record-check.ts';
import { hasCode, listOf, type Members, membersOf, textOf } from './resource.ts';

export const IMPLAUSIBLE_DATES: RecordCheck = {
  id: 'implausible-dates',
  version: '2',
  layer: 'content',
  method: 'record',
  requirements: ['J02', 'J04', 'J07', 'G06'],
  categories: ['content-implausible'],
  codes: [
    'BORN_IN_FUTURE',
    'BORN_TOO_EARLY',
    'DATE_PLACEHOLDER',
    'DATE_IN_FUTURE',
    'END_BEFORE_START',
    'DIED_BEFORE_BIRTH',
    'BEFORE_BIRTH',
  ],
  cannotSee: 'a wrong date that could be right, and dates in narrative text',
  look: (resource, { today }) => implausibleDatesOf(resource as Json, today),
};

const BORN_EARLIEST = '1880-01-01';
/** What many systems write where no date was known: the zero of a calendar, or the end of it. */
const PLACEHOLDER = /^(?:0001-01-01|1753-01-01|1800-01-01|1899-12-3[01]|1900-01-01|2999-12-31|9999-12-31)/;
/** The zero of Unix time, told to the second. */
const EPOCH = /^1970-01-01T00:00:00/;

const EVENT_ELEMENTS = [
  'effectiveDateTime',
  'onsetDateTime',
  'occurrenceDateTime',
  'performedDateTime',
  'recordedDate',
  'authoredOn',
  'issued',
] as const;
const PERIODS = [
  'period',
  'effectivePeriod',
  'performedPeriod',
  'occurrencePeriod',
  'onsetPeriod',
  'billablePeriod',
] as const;
/** Of an appointment or an order what is told is still to come. */
const TOLD_AHEAD: readonly string[] = [
  'Appointment',
  'ServiceRequest',
  'CarePlan',
  'Goal',
  'Task',
  'Coverage',
  'DeviceRequest',
  'ImmunizationRecommendation',
];
/** A clock a day ahead, or a zone west of the one that wrote the time. */
const AHEAD_DAYS_MAX = 2;

interface Told {
  readonly field: string;
  readonly date: string;
}

/** `today` is the day the batch arrived, as YYYY-MM-DD. */
export function implausibleDatesOf(resource: Json, today: string): readonly Seen[] {
  const members = membersOf(resource);
  const [birth, events] = [birthDateOf(resource), eventsOf(resource)];
  const born = birth === undefined ? undefined : implausibleBirth(birth, today);
  return [
    ...(born === undefined ? [] : [born]),
    ...deathOf(members, today, birth),
    ...[...events, ...endsOf(members)].filter(isPlaceholder).map(({ field }) => placeholder(field)),
    ...comingOf(members, events, today),
    ...reversedOf(members),
  ];
}

function implausibleBirth(birth: string, today: string): Seen | undefined {
  const field = 'birthDate';
  if (birth > today.slice(0, birth.length)) return seen('BORN_IN_FUTURE', field, 'the birth date has not come yet');
  if (isPlaceholder({ date: birth })) {
    return seen('DATE_PLACEHOLDER', field, 'the birth date is a placeholder for an unknown one');
  }
  if (birth >= BORN_EARLIEST.slice(0, birth.length)) return undefined;
  return seen('BORN_TOO_EARLY', field, `the birth date is before ${BORN_EARLIEST.slice(0, 4)}`);
}

function deathOf({ resourceType, deceasedDateTime }: Members, today: string, birth?: string): readonly Seen[] {
  const field = 'deceasedDateTime';
  const died = resourceType === 'Patient' ? textOf(deceasedDateTime) : undefined;
  if (died === undefined) return [];
  if (isPlaceholder({ date: died })) return [placeholder(field)];
  if (isAfter(died, dayAfter(today))) return [seen('DATE_IN_FUTURE', field, 'the death has not come yet')];
  if (birth === undefined || !isBeforeBirth(datePart(died) ?? died, birth)) return [];
  return [seen('DIED_BEFORE_BIRTH', field, 'the death is before the birth')];
}

function comingOf(members: Members, events: readonly Told[], today: string): readonly Seen[] {
  if (TOLD_AHEAD.includes(textOf(members['resourceType']) ?? '') || hasNotBegun(members)) return [];
  const latest = dayAfter(today);
  return events
    .filter((event) => isAfter(event.date, latest) && !isPlaceholder(event))
    .map(({ field }) => seen('DATE_IN_FUTURE', field, 'what is told as having been has not come yet'));
}

function hasNotBegun({ status }: Members): boolean {
  return ['planned', 'booked', 'proposed', 'preparation', 'draft', 'arrived'].includes(textOf(status) ?? '');
}

function reversedOf(members: Members): readonly Seen[] {
  const spans = PERIODS.map((name) => {
    const { start, end } = membersOf(members[name]);
    return { field: `${name}.end`, start: textOf(start), end: textOf(end) };
  });
  const [onset, abatement] = [textOf(members['onsetDateTime']), textOf(members['abatementDateTime'])];
  spans.push({ field: 'abatementDateTime', start: onset, end: abatement });
  return spans
    .filter(({ start, end }) => start !== undefined && end !== undefined && isReversed(start, end))
    .map(({ field }) => seen('END_BEFORE_START', field, 'the end is before the beginning'));
}

/** As far as both are precise; times as moments. */
function isReversed(start: string, end: string): boolean {
  if (start.length > DAY_CHARS && end.length > DAY_CHARS) return Date.parse(end) < Date.parse(start);
  const length = Math.min(start.length, end.length, DAY_CHARS);
  return end.slice(0, length) < start.slice(0, length);
}

const DAY_CHARS = 10;

function isAfter(date: string, latest: string): boolean {
  const part = datePart(date);
  return part !== undefined && part > latest.slice(0, part.length);
}

const DAY_MS = 86_400_000;

function dayAfter(today: string): string {
  return new Date(Date.parse(today.slice(0, DAY_CHARS)) + AHEAD_DAYS_MAX * DAY_MS).toISOString();
}

function isPlaceholder({ date }: Pick<Told, 'date'>): boolean {
  return PLACEHOLDER.test(date) || EPOCH.test(date);
}

function placeholder(field: string): Seen {
  return seen('DATE_PLACEHOLDER', field, 'the date is a placeholder for an unknown one');
}

function seen(code: string, field: string, message: string): Seen {
  return { category: 'content-implausible', code, field, message };
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

/** The earliest day of what a record tells, as precisely as it is written; placeholders do not count. */
export function earliestEventOf(resource: Json): Told | undefined {
  // A father's illness is older than his daughter.
  if (membersOf(resource)['resourceType'] === 'FamilyMemberHistory') return undefined;
  const dates = eventsOf(resource).filter((event) => !isPlaceholder(event));
  const days = dates.map(({ field, date }) => ({ field, date: datePart(date) ?? date }));
  return days.sort((left, right) => (left.date < right.date ? -1 : 1))[0];
}

function eventsOf(resource: Json): Told[] {
  const members = membersOf(resource);
  const isWithdrawn = hasCode(members['verificationStatus'], ['entered-in-error']);
  if (isWithdrawn || members['status'] === 'entered-in-error') return [];
  const found: Told[] = [];
  const add = (field: string, date: string | undefined): void => {
    if (datePart(date) !== undefined && date !== undefined) found.push({ field, date });
  };
  for (const field of EVENT_ELEMENTS) add(field, textOf(members[field]));
  for (const period of ['period', 'performedPeriod', 'effectivePeriod'] as const) {
    for (const each of listOf(members[period])) add(`${period}.start`, textOf(membersOf(each)['start']));
  }
  return found;
}

function endsOf(members: Members): readonly Told[] {
  return PERIODS.flatMap((period) => {
    const date = textOf(membersOf(members[period])['end']);
    return date === undefined ? [] : [{ field: `${period}.end`, date }];
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
