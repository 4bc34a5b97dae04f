/** HTTPS requests to one FHIR service: one origin, no redirects, bounded answers, failures in the contract's codes. */
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { TLSSocket } from 'node:tls';
import { ConnectorError, isConnectorError, type ConnectorContext } from '@waybill/connector-sdk';
import type { Answer, Ask } from './exchange.ts';
import { authorityOf, type Settings } from './settings.ts';
import { requireStatus } from './status.ts';
import { tlsFailure, TLS_POLICY } from './tls-policy.ts';

const CONNECTIONS_MAX = 8;
const CONNECT_DEADLINE_MS = 10_000;
/** For the head of an answer, and for each next piece of its body. */
const SILENCE_MAX_MS = 60_000;
const JSON_MAX_BYTES = 64 * 1024 * 1024;

export interface Negotiated {
  readonly protocol: string;
  readonly cipher: string;
  readonly certificate: string;
}

export class Http {
  readonly base: URL;
  negotiated: Negotiated | undefined;
  readonly #agent: Agent;
  readonly #token: string | undefined;

  private constructor(base: URL, token: string | undefined, ca: string | undefined) {
    this.base = base;
    this.#token = token;
    const connect = buildConnector({
      ...TLS_POLICY,
      ...(ca === undefined ? {} : { ca }),
      timeout: CONNECT_DEADLINE_MS,
    });
    this.#agent = new Agent({
      connections: CONNECTIONS_MAX,
      headersTimeout: SILENCE_MAX_MS,
      bodyTimeout: SILENCE_MAX_MS,
      connect: (options, callback) =>
        connect(options, (...result) => {
          // The first connection's: one that resumes a session is not shown the certificate again.
          if (result[0] === null) this.negotiated ??= negotiatedBy(result[1] as TLSSocket);
          callback(...result);
        }),
    });
  }

  static async open(config: Settings, context: ConnectorContext): Promise<Http> {
    const base = new URL(config.baseUrl.endsWith('/') ? config.baseUrl : `${config.baseUrl}/`);
    return new Http(base, tokenOf(context), await authorityOf(config));
  }

  /** Resolves to an answer with an expected status; its body must be read or dumped. */
  async ask(ask: Ask): Promise<Answer> {
    const address = this.#addressOf(ask.path);
    try {
      const { statusCode, headers, body } = await this.#agent.request({
        origin: address.origin,
        path: address.pathname + address.search,
        method: ask.method,
        headers: this.#headersFor(ask),
        // An async iterable is allowed too, which the types do not say.
        body: (ask.body ?? null) as string | null,
        signal: ask.signal,
      });
      await requireStatus({ ask, origin: this.base.origin, status: statusCode, headers, body });
      return { status: statusCode, headers, body };
    } catch (error) {
      throw this.explain(error, ask);
    }
  }

  /** The JSON body of an answer. */
  async json<T>(ask: Ask): Promise<T> {
    const { body } = await this.ask(ask);
    const text = await this.text(ask, body);
    try {
      return JSON.parse(text) as T;
    } catch {
      // The parser's message quotes what it could not read, so it is left behind.
      throw this.#broken(ask, 'its answer is no whole JSON');
    }
  }

  async text(ask: Ask, body: AsyncIterable<Uint8Array>): Promise<string> {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    try {
      for await (const chunk of body) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > JSON_MAX_BYTES) throw new ConnectorError('UNSUPPORTED', 'an answer is longer than 64 MiB');
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.explain(error, ask);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Returns the coded error: a write that was on its way when the connection failed may have landed. */
  explain(error: unknown, ask: Ask): unknown {
    if (isConnectorError(error) || ask.signal.aborted) return error;
    const code = codeOf(error);
    const ofTls = tlsFailure(code, this.base.origin);
    if (ofTls !== undefined) return ofTls;
    if (NOT_SENT.has(code)) {
      return new ConnectorError('UNAVAILABLE', `${this.base.origin} cannot be reached (${code})`, { cause: error });
    }
    if (NETWORK.test(code)) return this.#broken(ask, `the connection broke (${code})`);
    return error;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  #broken(ask: Ask, why: string): ConnectorError {
    const code = ask.method === 'GET' ? 'STREAM_TRUNCATED' : 'OUTCOME_UNKNOWN';
    return new ConnectorError(code, `${this.base.origin}: ${why}`);
  }

  /** Links in answers are followed under the base only: the token goes nowhere else. */
  #addressOf(path: string): URL {
    const address = new URL(path, this.base);
    if (address.origin === this.base.origin && address.pathname.startsWith(this.base.pathname)) return address;
    if (address.origin === this.base.origin && `${address.pathname}/` === this.base.pathname) return address;
    const message = `${this.base.origin} refers to another place (${address.origin}), which is not followed`;
    throw new ConnectorError('PEER_NOT_TRUSTED', message);
  }

  #headersFor(ask: Ask): Record<string, string> {
    return {
      accept: 'application/fhir+json',
      'accept-encoding': 'identity',
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      ...ask.headers,
    };
  }
}

/** With these nothing was sent. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const NETWORK = /^(UND_ERR_|HPE_|E[A-Z]+$)/;

function codeOf(error: unknown): string {
  for (let each = error; typeof each === 'object' && each !== null; each = 'cause' in each ? each.cause : undefined) {
    if ('code' in each && typeof each.code === 'string') return each.code;
  }
  return '';
}

function tokenOf(context: ConnectorContext): string | undefined {
  try {
    return context.secret('token').trim();
  } catch (error) {
    if (isConnectorError(error) && error.code === 'CONFIG_INVALID') return undefined;
    throw error;
  }
}

function negotiatedBy(socket: TLSSocket): Negotiated {
  const certificate = socket.getPeerX509Certificate()?.fingerprint256 ?? 'unknown';
  return { protocol: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().standardName, certificate };
}
