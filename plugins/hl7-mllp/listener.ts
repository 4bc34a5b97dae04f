/** Takes messages in over MLLP: each is stored durably, and only then acknowledged. */
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { ConnectorError, type ConnectorContext, isConnectorError, tellConnected } from '@waybill/connector-sdk';
import { headerOf, nameOf, wholeMessageProblem } from '@waybill/connector-sdk/hl7';
import { allowedAt, whenOver, whenSpokenIsOver } from '@waybill/connector-sdk/older-algorithms';
import { authorityOf, certificatePairOf, negotiatedBy, TLS_POLICY, tlsPolicyWith } from '@waybill/connector-sdk/tls';
import { BlockReader, END, START } from './frame.ts';
import { LISTEN_MAX_MS, MESSAGE_BYTES_MAX, SENDER_IDLE_MAX_MS, SENDERS_MAX } from './limits.ts';
import { codesFor, type Fate, replyTo } from './reply.ts';
import type { Settings } from './settings.ts';
import type { MessageStore, Stored } from './store.ts';

export class Listener {
  readonly #server: Server;
  readonly #store: MessageStore;
  readonly #context: ConnectorContext;
  readonly #senders = new Set<Socket>();
  #heard: () => void = () => {};

  private constructor(server: Server, store: MessageStore, context: ConnectorContext) {
    this.#server = server;
    this.#store = store;
    this.#context = context;
    server.maxConnections = SENDERS_MAX;
  }

  /** Undefined where somebody listens there already: they take messages in, and the folder is the same. */
  static async open(config: Settings, store: MessageStore, context: ConnectorContext): Promise<Listener | undefined> {
    const server = await serverFor(config, context);
    const listener = new Listener(server, store, context);
    server.on('connection', (socket: Socket) => {
      listener.#senders.add(socket);
      socket.on('close', () => listener.#senders.delete(socket));
      socket.on('error', () => {});
    });
    server.on(config.tls === 'none' ? 'connection' : 'secureConnection', (socket: Socket) => {
      tellConnected(context, negotiatedWith(socket, config));
      void listener.#attend(socket);
    });
    server.on('tlsClientError', () => context.log('mllp-sender-not-admitted'));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(config.port, config.host, resolve);
      });
      return listener;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
      const message = `${config.host}:${config.port} cannot be listened on (${(error as NodeJS.ErrnoException).code})`;
      throw new ConnectorError('CONFIG_INVALID', `${message}; set host to an address of this machine, and a free port`);
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when nothing has come for so long, at the latest after LISTEN_MAX_MS. */
  async quiet(quietMs: number, signal: AbortSignal): Promise<void> {
    const end = AbortSignal.any([signal, AbortSignal.timeout(LISTEN_MAX_MS)]);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, quietMs);
      this.#heard = () => timer.refresh();
      end.addEventListener('abort', () => resolve(), { once: true });
      end.addEventListener('abort', () => clearTimeout(timer), { once: true });
      if (end.aborted) resolve();
    });
    this.#heard = () => {};
    signal.throwIfAborted();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#senders) socket.destroy();
    await closed;
  }

  /** One message after the other; while one is written, its sender is not read from. */
  async #attend(socket: Socket): Promise<void> {
    socket.on('error', () => {});
    socket.setNoDelay(true);
    socket.setTimeout(SENDER_IDLE_MAX_MS, () => socket.destroy());
    const reader = new BlockReader(MESSAGE_BYTES_MAX);
    try {
      for await (const chunk of socket) {
        for (const message of reader.push(chunk as Buffer)) await this.#take(message, socket);
      }
    } catch (error) {
      const code = isConnectorError(error) ? error.code : ((error as NodeJS.ErrnoException).code ?? 'UNEXPECTED');
      this.#context.log('mllp-sender-left', { code });
    }
    socket.destroy();
  }

  async #take(message: Uint8Array, socket: Socket): Promise<void> {
    this.#heard();
    const header = headerOf(message);
    // What has no control id cannot be answered for.
    if ('problem' in header) throw new ConnectorError('ITEM_REFUSED', 'a sender sent what is no message');
    const problem = wholeMessageProblem(message);
    const fate = problem === undefined ? await this.#keep(message, header) : 'refused';
    if (problem !== undefined) this.#tell('mllp-not-one-message', header.controlId);
    for (const code of codesFor(header, fate)) {
      socket.write(Buffer.concat([START, replyTo(header, code, this.#context.now()), END]));
    }
  }

  async #keep(message: Uint8Array, header: Parameters<MessageStore['keep']>[1]): Promise<Fate> {
    try {
      const stored: Stored = await this.#store.keep(message, header);
      if (stored === 'had-it') this.#tell('mllp-had-it', header.controlId);
      if (stored !== 'conflict') return 'kept';
      this.#tell('mllp-conflict', header.controlId);
      return 'refused';
    } catch (error) {
      this.#context.log('mllp-not-stored', { code: isConnectorError(error) ? error.code : 'UNEXPECTED' });
      return 'failed';
    }
  }

  #tell(fact: string, controlId: string): void {
    this.#context.log(fact, { message: nameOf(controlId) });
  }
}

/** What a sender agreed on with us, the certificate that it showed, if it did, and ours. */
function negotiatedWith(socket: Socket, { tls }: Settings): Readonly<Record<string, string>> {
  const peer = socket.remoteAddress ?? 'unknown';
  if (tls === 'none') return { peer, protocol: 'none' };
  const secured = socket as TLSSocket;
  const shown = secured.getPeerX509Certificate();
  const { protocol, cipher, ...ofSender } = negotiatedBy(secured, shown);
  const ours = secured.getX509Certificate()?.fingerprint256 ?? 'unknown';
  return { peer, protocol, cipher, ...(shown && ofSender), ownCertificate: ours };
}

async function serverFor(config: Settings, context: ConnectorContext): Promise<Server> {
  if (config.tls === 'none') return createTcpServer();
  const pair = certificatePairOf(context, 'serverCertificate', 'serverKey');
  if (pair.cert === undefined) {
    throw new ConnectorError('CONFIG_INVALID', 'a listener over TLS needs serverCertificate and serverKey');
  }
  const ca = await authorityOf(config.ca);
  const { olderAlgorithms: older } = config;
  const now = (): Date => context.now();
  const trust = { ...pair, ...(ca === undefined ? {} : { ca, requestCert: true }) };
  const server = createTlsServer({ ...tlsPolicyWith(allowedAt(older, now())), ...trust });
  if (older === undefined) return server;
  server.on(
    'close',
    whenOver(older, now, () => server.setSecureContext({ ...TLS_POLICY, ...trust })),
  );
  // What was stored and could not be acknowledged any more is sent again, and kept once.
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.once(
      'close',
      whenSpokenIsOver(older, [socket.getCipher().name], now, () => socket.destroy()),
    );
  });
  return server;
}
