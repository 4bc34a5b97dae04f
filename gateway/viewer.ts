/** One subscription on one socket: messages go out as they come, and a slow reader is bounded. */
import { GraphQLError } from 'graphql';
import type WebSocket from 'ws';
import { BACKLOG_MAX, resubscribe } from './backlog.ts';
import type { Viewer } from './hub.ts';
import { asGraphQLError, type ToldError } from './masking.ts';
import type { StreamKind } from './transport.ts';

/** Bytes a socket may have unsent before its viewer starts to lag. */
const UNSENT_MAX_BYTES = 256 * 1024;

/**
 * What graphql-ws is given as the operation's result: it yields nothing, because the messages are written straight to
 * the socket, already serialised; its end becomes the `complete` or `error` message.
 */
export interface SocketViewer extends Viewer, AsyncIterableIterator<never> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

const DONE = { done: true as const, value: undefined };

/** `left` is called when the client goes away or unsubscribes; `dropped` for every state a slow client is spared. */
export function openViewer(
  socket: WebSocket,
  id: string,
  kind: StreamKind,
  hooks: { readonly left: () => void; readonly dropped: () => void },
): SocketViewer {
  return new LaggingViewer(socket, id, kind, hooks);
}

class LaggingViewer implements SocketViewer {
  readonly #socket: WebSocket;
  readonly #head: string;
  readonly #kind: StreamKind;
  readonly #hooks: { readonly left: () => void; readonly dropped: () => void };
  readonly #held: string[] = [];
  #state: 'waiting' | 'flowing' | 'lagging' | 'ended' = 'waiting';
  #finish: (() => void) | undefined;
  #outcome: { readonly error?: GraphQLError } | undefined;

  constructor(
    socket: WebSocket,
    id: string,
    kind: StreamKind,
    hooks: { readonly left: () => void; readonly dropped: () => void },
  ) {
    this.#socket = socket;
    this.#head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    this.#kind = kind;
    this.#hooks = hooks;
  }

  show(answer: string): void {
    if (this.#outcome !== undefined) return;
    if (this.#state === 'flowing') this.#send(answer);
    else if (this.#held.push(answer) > BACKLOG_MAX[this.#kind]) this.#overflow();
  }

  /** Pending until the stream has ended and everything held is on its way. */
  next(): Promise<IteratorResult<never, undefined>> {
    return new Promise((resolve, reject) => {
      this.#finish = () => {
        if (this.#outcome === undefined) return;
        this.#state = 'ended';
        this.#finish = undefined;
        if (this.#outcome.error) reject(this.#outcome.error);
        else resolve(DONE);
      };
      if (this.#state === 'waiting') this.#flow();
      else this.#finish();
    });
  }

  fail(errors: readonly ToldError[]): void {
    const [first = { message: 'the stream ended' }] = errors;
    this.#settle({ error: asGraphQLError(first) });
  }

  complete(): void {
    this.#settle({});
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#held.length = 0;
    if (this.#outcome === undefined) this.#hooks.left();
    this.#settle({});
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #send(answer: string): void {
    const text = `${this.#head}${answer}}`;
    if (this.#socket.bufferedAmount < UNSENT_MAX_BYTES) {
      this.#socket.send(text);
      return;
    }
    this.#state = 'lagging';
    this.#socket.send(text, () => this.#flow());
  }

  /** Sends what is held until the socket lags again. */
  #flow(): void {
    this.#state = 'flowing';
    while (this.#state === 'flowing') {
      const answer = this.#held.shift();
      if (answer === undefined) break;
      this.#send(answer);
    }
    if (this.#held.length === 0) this.#finish?.();
  }

  #overflow(): void {
    this.#hooks.dropped();
    if (this.#kind === 'state') {
      this.#held.shift();
      return;
    }
    this.#hooks.left();
    this.#settle({ error: resubscribe('this client reads too slowly') });
  }

  #settle(outcome: { readonly error?: GraphQLError }): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    if (this.#held.length === 0) this.#finish?.();
  }
}
