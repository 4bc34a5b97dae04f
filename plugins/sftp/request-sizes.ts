/** How much of a file one request carries: what every server takes, or more where the server says that it takes it. */
import { FieldReader } from './wire.ts';

export interface RequestSizes {
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** OpenSSH's PROTOCOL, section 4.8. */
export const LIMITS = 'limits@openssh.com';
/** Every server takes this; OpenSSH's own client uses it too. */
export const SMALL_REQUEST_BYTES = 32 * 1024;
/** What OpenSSH says it takes. With its head it stays below what one answer may have. */
const REQUEST_MAX_BYTES = 255 * 1024;
/** A server that says less would have us keep thousands of requests in mind for one file. */
const REQUEST_MIN_BYTES = 4 * 1024;

export const SMALL_REQUESTS: RequestSizes = { readBytes: SMALL_REQUEST_BYTES, writeBytes: SMALL_REQUEST_BYTES };

/** In the answer to LIMITS: the longest packet, read and write; 0 where the server has no word on it. */
export function sizesIn(answer: Buffer): RequestSizes {
  const reader = new FieldReader(answer);
  reader.uint64();
  return { readBytes: within(reader.uint64()), writeBytes: within(reader.uint64()) };
}

function within(statedBytes: number): number {
  if (statedBytes === 0) return SMALL_REQUEST_BYTES;
  return Math.max(REQUEST_MIN_BYTES, Math.min(statedBytes, REQUEST_MAX_BYTES));
}

/** How many small requests a request of so many bytes stands for, where what is under way is counted. */
export function weightOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / SMALL_REQUEST_BYTES));
}
