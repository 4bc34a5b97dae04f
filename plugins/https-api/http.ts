/** HTTPS requests to one FHIR service: one origin, no redirects, bounded answers, failures in the contract's codes. */
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ConnectorError, isConnectorError, unlessAborted, type ConnectorContext } from '@waybill/connector-sdk';
import {
  authorityOf,
  certificatePairOf,
  type Negotiated,
  negotiatedBy,
  TLS_POLICY,
  tlsFailure,
} from '@waybill/connector-sdk/tls';
import { accessOf, type Access, type PostForm } from './access.ts';
import type { Answer, Ask } from './exchange.ts';
import type { Settings } from './settings.ts';
import { requireStatus, retryAfterIn } from './status.ts';

const CONNECTIONS_MAX = 8;
const CONNECT_DEADLINE_MS = 10_000;
/** For the head of an answer, and for each next piece of its body. */
const SILENCE_MAX_MS = 60_000;
const JSON_MAX_BYTES = 64 * 1024 * 1024;
/** For the whole answer of a token endpoint. */
const TOKEN_DEADLINE_MS = 30_000;

export class Http {
  readonly base: URL;
  negotiated: Negotiated | undefined;
  readonly #agent: Agent;
  readonly #access: Access;
  /** Origins of files that need no token. */
  readonly #elsewhere: ReadonlySet<string>;
  /** The TLS alert with which the other side closed. */
  #alert: string | undefined;
  /** Whose handshake is not over: closing the agent would wait for it. */
  readonly #connecting = new Set<Socket>();

