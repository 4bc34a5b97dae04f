/**
 * Calls and streams over one pair of pipes, the same at both ends. A stream moves one frame for each that is asked for,
 * and one is asked for ahead, so that neither side can flood the other; whoever breaks the rules loses the link.
 */
import type { Duplex } from 'node:stream';
import { CODES, ConnectorError, isConnectorError, type ErrorCode } from '../../sdk/index.ts';
import { frameReader, send, type Frame, type SentError } from './frames.ts';

/** Calls the other side may have under way; the host's slots allow far fewer. */
const SERVED_MAX = 256;
/** Of a stream, in one frame: those that are there at once, up to so many, or until they are so long. */
const VALUES_MAX = 512;
const VALUES_CHARS_MAX = 64 * 1024;

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
  /** What was asked of `values` and has not come, or came too late for its frame. */
  ahead?: Promise<IteratorResult<unknown>> | undefined;
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

  /** Whether neither side waits for the other. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#served.size === 0;
  }

  /** Fails with the other side's error; when `signal` fires, the other side is told. */
  call(method: string, value: unknown, signal?: AbortSignal): Promise<unknown> {
    return this.#begin('call', method, value, signal, ({ value: answer }) => answer).next();
  }

  async *stream(method: string, value: unknown, signal?: AbortSignal): AsyncGenerator<unknown> {
    for await (const group of this.groups(method, value, signal)) for (const each of group) yield each;
  }

  /** The same stream as it comes: what was there at once is together. */
  async *groups(method: string, value: unknown, signal?: AbortSignal): AsyncGenerator<readonly unknown[]> {
    const begun = this.#begin('stream', method, value, signal, (frame) => frame);
    let isOver = false;
    try {
      this.#send({ kind: 'pull', id: begun.id, mine: true });
      for (;;) {
        const { kind, bytes, values } = (await begun.next()) as Frame;
        if (kind === 'end') {
          isOver = true;
          return;
        }
        this.#send({ kind: 'pull', id: begun.id, mine: true });
        yield bytes === undefined ? asList(values) : [bytes];
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
    let answer = awaitable();
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
        answer = awaitable();
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
    void gathered(served.values, served).then(
      (frame) => {
        served.isPulled = false;
        if (frame.kind === 'end') this.#served.delete(id);
        this.#send({ ...frame, id, mine: false });
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

/** The next frame: bytes alone, else every value that comes without anything being waited for. */
async function gathered(from: AsyncIterator<unknown>, served: Pick<Served, 'ahead'>): Promise<GatheredFrame> {
  const values: unknown[] = [];
  let chars = 0;
  const turn = new Promise<undefined>((resolve) => void setImmediate(resolve, undefined));
  while (values.length < VALUES_MAX && chars < VALUES_CHARS_MAX) {
    const next = (served.ahead ??= from.next());
    // Told to whoever asks for the next frame.
    next.catch(() => {});
    const came = await (values.length === 0 ? next : Promise.race([next, turn]).catch(() => undefined));
    if (came === undefined) break;
    const isAlone = came.done === true || came.value instanceof Uint8Array;
    if (isAlone && values.length > 0) break;
    served.ahead = undefined;
    if (came.done === true) return { kind: 'end' };
    if (came.value instanceof Uint8Array) return { kind: 'bytes', bytes: came.value };
    values.push(came.value);
    chars += JSON.stringify(came.value)?.length ?? 0;
  }
  return { kind: 'values', values };
}

type GatheredFrame = Pick<Frame, 'kind' | 'values' | 'bytes'>;

/** A promise that may be refused before anybody waits for it. */
function awaitable(): PromiseWithResolvers<unknown> {
  const made = Promise.withResolvers<unknown>();
  made.promise.catch(() => {});
  return made;
}

function asList(values: readonly unknown[] | undefined): readonly unknown[] {
  return Array.isArray(values) ? values : [];
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
