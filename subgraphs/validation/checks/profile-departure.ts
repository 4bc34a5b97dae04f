/** An extract of rows against the profile that was sealed of its dataset: what was not there when that was made. */
import type { DatasetProfile, ProfiledField } from '../../../records/profile/report.ts';
import type { Check } from '../domain/check.ts';

export const PROFILE_DEPARTURE: Check = {
  id: 'profile-departure',
  version: '1',
  layer: 'schema',
  method: 'dataset',
  requirements: ['J08', 'A08'],
  categories: ['schema-invalid'],
  codes: ['TABLE_NOT_PROFILED', 'EMPTY_NOT_PROFILED', 'LENGTH_NOT_PROFILED', 'DATE_NOT_PROFILED', 'NUMBER_EXPECTED'],
  cannotSee:
    'what was wrong already when the profile was made (its findings say so), datasets without a profile, and wrong ' +
    'values of a shape that the column has',
};

/** What `profile` needs of a sealed profile. */
export type SealedFields = Pick<DatasetProfile, 'kinds' | 'fields'>;

export interface Departure {
  readonly code: string;
  /** A column; null for the whole table. */
  readonly column: string | null;
  /** Rows or values, or 1 for a table. */
  readonly count: number;
  readonly note: string;
}

/** Fewer rows say nothing about what a column never holds. */
const ROWS_MIN = 20;

/** Of the profile of one item what the profile of its dataset does not have. Never a value. */
export function departuresOf(item: SealedFields, dataset: SealedFields): readonly Departure[] {
  const known = new Set(dataset.kinds.map(({ kind }) => kind));
  const tables = item.kinds.filter(({ kind }) => !known.has(kind)).map(({ kind }) => unknownTable(kind, item, dataset));
  const profiled = new Map(dataset.fields.map((field) => [`${field.kind} ${field.path}`, field]));
  const fields = item.fields.flatMap((field) => {
    const before = profiled.get(`${field.kind} ${field.path}`);
    return before === undefined ? [] : departuresOfField(field, before);
  });
  return [...tables, ...fields];
}

function unknownTable(kind: string, item: SealedFields, dataset: SealedFields): Departure {
  const columns = item.fields.filter((field) => field.kind === kind).map(({ path }) => path);
  const before = new Set(dataset.fields.map(({ path }) => path));
  const [first] = dataset.kinds;
  const usual = dataset.fields.filter((field) => field.kind === first?.kind).map(({ path }) => path);
  const added = columns.filter((path) => !before.has(path));
  const lost = usual.filter((path) => !columns.includes(path));
  const told = [
    ...(added.length > 0 ? [`new are ${added.slice(0, NAMED_MAX).join(', ')}`] : []),
    ...(lost.length > 0 ? [`not there are ${lost.slice(0, NAMED_MAX).join(', ')}`] : []),
  ];
  const note = `no table with these columns was profiled${told.length > 0 ? `: ${told.join('; ')}` : ''}`;
  return { code: 'TABLE_NOT_PROFILED', column: null, count: 1, note };
}

/** Columns named in one note. */
const NAMED_MAX = 5;

function departuresOfField(field: ProfiledField, before: ProfiledField): readonly Departure[] {
  const { path: column } = field;
  const found: Departure[] = [];
  const empty = field.records - field.populated;
  if (before.records >= ROWS_MIN && before.populated === before.records && empty > 0) {
    found.push({ code: 'EMPTY_NOT_PROFILED', column, count: empty, note: `${empty} rows are empty where none was` });
  }
  const longest = before.lengthMax ?? 0;
  if (before.values >= ROWS_MIN && (field.lengthMax ?? 0) > longest) {
    const note = `a value of ${field.lengthMax} characters, where the longest had ${longest}`;
    found.push({ code: 'LENGTH_NOT_PROFILED', column, count: 1, note });
  }
  const shapes = new Set(before.dateShapes.map(({ name }) => name));
  const strange = field.dateShapes.filter(({ name }) => !shapes.has(name));
  if (shapes.size > 0 && strange.length > 0) {
    const count = strange.reduce((sum, each) => sum + each.count, 0);
    const note = `${count} dates are written ${strange.map(({ name }) => name).join(', ')}, which none was`;
    found.push({ code: 'DATE_NOT_PROFILED', column, count, note });
  }
  const words = field.values - field.numbers;
  if (before.values >= ROWS_MIN && before.numbers === before.values && words > 0) {
    found.push({ code: 'NUMBER_EXPECTED', column, count: words, note: `${words} values are no numbers, and all were` });
  }
  return found;
}
