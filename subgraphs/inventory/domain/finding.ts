/** What a look at the source has found and somebody should know: a code, how often, and where to look first. */
import { derivedId, type Id } from '../../../kernel/id.ts';
import type { Severity } from '../../../kernel/exception.ts';

/** Which look has found it: the listing and inspection of items, the profile of fields, or the loss report of a map. */
export const FINDING_SOURCES = ['survey', 'profile', 'loss'] as const;
export type FindingSource = (typeof FINDING_SOURCES)[number];

/** More items than this are counted, not named. */
export const FINDING_ITEMS_MAX = 20;

export interface Found {
  readonly code: string;
  /** A hint for whoever sorts findings; a finding blocks nothing by itself. */
  readonly severity: Severity;
  /** The id in docs/requirements.md. */
  readonly requirement: string;
  readonly count: number;
  /** The first ones, at most FINDING_ITEMS_MAX. */
  readonly itemIds: readonly Id[];
  /** Where in the first item: line, segment, pointer or byte; null where it concerns the whole. */
  readonly position: string | null;
  /** What it means and what would help; never a value, never the name of an item. */
  readonly detail: string;
}

/** One row for each code: `scope` is the dataset, or the migration where the finding belongs to no dataset. */
export function findingIdOf(scope: Id, source: FindingSource, code: string): Id {
  return derivedId('fnd', scope, source, code);
}