  private constructor(config: Settings, context: ConnectorContext, trust: Trust) {
    this.base = new URL(config.baseUrl.endsWith('/') ? config.baseUrl : `${config.baseUrl}/`);
    this.#elsewhere = new Set((config.export?.fileOrigins ?? []).map((each) => new URL(each).origin));
    this.#access = accessOf(config, context, (...form) => this.#post(...form));
    const connect = buildConnector({ ...TLS_POLICY, ...trust, timeout: CONNECT_DEADLINE_MS });
    this.#agent = new Agent({
      connections: CONNECTIONS_MAX,
      headersTimeout: SILENCE_MAX_MS,
      bodyTimeout: SILENCE_MAX_MS,
      connect: (options, callback) => {
        // It returns the socket, which the types do not say.
        const socket = connect(options, (...result) => {
          this.#connecting.delete(socket);
          // The first connection's: one that resumes a session is not shown the certificate again.
          if (result[0] === null) {
            this.negotiated ??= negotiatedBy(result[1] as TLSSocket);
            // TLS 1.3 judges our certificate after the handshake; the request only hears that the other side closed.
            result[1].once('error', (error) => {
              if (tlsFailure(codeOf(error), '') !== undefined) this.#alert = codeOf(error);
            });
          }
          callback(...result);
        }) as unknown as Socket;
        this.#connecting.add(socket);
      },
    });
  }

  static async open(config: Settings, context: ConnectorContext): Promise<Http> {
    const ca = await authorityOf(config.ca);
    return new Http(config, context, {
      ...(ca === undefined ? {} : { ca }),
      ...certificatePairOf(context, 'clientCertificate', 'clientKey'),
    });
  }

  /** Resolves to an answer with an expected status; its body must be read or dumped. */
  async ask(ask: Ask): Promise<Answer> {
    const authorization = ask.reach === 'open' ? undefined : await this.#access.authorization();
    let answer = await this.#send(ask, authorization);
    if (answer.status === 401 && ask.reach !== 'open' && this.#access.forget(authorization)) {
      // The token ended early, or was taken back: nothing was acted upon. A second one is refused for good.
      await answer.body.dump();
      if (typeof (ask.body ?? '') !== 'string') {
        throw new ConnectorError('UNAVAILABLE', `${this.base.origin} no longer takes the token; it is renewed`);
      }
      answer = await this.#send(ask, await this.#access.authorization());
    }
    try {
      await requireStatus({ ask, origin: this.base.origin, ...answer });
      return answer;
    } catch (error) {
      throw this.explain(error, ask);
    }
  }

  async #send(ask: Ask, authorization: string | undefined): Promise<Answer> {
    const address = this.#addressOf(ask);
    try {
      const asking = this.#agent.request({
        origin: address.origin,
        path: address.pathname + address.search,
        method: ask.method,
        headers: headersFor(ask, authorization),
        // An async iterable is allowed too, which the types do not say.
        body: (ask.body ?? null) as string | null,
        signal: ask.signal,
      });
      // By itself it hears the signal only once it is connected.
      const { statusCode, headers, body } = await unlessAborted(asking, ask.signal);
      return { status: statusCode, headers, body };
    } catch (error) {
      throw this.explain(error, ask);
    }
  }

  /** A form to a token endpoint: asked twice it does no harm, so that a lost answer is only a reason to ask again. */
  async #post(address: URL, form: URLSearchParams, headers: Readonly<Record<string, string>>): Promise<FormAnswer> {
    const signal = AbortSignal.timeout(TOKEN_DEADLINE_MS);
    const ask: Ask = { method: 'GET', path: address.href, signal };
    try {
      const answer = await this.#agent.request({
        origin: address.origin,
        path: address.pathname + address.search,
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: form.toString(),
        signal,
      });
      const retryAfterMs = retryAfterIn(answer.headers['retry-after']);
      return { status: answer.statusCode, text: await this.text(ask, answer.body), retryAfterMs };
    } catch (error) {
      if (!signal.aborted) throw this.explain(error, ask);
      throw new ConnectorError('UNAVAILABLE', `${address.origin} gives no token in time`, { cause: error });
    }
  }

  /** The JSON body of an answer. */
  async json<T>(ask: Ask, parse: (text: string) => unknown = JSON.parse): Promise<T> {
    const { body } = await this.ask(ask);
    const text = await this.text(ask, body);
    try {
      return parse(text) as T;
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
    const { origin } = new URL(ask.path, this.base);
    const ofTls = tlsFailure(code === CLOSED ? (this.#alert ?? code) : code, origin);
    if (ofTls !== undefined) return ofTls;
    if (NOT_SENT.has(code)) {
      return new ConnectorError('UNAVAILABLE', `${origin} cannot be reached (${code})`, { cause: error });
    }
    if (NETWORK.test(code)) return this.#broken(ask, `the connection broke (${code})`);
    return error;
  }

  close(): Promise<void> {
    for (const socket of this.#connecting) socket.destroy();
    return this.#agent.destroy();
  }

  #broken(ask: Ask, why: string): ConnectorError {
    const code = ask.method === 'GET' ? 'STREAM_TRUNCATED' : 'OUTCOME_UNKNOWN';
    return new ConnectorError(code, `${new URL(ask.path, this.base).origin}: ${why}`);
  }

  /** Links in answers are followed within their reach only: the token goes nowhere else. */
  #addressOf({ path, reach = 'base' }: Ask): URL {
    const address = new URL(path, this.base);
    const { origin, pathname } = address;
    const isBelow = pathname.startsWith(this.base.pathname) || `${pathname}/` === this.base.pathname;
    if (origin === this.base.origin && (isBelow || reach !== 'base')) return address;
    if (reach === 'open' && this.#elsewhere.has(origin)) return address;
    const message = `${this.base.origin} refers to another place (${origin}), which is not followed`;
    throw new ConnectorError('PEER_NOT_TRUSTED', message);
  }
}

type FormAnswer = Awaited<ReturnType<PostForm>>;

/** What vouches for them, and for us. */
interface Trust {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

function headersFor(ask: Ask, authorization: string | undefined): Record<string, string> {
  return {
    accept: 'application/fhir+json',
    'accept-encoding': 'identity',
    ...(authorization === undefined ? {} : { authorization }),
    ...ask.headers,
  };
}

const CLOSED = 'UND_ERR_SOCKET';

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
    // An answer that is no HTTP does not always come with a code.
    if ('name' in each && each.name === 'HTTPParserError') return 'HPE_INVALID';
  }
  return '';
}
