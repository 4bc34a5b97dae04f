/** One question to the service and its answer. */
import type { Dispatcher } from 'undici';

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Relative to the base, or an address under it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | AsyncIterable<Uint8Array> | undefined;
  /** Statuses that are answers here, beside 2xx. */
  readonly expected?: readonly number[] | undefined;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: Dispatcher.ResponseData['body'];
}
