/** From what a connector throws to the house's own faults: same code, same retry class, no secret, no contents. */
import { isNativeError } from 'node:util/types';
import { Fault, isFault } from '../../kernel/fault.ts';
import { isConnectorError } from '../sdk/index.ts';

/** What was being done when it failed. */
export interface Act {
  readonly connector: string;
  /** For example `read` or `commit`. */
  readonly name: string;
  readonly subject?: string | undefined;
  /** Values that must never appear in a message. */
  readonly secrets: readonly string[];
}

/** Shorter texts are too common to blot out without spoiling the message. */
const SECRET_LENGTH_MIN_CHARS = 4;
const FRAMES_MAX = 12;

/** Returns the fault for anything thrown; what the connector did not foresee is CONNECTOR_DEFECT. */
export function translate(error: unknown, act: Act): Fault {
  if (isFault(error)) return error;
  if (isConnectorError(error)) {
    return new Fault({
      code: error.code,
      retry: error.retry,
      message: blotOut(error.message, act.secrets),
      subject: act.subject,
      retryAfterMs: error.retryAfterMs,
      cause: framesOf(error),
    });
  }
  return new Fault({
    code: 'CONNECTOR_DEFECT',
    retry: 'permanent',
    message: `the connector ${act.connector} failed in ${act.name} in a way it did not foresee (${kindOf(error)})`,
    subject: act.subject,
    cause: framesOf(error),
  });
}

/** The caller asked to stop; whoever asked knows why, so it is safe to begin again. */
export function aborted(act: Act): Fault {
  return new Fault({
    code: 'ABORTED',
    retry: 'transient',
    message: `${act.name} over ${act.connector} was stopped before it was done`,
    subject: act.subject,
  });
}

/** The text without the secrets in it. */
export function blotOut(message: string, secrets: readonly string[]): string {
  let text = message;
  for (const secret of secrets) {
    if (secret.length >= SECRET_LENGTH_MIN_CHARS) text = text.replaceAll(secret, '[secret]');
  }
  return text;
}

function kindOf(error: unknown): string {
  if (!isNativeError(error)) return typeof error;
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) ? `${error.name} ${code}` : error.name;
}

/** Where it happened, without the words: a foreign message may quote a record or a secret. */
function framesOf(error: unknown): Error | undefined {
  if (!isNativeError(error) || error.stack === undefined) return undefined;
  const frames = error.stack.split('\n').filter((line) => /^\s+at /.test(line));
  const place = new Error(kindOf(error));
  place.stack = [`${kindOf(error)}:`, ...frames.slice(0, FRAMES_MAX)].join('\n');
  return place;
}
