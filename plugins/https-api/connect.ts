/** Connections to a service: TLS under the house's policy, to whom we trust, through a proxy where one is named. */
import { createHash, type X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import { ConnectorError, tellConnected, type ConnectorContext } from '@waybill/connector-sdk';
import { allowedAt, type OlderAlgorithms, whenSpokenIsOver } from '@waybill/connector-sdk/older-algorithms';
import {
  authorityOf,
  certificatePairOf,
  negotiatedBy,
  OLDER_SUITES,
  tlsFailure,
  tlsPolicyWith,
} from '@waybill/connector-sdk/tls';
import { proxyOf, type Proxy } from './proxy.ts';
import type { Connection } from './settings.ts';

const CONNECT_DEADLINE_MS = 10_000;

type Options = buildConnector.Options;
type Callback = buildConnector.Callback;

/** Fails with CONFIG_INVALID when an authority, a certificate or a secret is not what it should be. */
export async function diallerOf(config: Connection, context: ConnectorContext): Promise<Dialler> {
  const ca = await authorityOf(config.ca);
  const trust = {
    ...(ca === undefined ? {} : { ca }),
    ...certificatePairOf(context, 'clientCertificate', 'clientKey'),
  };
  const { pins, olderAlgorithms } = config;
  return new Dialler({ trust, pins, older: olderAlgorithms, proxy: proxyOf(config, context, ca), context });
}

export class Dialler {
  negotiated: Readonly<Record<string, string>> = {};
  /** The TLS alert with which the other side closed. */
  alert: string | undefined;
  /** By whether older suites are offered. */
  readonly #connectors = new Map<boolean, buildConnector.connector>();
  readonly #options: buildConnector.BuildOptions;
  readonly #older: OlderAlgorithms | undefined;
  readonly #pins: readonly string[] | undefined;
  readonly #proxy: Proxy | undefined;
  /** Whose handshake is not over: closing an agent would wait for it. */
  readonly #connecting = new Set<{ destroy(): unknown }>();

  readonly #context: ConnectorContext;
  /** What the last full handshake with each peer agreed on. */
  readonly #shown = new Map<string, Readonly<Record<string, string>>>();

  constructor({ trust, pins, older, proxy, context }: Dialling) {
    this.#context = context;
    this.#pins = pins;
    this.#older = older;
    this.#proxy = proxy;
    // A session that is resumed shows no certificate to hold against a pin.
    const sessions = pins === undefined ? {} : { maxCachedSessions: 0 };
    // HTTP/2 was measured and is slower here: npm run bench -- fhir.
    const protocol = { allowH2: false };
    this.#options = { ...trust, ...sessions, ...protocol, timeout: CONNECT_DEADLINE_MS };
  }

  connect(options: Options, callback: Callback): void {
    if (this.#proxy === undefined) return this.#handshake(options, callback);
    const asking = this.#proxy.tunnel(options, CONNECT_DEADLINE_MS, (error, httpSocket) => {
      this.#connecting.delete(asking);
      if (httpSocket === undefined) return callback(error ?? new Error('no tunnel'), null);
      // TLS is spoken with the service itself, so that the proxy sees nothing and vouches for nothing.
      this.#handshake({ ...options, httpSocket }, (...result) => {
        // The end of what was spoken in a tunnel is not the end of the tunnel.
        if (result[0] !== null) httpSocket.destroy();
        callback(...result);
      });
    });
    this.#connecting.add(asking);
  }

  close(): void {
    for (const each of this.#connecting) each.destroy();
  }

  #handshake(options: Options, callback: Callback): void {
    // It returns the socket, which the types do not say.
    const socket = this.#connector()(options, (...result) => {
      this.#connecting.delete(socket);
      if (result[0] !== null) return callback(...result);
      const secured = result[1] as TLSSocket;
      // Node hands it out once.
      const shown = secured.getPeerX509Certificate();
      const distrust = this.#distrustOf(shown, options.hostname);
      if (distrust !== undefined) {
        secured.destroy();
        return callback(distrust, null);
      }
      const now = (): Date => this.#context.now();
      secured.once(
        'close',
        whenSpokenIsOver(this.#older, [secured.getCipher().name], now, () => secured.destroy()),
      );
      this.#note(secured, shown, `${options.hostname}:${options.port}`);
      callback(...result);
    }) as unknown as Socket;
    this.#connecting.add(socket);
  }

  /** Older suites are offered as long as they are allowed, and not a handshake longer. */
  #connector(): buildConnector.connector {
    const older = allowedAt(this.#older, this.#context.now());
    const known = this.#connectors.get(older.length > 0);
    const connector = known ?? buildConnector({ ...tlsPolicyWith(older), ...this.#options });
    this.#connectors.set(older.length > 0, connector);
    return connector;
  }

  #note(secured: TLSSocket, shown: X509Certificate | undefined, peer: string): void {
    const { name } = secured.getCipher();
    const older = (OLDER_SUITES as readonly string[]).includes(name) ? { olderAlgorithms: name } : {};
    if (shown !== undefined) {
      const negotiated = { ...negotiatedBy(secured, shown), publicKey: pinOf(shown), ...older };
      this.#shown.set(peer, negotiated);
      if (Object.keys(this.negotiated).length === 0) this.negotiated = negotiated;
    }
    // One that resumes a session is not shown the certificate again; it is still bound to the one it was shown first.
    const { protocol, cipher } = negotiatedBy(secured, shown);
    tellConnected(this.#context, { peer, ...this.#shown.get(peer), protocol, cipher });
    // TLS 1.3 judges our certificate after the handshake; the request only hears that the other side closed.
    secured.once('error', (error) => {
      if (tlsFailure(codeOf(error), '') !== undefined) this.alert = codeOf(error);
    });
  }

  #distrustOf(shown: X509Certificate | undefined, host: string): ConnectorError | undefined {
    if (this.#pins === undefined || (shown !== undefined && this.#pins.includes(pinOf(shown)))) return undefined;
    const message = `${host} shows a certificate whose public key is not pinned`;
    return new ConnectorError('PEER_NOT_TRUSTED', `${message}; ask its administrator, and name the new key under pins`);
  }
}

/** SHA-256 of the certificate's public key (RFC 7469, 2.4). */
function pinOf(shown: X509Certificate): string {
  const key = shown.publicKey.export({ type: 'spki', format: 'der' });
  return `sha256/${createHash('sha256').update(key).digest('base64')}`;
}

interface Dialling {
  readonly trust: Trust;
  readonly pins: readonly string[] | undefined;
  /** Which older suites the service may use until when. */
  readonly older: OlderAlgorithms | undefined;
  readonly proxy: Proxy | undefined;
  readonly context: ConnectorContext;
}

/** What vouches for them, and for us. */
interface Trust {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export function codeOf(error: unknown): string {
  for (let each = error; typeof each === 'object' && each !== null; each = 'cause' in each ? each.cause : undefined) {
    if ('code' in each && typeof each.code === 'string') return each.code;
    // An answer that is no HTTP does not always come with a code.
    if ('name' in each && each.name === 'HTTPParserError') return 'HPE_INVALID';
  }
  return '';
}
