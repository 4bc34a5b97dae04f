/**
 * Calls and streams over one pair of pipes, the same at both ends. A stream has a window, so that neither side can
 * flood the other; whoever breaks the rules loses the link.
 */
import type { OnReadOpts, Socket } from 'node:net';
import { CODES, ConnectorError, isConnectorError, type ErrorCode } from '../../sdk/index.ts';
import { FrameReader, send, type Frame, type SentError } from './frames.ts';
import type { Rooms } from './rooms.ts';
import type { Shelf } from './shelf.ts';
import { Arriving, Sending, WINDOW_BYTES, type Sender } from './window.ts';

/** Calls the other side may have under way; the host's slots allow far fewer. */
const SERVED_MAX = 256;

/** What a side does when it is called: answers once, or with a stream of values or bytes. */
export interface Services {
  call(method: string, value: unknown, signal: AbortSignal): Promise<unknown>;
  stream(method: string, value: unknown, signal: AbortSignal): AsyncIterable<unknown>;
}

/** Makes the socket of this side, which reads to where it is told. */
export type OpenSocket = (
  onread: OnReadOpts,
) => Pick<Socket, 'cork' | 'destroy' | 'on' | 'uncork' | 'writableLength' | 'write'>;

interface Waiting {
  settle(frame: Frame, sizeBytes: number): void;
  /** Where bytes from the shelf go; to memory of their own where it is left out. */
  readonly room?: ((sizeBytes: number) => Buffer) | undefined;
  lose(error: Error): void;
}

interface Served {
  readonly stop: AbortController;
  readonly sending?: Sending | undefined;
}

