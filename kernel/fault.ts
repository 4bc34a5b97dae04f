/** The machine failed: a fault is thrown, has a code, and says whether trying again can help. */

/** `transient`: safe to retry. `ambiguous`: the other side may have acted; look up first. `permanent`: never retry. */
export type Retry = 'transient' | 'ambiguous' | 'permanent';

export interface FaultDetails {
  readonly code: string;
  readonly retry: Retry;
  /** What happened and what to do, in words; never patient data, never a secret. */
  readonly message: string;
  /** The item, record, file or endpoint concerned, by its opaque id. */
  readonly subject?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

const FAULT = Symbol.for('waybill.fault');

export class Fault extends Error {
  readonly [FAULT] = true;
  readonly code: string;
  readonly retry: Retry;
  readonly subject: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(details: FaultDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Fault';
    this.code = details.code;
    this.retry = details.retry;
    this.subject = details.subject;
    this.retryAfterMs = details.retryAfterMs;
  }
}

export function isFault(error: unknown): error is Fault {
  return typeof error === 'object' && error !== null && FAULT in error;
}

/** A fault that says a promise inside Waybill was broken: a defect of ours. */
export function brokenPromise(message: string, subject?: string): Fault {
  return new Fault({ code: 'BROKEN_PROMISE', retry: 'permanent', message, subject });
}
