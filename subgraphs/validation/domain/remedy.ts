/** A remedy: items of one batch are moved again as a small batch of their own, for what was found about them. */
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { sha256 } from '../../../kernel/digest.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { granted, type Outcome, type Refusal, refused } from '../../../kernel/refusal.ts';
import { isClosed, type ReconciliationException, stateAt } from './exception.ts';

/** `moved`: its items were moved again. `ended`: its exceptions were looked at again since. */
export const REMEDY_STATES = ['proposed', 'moved', 'ended', 'cancelled'] as const;
export type RemedyState = (typeof REMEDY_STATES)[number];

/** The exceptions that one remedy may be for. */
export const EXCEPTIONS_PER_REMEDY_MAX = 5_000;
/** The items of one batch that all of its remedies together may move again: their last word is held in memory. */
export const ITEMS_MOVED_AGAIN_MAX = 50_000;

/** What the exceptions have in common: the batch whose items are moved again. */
export interface Mending {
  readonly batchId: Id;
  readonly datasetId: Id;
  readonly itemIds: readonly Id[];
}

/** The id of the batch that moves them; `number`: how many remedies of that batch there were before. */
export function remedyIdOf(remedyOf: Id, exceptionIds: readonly Id[], number: number): Id {
  return derivedId('bat', remedyOf, sha256(canonicalJson([...exceptionIds].toSorted())), String(number));
}

/**
 * Which items are to be moved again. Refuses with REMEDY_EMPTY, EXCEPTION_CLOSED, NOTHING_TO_MOVE where an exception is
 * about no item of a batch, and REMEDY_OF_SEVERAL where they are not all of one batch.
 */
export function mendingOf(exceptions: readonly ReconciliationException[], now: Date): Outcome<Mending> {
  const [first] = exceptions;
  if (first === undefined) return refused(none());
  const refusals = exceptions.flatMap((exception) => refusalsOf(exception, first, now));
  const told = refusals.slice(0, REFUSALS_TOLD_MAX);
  if (told.length > 0) return refused(...told);
  const itemIds = [...new Set(exceptions.flatMap(({ itemId }) => itemId ?? []))].toSorted();
  return granted({ batchId: first.batchId ?? '', datasetId: first.datasetId ?? '', itemIds });
}

/** Refusals that are told of many exceptions. */
const REFUSALS_TOLD_MAX = 20;

function refusalsOf(exception: ReconciliationException, first: ReconciliationException, now: Date): readonly Refusal[] {
  if (stateAt(exception, now) === 'closed') return [isClosed(exception)];
  const { id, itemId, batchId, datasetId } = exception;
  if (itemId === null || batchId === null || datasetId === null) {
    const message = `exception ${id} is about no item that was moved`;
    return [
      { code: 'NOTHING_TO_MOVE', message, field: FIELD, remedy: 'correct the data, then have it looked at again' },
    ];
  }
  if (batchId === first.batchId) return [];
  const message = `exception ${id} is about another batch than ${first.id}`;
  return [{ code: 'REMEDY_OF_SEVERAL', message, field: FIELD, remedy: 'propose a remedy for each batch' }];
}

const FIELD = ['input', 'exceptionIds'];

function none(): Refusal {
  const remedy = 'name exceptions that are open, or a cause that has some';
  return { code: 'REMEDY_EMPTY', message: 'no open exception is named', field: FIELD, remedy };
}
