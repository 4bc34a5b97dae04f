/** An exception: the data disagrees. It is queued, owned, and closes only by a re-check or an approved waiver. */
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { Tier } from '../../../kernel/tier.ts';
import { type Category, dueAt, type Severity, severityOf, type ValidationPolicy } from './category.ts';
import { exceptionId, type Finding, type Origin } from './finding.ts';

/** `closed` by a waiver lasts until the waiver expires. */
export const EXCEPTION_STATES = ['open', 'assigned', 'closed'] as const;
export type ExceptionState = (typeof EXCEPTION_STATES)[number];

export interface ReconciliationException {
  readonly id: Id;
  readonly migrationId: Id;
  readonly batchId: Id | null;
  readonly datasetId: Id | null;
  readonly itemId: Id | null;
  readonly category: Category;
  readonly severity: Severity;
  readonly origin: Origin;
  readonly code: string;
  readonly recordType: string | null;
  /** The source key of the record, or the path of the item: shown to operators and reviewers only. */
  readonly sourceId: string | null;
  readonly targetId: string | null;
  readonly field: string | null;
  readonly position: string;
  readonly note: string;
  readonly owner: string | null;
  readonly raisedAt: Date;
  readonly dueAt: Date;
  readonly state: ExceptionState;
  readonly closedBy: 'recheck' | 'waiver' | null;
  readonly closedAt: Date | null;
  readonly waivedUntil: Date | null;
}

/** Where a finding belongs, and what its exception takes from there. */
export interface Cohort {
  readonly migrationId: Id;
  readonly datasetId: Id | null;
  readonly batchId: Id | null;
  readonly tier: Tier;
  /** Who answers for the dataset, until somebody is named. */
  readonly owner: string | null;
  /** What the id is derived in: the dataset, or the migration for what crosses datasets. */
  readonly scope: Id;
}

export function raise(
  found: Finding,
  path: string | null,
  cohort: Cohort,
  policy: ValidationPolicy,
  at: Date,
): ReconciliationException {
  const { origin, category, itemId, record, recordType, targetId, field, position, note, code } = found;
  const severity = severityOf({ category, tier: cohort.tier, recordType }, policy);
  return {
    id: exceptionId(cohort.scope, found),
    migrationId: cohort.migrationId,
    batchId: cohort.batchId,
    datasetId: cohort.datasetId,
    itemId,
    category,
    severity,
    origin,
    code,
    recordType,
    sourceId: record ?? path,
    targetId,
    field,
    position,
    note,
    owner: cohort.owner,
    raisedAt: at,
    dueAt: dueAt(severity, at, policy),
    state: 'open',
    closedBy: null,
    closedAt: null,
    waivedUntil: null,
  };
}

/** The state as people must see it: a waiver that has run out has closed nothing. */
export function stateAt(exception: ReconciliationException, now: Date): ExceptionState {
  const { state, waivedUntil, closedBy } = exception;
  const hasRunOut = closedBy === 'waiver' && waivedUntil !== null && waivedUntil.getTime() <= now.getTime();
  return state === 'closed' && hasRunOut ? 'open' : state;
}

/** Names who answers for it. Refuses what is closed. */
export function assign(exception: ReconciliationException, owner: string, now: Date): Outcome<ReconciliationException> {
  const name = owner.trim();
  if (name === '') {
    return refused({
      code: 'OWNER_MISSING',
      message: 'nobody is named',
      field: ['input', 'owner'],
      remedy: 'name an owner',
    });
  }
  if (stateAt(exception, now) === 'closed') return refused(isClosed(exception));
  return granted({ ...exception, owner: name, state: 'assigned', closedBy: null, closedAt: null, waivedUntil: null });
}

/** What looking again, at the target and at the original, gave. */
export type Agreement =
  | { readonly kind: 'agrees' }
  | { readonly kind: 'disagrees'; readonly note: string }
  | { readonly kind: 'cannot-tell'; readonly note: string };

/** Closes what agrees now; anything else is refused with what was seen. */
export function closeByRecheck(
  exception: ReconciliationException,
  agreement: Agreement,
  now: Date,
): Outcome<ReconciliationException> {
  if (stateAt(exception, now) === 'closed') return refused(isClosed(exception));
  switch (agreement.kind) {
    case 'agrees':
      return granted({ ...exception, state: 'closed', closedBy: 'recheck', closedAt: now, waivedUntil: null });
    case 'disagrees': {
      const remedy = 'correct the data, move the item again, or ask for a waiver';
      return refused({ code: 'STILL_DISAGREES', message: agreement.note, remedy });
    }
    case 'cannot-tell': {
      const remedy = 'correct it at the source and move it again in a new batch, or ask for a waiver';
      return refused({ code: 'RECHECK_NOT_POSSIBLE', message: agreement.note, remedy });
    }
    default:
      return agreement satisfies never;
  }
}

export function isClosed(exception: ReconciliationException): Refusal {
  const message = `the exception is closed by ${exception.closedBy ?? 'nobody'}`;
  return { code: 'EXCEPTION_CLOSED', message, remedy: 'there is nothing left to do' };
}
