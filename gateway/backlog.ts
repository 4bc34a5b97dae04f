/** A bounded queue from a pushing source to a pulling reader; what does not fit is decided by the kind of stream. */
import { GraphQLError } from 'graphql';
import type { StreamKind, SubgraphAnswer, SubgraphError } from './transport.ts';

/** Values a reader may lag behind. States replace each other, so few are kept; a cursor stream keeps every one. */
export const BACKLOG_MAX: Readonly<Record<StreamKind, number>> = { state: 16, cursor: 1_000 };

/** A stream that ended with errors: what its iterator throws after everything it still held. */
export class StreamEnded extends Error {
  readonly errors: readonly SubgraphError[];

  constructor(errors: readonly SubgraphError[]) {
    super('the stream ended with errors');
    this.name = 'StreamEnded';
    this.errors = errors;
  }
}

/** Ends a cursor stream: the client subscribes again with its last cursor and misses nothing. */
export function resubscribe(why: string): GraphQLError {
  return new GraphQLError(`${why}; subscribe again from your last cursor`, { extensions: { code: 'RESUBSCRIBE' } });
}

export interface Backlog extends AsyncIterableIterator<SubgraphAnswer> {
  push(answer: SubgraphAnswer): void;
  /** Ends the stream after what it holds, with the errors if there are any. */
  end(errors?: readonly SubgraphError[]): void;
  return(): Promise<IteratorReturnResult<undefined>>;
}

interface Hooks {
  /** The reader wants no more. */
  readonly released: () => void;
  readonly dropped: () => void;
}

interface Reader {
  resolve(step: IteratorResult<SubgraphAnswer, undefined>): void;
  reject(error: StreamEnded): void;
}

const DONE = { done: true as const, value: undefined };

/** A state stream that overflows loses its oldest value; a cursor stream ends with RESUBSCRIBE. */
export function openBacklog(stream: StreamKind, hooks: Hooks): Backlog {
  return new BoundedBacklog(stream, hooks);
}

class BoundedBacklog implements Backlog {
  readonly #stream: StreamKind;
  readonly #hooks: Hooks;
  readonly #held: SubgraphAnswer[] = [];
  #reader: Reader | undefined;
  #end: 'open' | 'ended' | StreamEnded = 'open';

  constructor(stream: StreamKind, hooks: Hooks) {
    this.#stream = stream;
    this.#hooks = hooks;
  }

  push(answer: SubgraphAnswer): void {
    if (this.#end !== 'open') return;
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) reader.resolve({ done: false, value: answer });
    else if (this.#held.push(answer) > BACKLOG_MAX[this.#stream]) this.#overflow();
  }

  end(errors?: readonly SubgraphError[]): void {
    if (this.#end !== 'open') return;
    this.#end = errors === undefined ? 'ended' : new StreamEnded(errors);
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) void this.next().then(reader.resolve, reader.reject);
  }

  next(): Promise<IteratorResult<SubgraphAnswer, undefined>> {
    const value = this.#held.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#end === 'ended') return Promise.resolve(DONE);
    if (this.#end !== 'open') {
      const error = this.#end;
      this.#end = 'ended';
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#held.length = 0;
    if (this.#end === 'open') this.#hooks.released();
    this.#end = 'ended';
    this.#reader?.resolve(DONE);
    this.#reader = undefined;
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #overflow(): void {
    this.#hooks.dropped();
    if (this.#stream === 'state') {
      this.#held.shift();
      return;
    }
    this.#hooks.released();
    this.end([resubscribe('the stream fell behind')]);
  }
}
