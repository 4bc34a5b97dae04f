/** HTTPS requests to one FHIR service: one origin, no redirects, bounded answers, failures in the contract's codes. */
import { Agent } from 'undici';
import { ConnectorError, isConnectorError, unlessAborted, type ConnectorContext } from '@waybill/connector-sdk';
import { tlsFailure } from '@waybill/connector-sdk/tls';
import { accessOf, type Access, type PostForm } from './access.ts';
import { codeOf, type Dialler, diallerOf } from './connect.ts';
import type { Answer, Ask } from './exchange.ts';
import type { Connection } from './settings.ts';
import { requireStatus, retryAfterIn } from './status.ts';

const CONNECTIONS_MAX = 8;
/** For the head of an answer, and for each next piece of its body. */
const SILENCE_MAX_MS = 60_000;
const JSON_MAX_BYTES = 64 * 1024 * 1024;
/** For the whole answer of a token endpoint. */
const TOKEN_DEADLINE_MS = 30_000;

export class Http {
  readonly base: URL;
  readonly #dialler: Dialler;
  readonly #agent: Agent;
  readonly #access: Access;
  /** The header the token is sent in, where it is not the usual one. */
  readonly #tokenHeader: string | undefined;
  /** Origins of files that need no token. */
  readonly #elsewhere: ReadonlySet<string>;

  private constructor(config: Connection, context: ConnectorContext, dialler: Dialler) {
    this.base = new URL(config.baseUrl.endsWith('/') ? config.baseUrl : `${config.baseUrl}/`);
    this.#elsewhere = new Set((config.fileOrigins ?? []).map((each) => new URL(each).origin));
    this.#tokenHeader = config.tokenHeader;
    this.#access = accessOf(config, context, (...form) => this.#post(...form));
    this.#dialler = dialler;
    this.#agent = new Agent({
      connections: CONNECTIONS_MAX,
      allowH2: false,
      headersTimeout: SILENCE_MAX_MS,
      bodyTimeout: SILENCE_MAX_MS,
      connect: (options, callback) => dialler.connect(options, callback),
    });
  }

  static async open(config: Connection, context: ConnectorContext): Promise<Http> {
    return new Http(config, context, await diallerOf(config, context));
  }

  /** What the first connection agreed on. */
  get negotiated(): Readonly<Record<string, string>> {
    return this.#dialler.negotiated;
  }

  /** Resolves to an answer with an expected status; its body must be read or dumped. */
  async ask(ask: Ask): Promise<Answer> {
    const authorization = ask.reach === 'open' ? undefined : await this.#access.authorization();
    let answer = await this.#send(ask, authorization);
    if (answer.status === 401 && ask.reach !== 'open' && this.#access.forget(authorization)) {
      // The token ended early, or was taken back: nothing was acted upon. A second one is refused for good.
      await answer.body.dump();
      if (typeof ask.body === 'object' && !(ask.body instanceof Uint8Array)) {
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
        headers: this.#headersFor(ask, authorization),
        // An async iterable is allowed too, which the types do not say.
        body: (ask.body ?? null) as string | Uint8Array | null,
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
    const ofTls = tlsFailure(code === CLOSED ? (this.#dialler.alert ?? code) : code, origin);
    if (ofTls !== undefined) return ofTls;
    if (NOT_SENT.has(code)) {
      return new ConnectorError('UNAVAILABLE', `${origin} cannot be reached (${code})`, { cause: error });
    }
    if (NETWORK.test(code)) return this.#broken(ask, `the connection broke (${code})`);
    return error;
  }

  close(): Promise<void> {
    this.#dialler.close();
    return this.#agent.destroy();
  }

  #headersFor(ask: Ask, authorization: string | undefined): Record<string, string> {
    const name = this.#tokenHeader;
    const proof = name === undefined ? authorization : authorization?.slice(BEARER.length);
    return {
      accept: 'application/fhir+json',
      'accept-encoding': 'identity',
      ...(proof === undefined ? {} : { [name ?? 'authorization']: proof }),
      ...ask.headers,
    };
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

const BEARER = 'Bearer ';
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
