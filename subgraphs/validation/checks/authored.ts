/** By whom a record is, and of which day: what totals are counted by, on both sides alike. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { earliestEventOf } from './implausible-dates.ts';
import { listOf, membersOf, textOf } from './resource.ts';

/** Elements that name who stands for a record, the nearest first. */
export const AUTHOR_ELEMENTS = [
  'recorder',
  'asserter',
  'author',
  'performer',
  'requester',
  'informationSource',
  'sender',
] as const;

/** YYYY-MM-DD, YYYY-MM or YYYY; null where the record has no date of its own. */
export function dayOfRecord(resource: Json): string | null {
  return earliestEventOf(resource)?.date ?? null;
}

/** The first who is named: by identifier, by reference or by name; null where nobody is. */
export function authorOf(resource: Json): string | null {
  const members = membersOf(resource);
  for (const element of AUTHOR_ELEMENTS) {
    for (const each of listOf(members[element])) {
      const named = membersOf(each);
      const { identifier, reference, display } = membersOf(named['actor'] ?? each);
      const { system, value } = membersOf(identifier);
      const told = value === undefined ? (textOf(reference) ?? textOf(display)) : `${textOf(system)}|${textOf(value)}`;
      if (told !== undefined) return told;
    }
  }
  return null;
}
