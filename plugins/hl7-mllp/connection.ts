/** One connection to a receiver: one message at a time, and no answer that came before its question. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { ConnectorError, type ConnectorContext, tellConnected, unlessAborted } from '@waybill/connector-sdk';
import { allowedAt, whenSpokenIsOver } from '@waybill/connector-sdk/older-algorithms';
import {
  authorityOf,
  certificatePairOf,
  type Negotiated,
  negotiatedBy,
  OLDER_SUITES,
  tlsFailure,
  tlsPolicyWith,
} from '@waybill/connector-sdk/tls';
import { BlockReader, END, START } from './frame.ts';
import {
  ADMISSION_WAIT_MS,
  ANSWER_BYTES_MAX,
  CLOSE_DEADLINE_MS,
  CONNECT_DEADLINE_MS,
  SEND_DEADLINE_MS,
} from './limits.ts';
import type { Settings } from './settings.ts';
import { Wait } from './wait.ts';

export class Connection {
  readonly negotiated: Negotiated | undefined;
  /** The older suite it speaks. */
  readonly olderSuite: string | undefined;
  readonly #socket: Socket;
  readonly #origin: string;
  readonly #reader = new BlockReader(ANSWER_BYTES_MAX);
  readonly #answers: Uint8Array[] = [];
  #failure: unknown;
  #isClosed = false;
  /** Whether it speaks what may no longer be spoken: the message that is under way is its last. */
  #isOver: () => boolean = () => false;
  #isAsking = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket, origin: string, negotiated: Negotiated | undefined) {
    this.#socket = socket;
    this.#origin = origin;
    this.negotiated = negotiated;
    const suite = negotiated && (socket as TLSSocket).getCipher().name;
    this.olderSuite = OLDER_SUITES.find((each) => each === suite);
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(undefined));
  }

  /** Fails with UNAVAILABLE where nobody listens, PEER_NOT_TRUSTED, AUTH_FAILED. */
  static async open(config: Settings, context: ConnectorContext, signal: AbortSignal): Promise<Connection> {
    const origin = `${config.host}:${config.port}`;
    signal.throwIfAborted();
    const socket = await start(config, context);
    socket.setNoDelay(true);
    const wait = new Wait(CONNECT_DEADLINE_MS, () => socket.destroy());
    try {
      await unlessAborted(wait.for(established(socket, config)), signal);
      const negotiated = config.tls === 'none' ? undefined : negotiatedBy(socket as TLSSocket);
      requirePinned(config, negotiated, origin);
      const connection = new Connection(socket, origin, negotiated);
      connection.#endWith(config, context);
      if (negotiated?.protocol === 'TLSv1.3') await unlessAborted(connection.#admitted(), signal);
      tellConnected(context, { peer: origin, ...(negotiated ?? { protocol: 'none' }) });
      return connection;
    } catch (error) {
      socket.destroy();
      throw signal.aborted ? signal.reason : explained(error, origin);
    } finally {
      wait.end();
    }
  }

  /**
   * TLS 1.3 judges our certificate when we already take the handshake for done (RFC 8446, 4.4.2.4): a ticket, or a
   * refusal, comes after that. Not every receiver gives tickets.
   */
  async #admitted(): Promise<void> {
    const wait = new Wait(ADMISSION_WAIT_MS, () => {});
    const heard = new Promise<void>((resolve) => {
      // Not at once: whoever writes while the ticket is still being read spoils the connection.
      this.#socket.once('session', () => setImmediate(resolve));
      this.#socket.once('close', () => resolve());
    });
    await wait.for(heard).catch(() => {});
    wait.end();
    if (!this.#isClosed) return;
    const failure = explained(this.#failure, this.#origin);
    if (failure.code !== 'UNAVAILABLE') throw failure;
    const message = `${this.#origin} closes when it has seen our certificate, or that there is none`;
    throw new ConnectorError('AUTH_FAILED', `${message}; name clientCertificate and clientKey that it knows`);
  }

  /** Whether the next message may go over it: it is open, and everything that came was taken. */
  get isUsable(): boolean {
    return (
      !this.#isClosed &&
      !this.#isOver() &&
      this.#failure === undefined &&
      this.#answers.length === 0 &&
      this.#reader.isBetween
    );
  }

  /** A message that is under way is answered first: cut, it would be in doubt. */
  #endWith({ olderAlgorithms }: Settings, context: ConnectorContext): void {
    const { olderSuite } = this;
    if (olderSuite === undefined) return;
    this.#isOver = () => !allowedAt(olderAlgorithms, context.now()).includes(olderSuite);
    const end = (): void => {
      if (!this.#isAsking) this.drop();
    };
    this.#socket.on(
      'close',
      whenSpokenIsOver(olderAlgorithms, [olderSuite], () => context.now(), end),
    );
  }

  /** Sends a message up to the bytes that make it one. What fails here has delivered nothing. */
  async begin(message: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#write(Buffer.concat([START, message]), signal);
    if (!this.isUsable) throw new ConnectorError('UNAVAILABLE', `${this.#origin} answers before it was asked`);
  }

  /** From here on the message may have been taken. */
  async complete(signal: AbortSignal): Promise<void> {
    this.#isAsking = true;
    await this.#write(END, signal);
  }

  /** The message is settled, one way or the other. */
  rest(): void {
    this.#isAsking = false;
    if (this.#isOver()) this.drop();
  }

  /** The next block that comes. Fails with UNAVAILABLE when none comes in time or any more. */
  async answer(wait: Wait, signal: AbortSignal): Promise<Uint8Array> {
    for (;;) {
      const next = this.#answers.shift();
      if (next !== undefined) return next;
      if (this.#failure !== undefined) throw explained(this.#failure, this.#origin);
      if (this.#isClosed) throw new ConnectorError('UNAVAILABLE', `${this.#origin} closed the connection`);
      await unlessAborted(
        wait.for(
          new Promise<void>((resolve) => {
            this.#wake = resolve;
          }),
        ),
        signal,
      );
    }
  }

  /** Closes it in order; fails with what the other side says to that. */
  async finish(): Promise<void> {
    if (this.#isClosed) return;
    const wait = new Wait(CLOSE_DEADLINE_MS, () => this.#socket.destroy());
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.end();
    await wait.for(closed).catch(() => {});
    wait.end();
    if (this.#failure !== undefined) throw explained(this.#failure, this.#origin);
  }

  drop(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  async #write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const wait = new Wait(SEND_DEADLINE_MS, () => this.#socket.destroy());
    const written = new Promise<void>((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error == null ? resolve() : reject(error)));
    });
    try {
      await unlessAborted(wait.for(written), signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : explained(this.#failure ?? error, this.#origin);
    } finally {
      wait.end();
    }
  }

  #hear(chunk: Buffer): void {
    try {
      this.#answers.push(...this.#reader.push(chunk));
    } catch (error) {
      this.#end(error);
      this.#socket.destroy();
    }
    this.#wake();
  }

  #end(failure: unknown): void {
    this.#failure ??= failure;
    this.#isClosed = true;
    this.#wake();
  }
}

async function start(config: Settings, context: ConnectorContext): Promise<Socket> {
  const { ca: named, host, olderAlgorithms, port, tls } = config;
  if (tls === 'none') return connectTcp({ host, port });
  const ca = await authorityOf(named);
  const pair = certificatePairOf(context, 'clientCertificate', 'clientKey');
  const name = isIP(host) === 0 ? { servername: host } : {};
  const policy = tlsPolicyWith(allowedAt(olderAlgorithms, context.now()));
  return connectTls({ host, port, ...policy, ...name, ...(ca !== undefined && { ca }), ...pair });
}

function established(socket: Socket, { tls }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(tls === 'none' ? 'connect' : 'secureConnect', () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new ConnectorError('UNAVAILABLE', 'it closed at once')));
  });
}

function requirePinned({ pin }: Settings, negotiated: Negotiated | undefined, origin: string): void {
  if (pin === undefined || negotiated?.certificate === pin) return;
  const message = `${origin} shows another certificate than the pinned one (${negotiated?.certificate})`;
  throw new ConnectorError('PEER_NOT_TRUSTED', `${message}; ask its administrator before you change pin`);
}

/** The contract's own error for what a socket fails with. */
function explained(error: unknown, origin: string): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'no answer in time';
  return tlsFailure(code, origin) ?? new ConnectorError('UNAVAILABLE', `${origin} cannot be spoken with (${code})`);
}
