/** Whether trying again can help: `ambiguous` means the other side may already have acted. */
export type Retry = 'transient' | 'ambiguous' | 'permanent';

/** What kind of thing went wrong, which decides who is asked to mend it. */
export type ErrorClass = 'network' | 'auth' | 'config' | 'data' | 'integrity' | 'unsupported';

/** Every code a connector may fail with. The host acts on the code, never on the message. */
export const CODES = {
  ITEM_NOT_FOUND: { retry: 'permanent', class: 'data' },
  ITEM_CONFLICT: { retry: 'permanent', class: 'integrity' },
  ITEM_CHANGED: { retry: 'permanent', class: 'integrity' },
  ITEM_REFUSED: { retry: 'permanent', class: 'data' },
  PATH_REFUSED: { retry: 'permanent', class: 'data' },
  CONFIG_INVALID: { retry: 'permanent', class: 'config' },
  AUTH_FAILED: { retry: 'permanent', class: 'auth' },
  ACCESS_DENIED: { retry: 'permanent', class: 'auth' },
  PEER_NOT_TRUSTED: { retry: 'permanent', class: 'auth' },
  NOT_READABLE: { retry: 'permanent', class: 'unsupported' },
  DELIVERY_IN_DOUBT: { retry: 'permanent', class: 'integrity' },
  UNSUPPORTED: { retry: 'permanent', class: 'unsupported' },
  SPACE_EXHAUSTED: { retry: 'permanent', class: 'network' },
  UNAVAILABLE: { retry: 'transient', class: 'network' },
  RATE_LIMITED: { retry: 'transient', class: 'network' },
  STREAM_TRUNCATED: { retry: 'transient', class: 'integrity' },
  OUTCOME_UNKNOWN: { retry: 'ambiguous', class: 'network' },
} as const satisfies Record<string, { readonly retry: Retry; readonly class: ErrorClass }>;
export type ErrorCode = keyof typeof CODES;

const MARK = Symbol.for('waybill.connector-error');

/** The only error a connector throws on purpose. Messages name paths and hosts, never contents and never secrets. */
export class ConnectorError extends Error {
  readonly [MARK] = true;
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly class: ErrorClass;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ConnectorError';
    this.code = code;
    this.retry = CODES[code].retry;
    this.class = CODES[code].class;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Recognises the error even when two copies of this SDK are installed. */
export function isConnectorError(error: unknown): error is ConnectorError {
  return typeof error === 'object' && error !== null && MARK in error;
}
