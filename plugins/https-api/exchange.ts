/** One question to the service and its answer. */
import type { Dispatcher } from 'undici';

/**
 * How far an address may lead. `base`: to what lies under the base, which is meant when it is left out. `origin`: to
 * the same service. `open`: there, and to the origins the settings name, without the token.
 */
export type Reach = 'base' | 'origin' | 'open';

export interface Ask {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Relative to the base, or an address within the reach. */
  readonly path: string;
  readonly reach?: Reach | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Statuses that are answers here, beside 2xx. */
  readonly expected?: readonly number[] | undefined;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: Dispatcher.ResponseData['body'];
}
