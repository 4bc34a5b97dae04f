/** Tells an item that cannot be read from a source that cannot. */
import { isFault } from '../../../kernel/fault.ts';
import { problemOf, SourceFailure } from './list-source.ts';

/** When so many in a row fail with what may pass, the source itself has failed. */
const FAILURES_IN_A_ROW_MAX = 20;
/** Faults that are not of one item. */
const SOURCE_FAULTS: ReadonlySet<string> = new Set([
  'AUTH_FAILED',
  'PEER_NOT_TRUSTED',
  'CONFIG_INVALID',
  'UNSUPPORTED',
]);

export class Patience {
  #failures = 0;
  isOver = false;

  /** Takes the failure of an item, or undefined. Throws a SourceFailure when the failure is the source's own. */
  after(failure: unknown): void {
    const isPassing = isFault(failure) && failure.retry === 'transient';
    this.#failures = isPassing ? this.#failures + 1 : 0;
    const isOfSource = isFault(failure) && SOURCE_FAULTS.has(failure.code);
    this.isOver ||= isOfSource || this.#failures >= FAILURES_IN_A_ROW_MAX;
    if (this.isOver) throw new SourceFailure(problemOf(failure), failure);
  }
}

/** The code under which an item that could not be read is found. */
export function unreadCodeOf(error: unknown): string {
  if (!isFault(error)) return 'CONNECTOR_DEFECT';
  return error.code === 'ITEM_NOT_FOUND' ? 'ITEM_VANISHED' : error.code;
}