export class Link {
  readonly #socket: ReturnType<OpenSocket>;
  readonly #services: Services;
  readonly #shelf: Shelf | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #served = new Map<number, Served>();
  /** What is under way on either side fails. */
  readonly close: () => void;
  #next = 0;
  #lost: Error | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  /** Long bytes go by the shelf, where there is one; it is closed with the link. */
  constructor(open: OpenSocket, services: Services, lost: (error: Error) => void, shelf?: Shelf) {
    this.#services = services;
    this.#shelf = shelf;
    const drained = (): void => {
      this.#drained?.resolve();
      this.#drained = undefined;
    };
    const lose = (error: Error): void => {
      if (this.#lost !== undefined) return;
      this.#lost = error;
      this.#socket.destroy();
      shelf?.close();
      drained();
      for (const each of this.#waiting.values()) each.lose(error);
      for (const each of this.#served.values()) each.stop.abort(error);
      lost(error);
    };
    this.close = () => lose(new Error('the link was closed'));
    const reader = new FrameReader((frame, sizeBytes) => this.#receive(frame, sizeBytes));
    const callback = (bytes: number): boolean => {
      try {
        reader.filled(bytes);
      } catch (error) {
        lose(error instanceof Error ? error : new Error('the link was misused'));
      }
      return this.#lost === undefined;
    };
    this.#socket = open({ buffer: () => reader.room(), callback });
    this.#socket.on('drain', drained);
    this.#socket.on('error', lose);
    this.#socket.on('close', this.close);
  }

  /** Whether neither side waits for the other. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#served.size === 0;
  }

  /** Fails with the other side's error; when `signal` fires, the other side is told. */
  async call(method: string, value: unknown, signal?: AbortSignal): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    const settle = (frame: Frame): void => {
      if (frame.kind === 'fail') answer.reject(received(frame.error));
      else answer.resolve(frame.value);
    };
    const { end } = this.#begin('call', { method, value }, signal, { settle, lose: answer.reject });
    return answer.promise.finally(end);
  }

  async *stream(method: string, value: unknown, signal?: AbortSignal): AsyncGenerator<unknown> {
    for await (const group of this.groups(method, value, signal)) for (const each of group) yield each;
  }

  /** The same stream as it comes: what was there at once is together. With `rooms`, bytes are there until the next. */
  async *groups(
    method: string,
    value: unknown,
    signal?: AbortSignal,
    rooms?: Rooms,
  ): AsyncGenerator<readonly unknown[]> {
    const arriving = new Arriving((takenBytes) => this.#send({ kind: 'taken', id, mine: true, takenBytes }));
    const { id, end } = this.#begin('stream', { method, value }, signal, {
      settle: (frame, sizeBytes) => arriving.add(frame, sizeBytes),
      lose: (error) => arriving.lose(error),
      room: rooms?.take,
    });
    let isOver = false;
    try {
      for (;;) {
        const { kind, bytes, values, error } = await arriving.next();
        isOver = kind === 'end' || kind === 'fail';
        if (kind === 'fail') throw received(error);
        if (kind === 'end') return;
        yield bytes === undefined ? asList(values) : [bytes];
        if (bytes !== undefined) rooms?.giveBack(bytes);
      }
    } finally {
      end();
      if (!isOver) this.#send({ kind: 'stop', id, mine: true });
    }
  }

  #begin(
    kind: 'call' | 'stream',
    asked: Pick<Frame, 'method' | 'value'>,
    signal: AbortSignal | undefined,
    waiting: Waiting,
  ) {
    const id = this.#next++;
    const stop = (): unknown => this.#send({ kind: 'stop', id, mine: true });
    const end = (): void => {
      signal?.removeEventListener('abort', stop);
      this.#waiting.delete(id);
    };
    this.#waiting.set(id, waiting);
    if (this.#lost === undefined) this.#send({ kind, id, mine: true, ...asked });
    else waiting.lose(this.#lost);
    signal?.addEventListener('abort', stop, { once: true });
    return { id, end };
  }

  #receive(frame: Frame, sizeBytes: number): void {
    if (frame.readUpTo !== undefined) this.#shelf?.wasRead(frame.readUpTo);
    // `mine` is said from the sender's side: what it began, we serve.
    if (frame.mine) return this.#serve(frame);
    const waiting = this.#waiting.get(frame.id);
    const { placed } = frame;
    if (placed === undefined) return waiting?.settle(frame, sizeBytes);
    if (this.#shelf === undefined) throw new RangeError('there is no shelf');
    if (waiting === undefined) return this.#shelf.leave(placed);
    waiting.settle({ ...frame, bytes: this.#shelf.take(placed, waiting.room) }, sizeBytes + placed.sizeBytes);
  }

  #serve(frame: Frame): void {
    const { id, kind, method = '', value } = frame;
    const served = this.#served.get(id);
    if (kind === 'stop') return served?.stop.abort(new Error('stopped'));
    if (kind === 'taken') {
      served?.sending?.taken(frame.takenBytes);
      return this.#goOn(id);
    }
    if (this.#served.size >= SERVED_MAX || served !== undefined) throw new RangeError('too many calls at once');
    const stop = new AbortController();
    if (kind === 'stream') {
      const values = this.#services.stream(method, value, stop.signal);
      const send: Sender['send'] = (part) => this.#send({ ...part, id, mine: false });
      const sending = new Sending(values, { send, ready: () => this.#ready() });
      this.#served.set(id, { stop, sending });
      stop.signal.addEventListener('abort', () => this.#leave(id, sending), { once: true });
      return this.#goOn(id);
    }
    this.#served.set(id, { stop });
    const reply = (answer: Pick<Frame, 'kind' | 'value' | 'error'>): void => {
      this.#served.delete(id);
      this.#send({ ...answer, id, mine: false });
    };
    this.#services.call(method, value, stop.signal).then(
      (done) => reply({ kind: 'done', value: done }),
      (error: unknown) => reply({ kind: 'fail', error: sendable(error) }),
    );
  }

  /** Many streams at once are not read from faster than the socket takes what they give. */
  #ready(): Promise<void> | undefined {
    if (this.#lost !== undefined || this.#socket.writableLength < WINDOW_BYTES) return undefined;
    return (this.#drained ??= Promise.withResolvers()).promise;
  }

  #goOn(id: number): void {
    this.#served
      .get(id)
      ?.sending?.go()
      .then(
        (isOver) => isOver && this.#served.delete(id),
        (error: unknown) => {
          this.#served.delete(id);
          this.#send({ kind: 'fail', id, mine: false, error: sendable(error) });
        },
      );
  }

  #leave(id: number, sending: Sending): void {
    this.#served.delete(id);
    sending.leave();
  }

  /** The length of what was sent. */
  #send({ bytes, ...head }: Frame): number {
    if (this.#lost !== undefined) return 0;
    const placed = bytes && this.#shelf?.lay(bytes);
    const readUpTo = this.#shelf?.untold();
    if (placed === undefined) return send(this.#socket, { ...head, readUpTo, bytes });
    return send(this.#socket, { ...head, readUpTo, placed }) + placed.sizeBytes;
  }
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
