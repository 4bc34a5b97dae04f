/** Findings: what one step saw wrong. Several may tell of one fault; settling makes one exception of them. */
import { derivedId, type Id } from '../../../kernel/id.ts';
import type { Problem } from '../../../records/format.ts';
import type { Category } from './category.ts';

/** Who saw it. `transfer` says why an item did not move; `mapping` and `content` read the original record by record. */
export const ORIGINS = [
  'transfer',
  'examination',
  'mapping',
  'content',
  'index',
  'sequence',
  'fixity',
  'match',
  'relation',
  'workflow',
  'script',
] as const;
export type Origin = (typeof ORIGINS)[number];

export type Finding = {
  readonly origin: Origin;
  readonly category: Category;
  /** Null for what no item of the source is about. */
  readonly itemId: Id | null;
  /** The source key of the record, null for a whole item. */
  readonly record: string | null;
  readonly recordType: string | null;
  readonly targetId: string | null;
  /** Where in the item; empty means the whole of it. */
  readonly position: string;
  readonly field: string | null;
  /** Never a value. */
  readonly note: string;
  /** A code of the step that saw it, for people who look for the cause. */
  readonly code: string;
};

const BLANK = { itemId: null, record: null, recordType: null, targetId: null, position: '', field: null };

export function finding(given: Partial<Finding> & Pick<Finding, 'origin' | 'category' | 'note' | 'code'>): Finding {
  return { ...BLANK, ...given };
}

/** A problem an examination or a mapping reports, as a finding. */
export function findingOf(
  problem: Problem,
  where: { readonly origin: Origin; readonly itemId: Id } & Partial<Pick<Finding, 'record' | 'recordType'>>,
): Finding {
  return finding({
    origin: where.origin,
    category: problem.category,
    itemId: where.itemId,
    record: where.record ?? problem.record ?? null,
    recordType: where.recordType ?? null,
    position: problem.position,
    field: problem.field ?? null,
    note: problem.message,
    code: problem.code,
  });
}

/** What the exception is about, apart from category and field: a record, a place in an item, a thing at the target. */
export function subjectOf(found: Finding): string {
  if (found.record !== null) return `record ${found.recordType ?? ''} ${found.record}`;
  if (found.itemId !== null) return `item ${found.itemId} ${found.position}`;
  return `place ${found.targetId ?? ''} ${found.position}`;
}

/** The same finding has the same id on every run. `scope`: the dataset, or the migration for what crosses datasets. */
export function exceptionId(scope: Id, found: Finding): Id {
  return derivedId('exc', scope, found.category, subjectOf(found), found.field ?? '');
}
