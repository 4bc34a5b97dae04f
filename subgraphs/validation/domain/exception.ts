/** An exception: the data disagrees. It is queued, owned, and closes only by a re-check or an approved waiver. */
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { Tier } from '../../../kernel/tier.ts';
import { ownerByRule } from './assignment.ts';
import { causeOf } from './cause.ts';
import { type Category, dueAt, type Severity, severityOf, type ValidationPolicy } from './category.ts';
import { exceptionId, type Finding, type Origin } from './finding.ts';

/** `owned`: somebody was named for it. `closed` by a waiver lasts until the waiver expires. */
export const EXCEPTION_STATES = ['open', 'owned', 'closed'] as const;
export type ExceptionState = (typeof EXCEPTION_STATES)[number];

/** What can be done about an exception, as its history and the record office call it. */
export const ACTIONS = [
  'exception-assigned',
  'exception-commented',
  'exception-rechecked',
  'exception-reopened',
  'exception-revealed',
  'remedy-proposed',
  'waiver-proposed',
  'waiver-approved',
] as const;
export type ActionName = (typeof ACTIONS)[number];

export interface ReconciliationException {
  readonly id: Id;
  readonly causeId: Id;
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
  /** The newest remedy it is part of. */
  readonly remedyId: Id | null;
  readonly recheckedAt: Date | null;
  readonly recheckFound: Agreement['kind'] | null;
}

/** Where a finding belongs, and what its exception takes from there. */
export interface Cohort {
  readonly migrationId: Id;
  readonly datasetId: Id | null;
  readonly batchId: Id | null;
  readonly tier: Tier;
  /** The name of the dataset, for the rules that name owners. */
  readonly dataset: string | null;
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
  const named = ownerByRule({ category, severity, dataset: cohort.dataset }, policy.validation.assignments ?? []);
  const { migrationId, batchId, datasetId } = cohort;
  return {
    id: exceptionId(cohort.scope, found),
    causeId: causeOf({ migrationId, datasetId, origin, category, code, recordType, field }).id,
    ...{ migrationId, batchId, datasetId, itemId, category, severity, origin, code, recordType },
    sourceId: record ?? path,
    targetId,
    field,
    position,
    note,
    owner: named ?? cohort.owner,
    raisedAt: at,
    dueAt: dueAt(severity, at, policy),
    state: named === undefined ? 'open' : 'owned',
    closedBy: null,
    closedAt: null,
    waivedUntil: null,
    remedyId: null,
    recheckedAt: null,
    recheckFound: null,
  };
}

/** The state as people must see it: a waiver that has run out has closed nothing. */
export function stateAt(exception: ReconciliationException, now: Date): ExceptionState {
  const { state, waivedUntil, closedBy } = exception;
  const hasRunOut = closedBy === 'waiver' && waivedUntil !== null && waivedUntil.getTime() <= now.getTime();
  return state === 'closed' && hasRunOut ? 'open' : state;
}

/** Whether it should have been closed by now. */
export function isOverdue(exception: ReconciliationException, now: Date): boolean {
  return stateAt(exception, now) !== 'closed' && exception.dueAt.getTime() <= now.getTime();
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
  return granted({ ...exception, owner: name, state: 'owned', closedBy: null, closedAt: null, waivedUntil: null });
}

/** Opens what a waiver had closed and closes no more. Refuses everything else. */
export function reopenAfterWaiver(exception: ReconciliationException, now: Date): Outcome<ReconciliationException> {
  const hasRunOut = exception.state === 'closed' && stateAt(exception, now) !== 'closed';
  if (hasRunOut) return granted({ ...exception, state: 'open', closedBy: null, closedAt: null, waivedUntil: null });
  const message = 'no waiver of this exception has run out';
  return refused({ code: 'WAIVER_NOT_ENDED', message, remedy: 'there is nothing to open' });
}

const WORDS_LENGTH_MAX_CHARS = 2000;

/** Words that somebody wrote, as they are kept. Refuses with COMMENT_LENGTH or REASON_LENGTH. */
export function wordsOf(what: 'comment' | 'reason', text: string): Outcome<string> {
  const words = text.trim();
  if (words !== '' && words.length <= WORDS_LENGTH_MAX_CHARS) return granted(words);
  const message = `a ${what} has 1 to ${WORDS_LENGTH_MAX_CHARS} characters`;
  const field = ['input', what === 'comment' ? 'text' : 'reason'];
  const remedy = 'say it in these bounds, and without patient data';
  return refused({ code: `${what.toUpperCase()}_LENGTH`, message, field, remedy });
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
    case 'agrees': {
      const closed = { state: 'closed', closedBy: 'recheck', closedAt: now, waivedUntil: null } as const;
      return granted({ ...exception, ...closed, recheckedAt: now, recheckFound: 'agrees' });
    }
    case 'disagrees': {
      const remedy = 'correct the data, move the item again by a remedy, or ask for a waiver';
      return refused({ code: 'STILL_DISAGREES', message: agreement.note, remedy });
    }
    case 'cannot-tell': {
      const remedy = 'correct it at the source and move the item again by a remedy, or ask for a waiver';
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
