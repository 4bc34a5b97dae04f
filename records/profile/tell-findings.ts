/** The findings of a profile, each with its count and its first places. */
import type { Format } from '../format.ts';
import type { FieldProfile } from './field.ts';
import { findingCode } from './finding-codes.ts';
import type { IdentityCounts, IdentityFinding } from './identities.ts';
import { DATE_FAMILY, DATE_OFFSET } from './judge.ts';
import { byText } from './kept-counts.ts';
import { Places } from './places.ts';
import type { FoundAt, ProfileFinding } from './report.ts';

const RECORD_WORDS: Readonly<Record<Format, string>> = {
  hl7v2: 'message',
  fhir: 'resource',
  ccda: 'document',
  delimited: 'line',
  document: 'item',
  bytes: 'item',
};

export function tellFindings(
  format: Format,
  fields: readonly FieldProfile[],
  problems: ReadonlyMap<string, Places>,
  identities: IdentityCounts,
): readonly ProfileFinding[] {
  const found: ProfileFinding[] = [];
  const tell = (code: string, kind: string | null, path: string | null, places: Places) => {
    const { requirement, severity } = findingCode(code);
    found.push({ code, requirement, severity, kind, path, count: places.count, at: told(places, format) });
  };
  for (const [code, places] of problems) tell(code, null, null, places);
  for (const field of fields) {
    for (const [code, places] of [...field.notes, ...derived(field)]) {
      if (!code.startsWith('=')) tell(code, field.kind, field.path, places);
    }
  }
  for (const { field, places } of identities.duplicates.filter(isKey))
    tell('KEY_DUPLICATE', field.kind, field.path, places);
  for (const { field, places } of together(identities.orphans))
    tell('REFERENCE_ORPHAN', field.kind, field.path, places);
  return found.sort(inOrder);
}

/** References of one field to several kinds of records are one finding. */
function together(orphans: readonly IdentityFinding[]): readonly IdentityFinding[] {
  const byField = new Map<string, IdentityFinding>();
  for (const each of orphans) {
    const key = `${each.field.kind}\t${each.field.path}`;
    const before = byField.get(key);
    if (before === undefined) byField.set(key, each);
    else before.places.merge(each.places);
  }
  return [...byField.values()];
}

/** What repeats in most records is no key, whatever its name. */
function isKey({ total, places }: IdentityFinding): boolean {
  return places.count * 2 <= total;
}

function derived(field: FieldProfile): readonly (readonly [string, Places])[] {
  return [...mixedDates(field), ...mixedOffsets(field), ...lostZeros(field)];
}

/** All but the most frequent way of writing a date; day and month that cannot be told apart agree with either order. */
function mixedDates(field: FieldProfile): readonly (readonly [string, Places])[] {
  const families = [...field.notes].filter(([code]) => code.startsWith(DATE_FAMILY));
  const ways = new Map<string, Places[]>();
  for (const [code, places] of families) {
    const [family = '', order = ''] = code.slice(DATE_FAMILY.length).split(' ');
    const told = families.filter(([each]) => each.startsWith(`${DATE_FAMILY}${family} `) && !each.endsWith('?'));
    const way =
      order === '?' && told.length === 1
        ? (told[0]?.[0] ?? code)
        : order === '?' && told.length > 1
          ? `${family} dd`
          : code;
    ways.set(way, [...(ways.get(way) ?? []), places]);
  }
  if (ways.size < 2) return [];
  const [, ...others] = [...ways].sort(([a, one], [b, two]) => total(two) - total(one) || byText(a, b));
  return [['DATE_FORMAT_MIXED', merged(others.flatMap(([, places]) => places))]];
}

function mixedOffsets({ notes }: FieldProfile): readonly (readonly [string, Places])[] {
  const [less, more] = [notes.get(`${DATE_OFFSET}with`), notes.get(`${DATE_OFFSET}without`)];
  if (less === undefined || more === undefined) return [];
  return [['DATE_OFFSET_MIXED', merged([less.count <= more.count ? less : more])]];
}

const DOMINANT_SHARE = 0.6;

/**
 * Exactly how many identifiers stand with and without zeros while they are few enough to be counted exactly; and
 * those shorter than the width that most have, where some of that width begin with a zero.
 */
function lostZeros({ digits, stripped, widths }: FieldProfile): readonly (readonly [string, Places])[] {
  const found: [string, Places][] = [];
  const twice = digits.isExact ? digits.count() - stripped.count() : 0;
  if (twice > 0) found.push(['IDENTIFIER_ZEROS_LOST', unplaced(twice)]);
  const byWidth = new Map<number, number>();
  const padded = new Set<number>();
  for (const [mask, count] of widths.entries()) {
    const isPadded = mask.startsWith('0');
    const width = mask.length - (isPadded ? 1 : 0);
    if (isPadded) padded.add(width);
    byWidth.set(width, (byWidth.get(width) ?? 0) + count);
  }
  const all = [...byWidth.values()].reduce((sum, count) => sum + count, 0) + widths.others;
  const [width = 0, most = 0] = [...byWidth].sort(([, a], [, b]) => b - a)[0] ?? [];
  const shorter = [...byWidth].reduce((sum, [each, count]) => sum + (each < width ? count : 0), 0);
  if (shorter > 0 && padded.has(width) && most >= all * DOMINANT_SHARE) {
    found.push(['IDENTIFIER_WIDTH_VARIES', unplaced(shorter)]);
  }
  return found;
}

function unplaced(count: number): Places {
  const places = new Places();
  places.addUnplaced(count);
  return places;
}

function merged(some: readonly Places[]): Places {
  const places = new Places();
  for (const each of some) places.merge(each);
  return places;
}

function total(places: readonly Places[]): number {
  return places.reduce((sum, { count }) => sum + count, 0);
}

function told(places: Places, format: Format): readonly FoundAt[] {
  return places
    .first()
    .map(({ item, record }) => ({ item, position: record === 0 ? 'item' : `${RECORD_WORDS[format]} ${record}` }));
}

function inOrder(a: ProfileFinding, b: ProfileFinding): number {
  const keys = (each: ProfileFinding) => [each.severity, each.code, each.kind ?? '', each.path ?? ''];
  const [left, right] = [keys(a), keys(b)];
  const differing = left.findIndex((key, at) => key !== right[at]);
  return differing === -1 ? 0 : byText(left[differing] ?? '', right[differing] ?? '');
}
