/** A profile as people read it: a line for each field, a line for each finding. Masks and counts, no value. */
import { findingCode } from '../../records/profile/finding-codes.ts';
import type { Counted, ProfiledField, ProfiledKind, ProfileFinding } from '../../records/profile/report.ts';
import { table } from '../table.ts';

const LOOKS_SHOWN = 2;
const SYSTEMS_SHOWN = 3;
const PLACES_SHOWN = 3;
const FIELD_HEAD = ['field', 'filled', 'distinct', 'length', 'range', 'PHI', 'looks like'] as const;
const FINDING_HEAD = ['severity', 'finding', 'field', 'count', 'first at', 'what it means'] as const;

/** A profile of files or of a dataset of the house. */
export interface ShownProfile {
  readonly title: string;
  readonly items: number;
  readonly records: number;
  readonly kinds: readonly ProfiledKind[];
  readonly fields: readonly Omit<ProfiledField, 'maskMin' | 'maskMax'>[];
  readonly overflowValues: number;
  readonly unread: readonly Counted[];
  /** `at`: which item, and where in it. */
  readonly findings: readonly (Pick<ProfileFinding, 'code' | 'severity' | 'kind' | 'path' | 'count'> & {
    readonly at: readonly string[];
  })[];
}

export function profileText(profile: ShownProfile): string {
  const { title, items, records, kinds, fields, overflowValues, unread, findings } = profile;
  const parts = [`${title}: ${items} items, ${records} records, ${fields.length} fields`];
  const labels = kindLabels(profile);
  for (const { kind, records: count } of kinds) {
    const mine = fields.filter((field) => field.kind === kind);
    if (mine.length === 0) continue;
    const head = kinds.length === 1 ? '' : `${labels.get(kind)}: ${count} records\n`;
    parts.push(`${head}${table(FIELD_HEAD, mine.map(fieldRow))}`);
  }
  if (overflowValues > 0) parts.push(`there are more fields; their ${overflowValues} values are only counted`);
  if (unread.length > 0) parts.push(`items that could not be read to their end: ${first(unread, unread.length)}`);
  if (findings.length === 0) parts.push('nothing was found that a migration should know of');
  else {
    const rows = findings.map((finding) => findingRow(finding, labels));
    parts.push(`findings\n${table(FINDING_HEAD, rows)}`);
  }
  return parts.join('\n\n');
}

/** Tables are told by the digest of their columns; the first columns say more. */
function kindLabels({ kinds, fields }: ShownProfile): ReadonlyMap<string, string> {
  return new Map(
    kinds.map(({ kind }) => {
      if (!kind.startsWith('table ')) return [kind, kind];
      const columns = fields.filter((field) => field.kind === kind).map(({ path }) => path);
      const more = columns.length > LOOKS_SHOWN ? ', ...' : '';
      return [kind, `${kind} (${columns.slice(0, LOOKS_SHOWN).join(', ')}${more})`];
    }),
  );
}

function fieldRow(field: ShownProfile['fields'][number]): readonly (string | number)[] {
  const { path, nullRate, distinct, distinctError, lengthMin, lengthMax, phi } = field;
  return [
    path,
    `${((1 - nullRate) * 100).toFixed(1)} %`,
    `${distinctError === 0 ? '' : '~'}${distinct}`,
    span(lengthMin, lengthMax),
    field.yearMin === null ? span(field.numberMin, field.numberMax, ' to ') : span(field.yearMin, field.yearMax),
    phi === 'none' ? '' : phi,
    looksLike(field),
  ];
}

function looksLike(field: ShownProfile['fields'][number]): string {
  const { patterns, dateShapes, codeSystems, otherPatterns, timesWithOffset } = field;
  const said: string[] = [];
  if (codeSystems.length > 0) said.push(`systems ${first(codeSystems, SYSTEMS_SHOWN)}`);
  if (dateShapes.length > 0) said.push(first(dateShapes, LOOKS_SHOWN));
  else said.push(first(patterns, LOOKS_SHOWN, otherPatterns));
  const times = timesWithOffset + field.timesWithoutOffset;
  if (times > 0) said.push(`${timesWithOffset} of ${times} times with an offset`);
  return said.filter((each) => each !== '').join('; ');
}

function first(counts: readonly Counted[], shown: number, others = 0): string {
  const said = counts.slice(0, shown).map(({ name, count }) => `${name} ${count}`);
  const more = counts.slice(shown).reduce((sum, { count }) => sum + count, others);
  return [...said, ...(more > 0 ? [`others ${more}`] : [])].join(', ');
}

function span(least: number | null, greatest: number | null, word = '-'): string {
  if (least === null || greatest === null) return '';
  return least === greatest ? String(least) : `${least}${word}${greatest}`;
}

function findingRow(
  { severity, code, kind, path, count, at }: ShownProfile['findings'][number],
  labels: ReadonlyMap<string, string>,
): readonly (string | number)[] {
  const table = kind?.startsWith('table ') === true && labels.size > 1 ? `${kind} ` : '';
  return [
    severity,
    code,
    `${table}${path ?? ''}`,
    count,
    at.slice(0, PLACES_SHOWN).join(', '),
    findingCode(code).detail,
  ];
}
