/** Turns what a database driver throws into a fault with a retry class; anything else passes unchanged. */
import { Fault, isFault } from '../kernel/fault.ts';

/** The fault of a transaction that was in another's way; the same transaction succeeds once the other is done. */
export const CONTENDED = 'STORE_CONTENDED';
/** Serialisation failure, deadlock, lock not available (PostgreSQL, appendix A). */
const CONTENDED_STATES = /^(40001|40P01|55P03)$/;
/** SQLSTATE classes and codes after which the same transaction may succeed (PostgreSQL, appendix A). */
const RETRYABLE_STATES = /^(08...|53[013]..|57P0[1-5]|57014|25P03)$/;
const FULL_STATES = /^53100$/;
const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);
/** SQLite result codes: BUSY, LOCKED, IOERR; and FULL. */
const SQLITE_RETRYABLE = new Set([5, 6, 10]);
const SQLITE_FULL = 13;
const CAUSES_MAX = 5;

export function storeFault(error: unknown): unknown {
  if (isFault(error)) return error;
  for (const cause of causes(error)) {
    const code = codeOf(cause);
    const sqlite = sqliteCodeOf(cause);
    if (FULL_STATES.test(code) || sqlite === SQLITE_FULL) return full(error);
    if (CONTENDED_STATES.test(code)) return contended(error);
    if (RETRYABLE_STATES.test(code) || NETWORK_CODES.has(code) || SQLITE_RETRYABLE.has(sqlite))
      return unavailable(error);
    // The pool of pg says this in words only.
    if (
      cause instanceof Error &&
      /^(Connection terminated|timeout exceeded when trying to connect)/.test(cause.message)
    ) {
      return unavailable(error);
    }
  }
  return error;
}

function* causes(error: unknown): Generator<unknown> {
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX && current !== undefined && current !== null; depth++) {
    yield current;
    const { cause, previous } = current as { cause?: unknown; previous?: unknown };
    current = cause ?? previous;
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

function sqliteCodeOf(error: unknown): number {
  const { errcode } = error as { errcode?: unknown };
  // The low byte is the primary code.
  return typeof errcode === 'number' ? errcode & 0xff : -1;
}

function full(cause: unknown): Fault {
  const message = 'the database has no room left on its disk; make room, then go on';
  return new Fault({ code: 'STORE_FULL', retry: 'transient', message, cause });
}

function unavailable(cause: unknown): Fault {
  const message = 'the database did not answer or asked to try again';
  return new Fault({ code: 'STORE_UNAVAILABLE', retry: 'transient', message, cause });
}

function contended(cause: unknown): Fault {
  const message = 'others are changing the same at this moment; try again';
  return new Fault({ code: CONTENDED, retry: 'transient', message, cause });
}
