/**
 * Calls and streams over one pair of pipes, the same at both ends. A stream moves one value for each that is asked for,
 * so that neither side can flood the other; whoever breaks the rules loses the link.
 */
import type { Duplex } from 'node:stream';
import { CODES, ConnectorError, isConnectorError, type ErrorCode } from '../../sdk/index.ts';
import { frameReader, send, type Frame, type SentError } from './frames.ts';

/** Calls the other side may have under way; the host's slots allow far fewer. */
const SERVED_MAX = 256;

/** What a side does when it is called: answers once, or with a stream of values or bytes. */
export interface Services {
  call(method: string, value: unknown, signal: AbortSignal): Promise<unknown>;
  stream(method: string, value: unknown, signal: AbortSignal): AsyncIterable<unknown>;
}

interface Waiting {
  settle(frame: Frame): void;
  lose(error: Error): void;
}

interface Served {
  readonly stop: AbortController;
  readonly values?: AsyncIterator<unknown> | undefined;
  isPulled: boolean;
}

export class Link {
  readonly #socket: Duplex;
  readonly #services: Services;
  readonly #waiting = new Map<number, Waiting>();
  readonly #served = new Map<number, Served>();
  #next = 0;
  #lost: Error | undefined;

  constructor(socket: Duplex, services: Services, lost: (error: Error) => void) {
    this.#socket = socket;
    this.#services = services;
    const lose = (error: Error): void => {
      if (this.#lost !== undefined) return;
      this.#lost = error;
      socket.destroy();
      for (const each of this.#waiting.values()) each.lose(error);
      for (const each of this.#served.values()) each.stop.abort(error);
      lost(error);
    };
    const read = frameReader((frame) => this.#receive(frame));
    socket.on('data', (piece: Uint8Array) => {
      try {
        read(piece);
      } catch (error) {
        lose(error instanceof Error ? error : new Error('the link was misused'));
      }
    });
    socket.on('error', lose);
    socket.on('close', () => lose(new Error('the link was closed')));
  }

  /** Fails with the other side's error; when `signal` fires, the other side is told. */
  call(method: string, value: unknown, signal?: AbortSignal): Promise<unknown> {
    return this.#begin('call', method, value, signal, ({ value: answer }) => answer).next();
  }

  async *stream(method: string, value: unknown, signal?: AbortSignal): AsyncGenerator<unknown> {
    const begun = this.#begin('stream', method, value, signal, (frame) => frame);
    let isOver = false;
    try {
      for (;;) {
        this.#send({ kind: 'pull', id: begun.id, mine: true });
        const frame = (await begun.next()) as Frame;
        if (frame.kind === 'end') {
          isOver = true;
          return;
        }
        yield frame.bytes ?? frame.value;
      }
    } catch (error) {
      isOver = true;
      throw error;
    } finally {
      begun.end();
      if (!isOver) this.#send({ kind: 'stop', id: begun.id, mine: true });
    }
  }

  #begin(
    kind: 'call' | 'stream',
    method: string,
    value: unknown,
    signal: AbortSignal | undefined,
    read: (frame: Frame) => unknown,
  ) {
    const id = this.#next++;
    let answer = Promise.withResolvers<unknown>();
    const stop = (): void => this.#send({ kind: 'stop', id, mine: true });
    const end = (): void => {
      signal?.removeEventListener('abort', stop);
      this.#waiting.delete(id);
    };
    this.#waiting.set(id, {
      settle: (frame) => {
        if (frame.kind === 'fail') answer.reject(received(frame.error));
        else answer.resolve(read(frame));
      },
      lose: (error) => answer.reject(error),
    });
    if (this.#lost !== undefined) answer.reject(this.#lost);
    else this.#send({ kind, id, mine: true, method, value });
    signal?.addEventListener('abort', stop, { once: true });
    const next = async (): Promise<unknown> => {
      try {
        return await answer.promise;
      } finally {
        if (kind === 'call') end();
        answer = Promise.withResolvers();
      }
    };
    return { id, next, end };
  }

  #receive(frame: Frame): void {
    // `mine` is said from the sender's side: what it began, we serve.
    if (frame.mine) this.#serve(frame);
    else this.#waiting.get(frame.id)?.settle(frame);
  }

  #serve(frame: Frame): void {
    const { id, kind, method = '', value } = frame;
    if (kind === 'stop') return this.#served.get(id)?.stop.abort(new Error('stopped'));
    if (kind === 'pull') return this.#pull(id);
    if (this.#served.size >= SERVED_MAX || this.#served.has(id)) throw new RangeError('too many calls at once');
    const stop = new AbortController();
    if (kind === 'stream') {
      const values = this.#services.stream(method, value, stop.signal)[Symbol.asyncIterator]();
      this.#served.set(id, { stop, values, isPulled: false });
      stop.signal.addEventListener('abort', () => this.#leave(id, values), { once: true });
      return;
    }
    this.#served.set(id, { stop, isPulled: false });
    const reply = (answer: Pick<Frame, 'kind' | 'value' | 'error'>): void => {
      this.#served.delete(id);
      this.#send({ ...answer, id, mine: false });
    };
    this.#services.call(method, value, stop.signal).then(
      (done) => reply({ kind: 'done', value: done }),
      (error: unknown) => reply({ kind: 'fail', error: sendable(error) }),
    );
  }

  #pull(id: number): void {
    const served = this.#served.get(id);
    if (served?.values === undefined || served.isPulled) return;
    served.isPulled = true;
    served.values.next().then(
      ({ done, value }) => {
        served.isPulled = false;
        if (done === true) this.#served.delete(id);
        const said = value instanceof Uint8Array ? { bytes: value } : { value };
        this.#send(done === true ? { kind: 'end', id, mine: false } : { kind: 'value', id, mine: false, ...said });
      },
      (error: unknown) => {
        this.#served.delete(id);
        this.#send({ kind: 'fail', id, mine: false, error: sendable(error) });
      },
    );
  }

  #leave(id: number, values: AsyncIterator<unknown>): void {
    this.#served.delete(id);
    values.return?.().catch(() => {});
  }

  #send(frame: Frame): void {
    if (this.#lost === undefined) send(this.#socket, frame);
  }
}

function sendable(error: unknown): SentError {
  if (isConnectorError(error)) return { code: error.code, message: error.message, retryAfterMs: error.retryAfterMs };
  return { message: error instanceof Error ? error.name : typeof error };
}

function received(error: SentError | undefined): Error {
  const { code, message = 'unknown', retryAfterMs } = error ?? {};
  if (code === undefined || !Object.hasOwn(CODES, code)) return new Error(String(message));
  return new ConnectorError(code as ErrorCode, String(message), { retryAfterMs });
}
