/** One HTTPS request to Unity and the text of its answer: one origin, no redirects, bounded in size and time. */
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import {
  ConnectorError,
  type ConnectorContext,
  type ErrorCode,
  isConnectorError,
  tellConnected,
} from '@waybill/connector-sdk';
import { type Negotiated, negotiatedBy, TLS_POLICY, tlsFailure } from '@waybill/connector-sdk/tls';

const CONNECTIONS_MAX = 8;
/** What is idle longer may be closed by the server just as it is used again. */
const IDLE_MAX_MS = 4_000;
const ANSWER_MAX_BYTES = 128 * 1024 * 1024;
const RETRY_AFTER_MAX_S = 86_400;

/** A read changes nothing; after a write whose answer is lost nobody knows what the server did. */
export type Purpose = 'read' | 'write';

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

export interface WireOptions {
  readonly baseUrl: string;
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  readonly context: Pick<ConnectorContext, 'log'>;
}

export class Wire {
  readonly base: URL;
  negotiated: Negotiated | undefined;
  readonly #timeoutMs: number;
  readonly #context: WireOptions['context'];
  readonly #agents: Readonly<Record<Purpose, Agent>>;

  constructor({ baseUrl, ca, context, timeoutMs }: WireOptions) {
    this.#context = context;
    this.base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
    this.#timeoutMs = timeoutMs;
    const tls = { ...TLS_POLICY, ...(ca === undefined ? {} : { ca }), maxSockets: CONNECTIONS_MAX };
    this.#agents = {
      read: new Agent({ ...tls, keepAlive: true, timeout: IDLE_MAX_MS }),
      // A write has a connection of its own: what fails before it is up was certainly not sent.
      write: new Agent({ ...tls, keepAlive: false }),
    };
  }

  /** Posts JSON. Fails with OUTCOME_UNKNOWN only when a write was on its way. */
  async post(endpoint: string, body: object, purpose: Purpose, signal: AbortSignal): Promise<Reply> {
    const address = new URL(`UnityService.svc/json/${endpoint}`, this.base);
    const text = JSON.stringify(body);
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const way: Way = { isUp: false };
    try {
      const options: RequestOptions = {
        method: 'POST',
        agent: this.#agents[purpose],
        // A write is seen to its end: stopping half-way would leave it unknown.
        signal: purpose === 'write' ? deadline : AbortSignal.any([signal, deadline]),
        headers: {
          'content-type': 'application/json;charset=utf-8',
          'content-length': Buffer.byteLength(text),
          'accept-encoding': 'identity',
        },
      };
      return await this.#exchange(address, options, text, way);
    } catch (error) {
      if (isConnectorError(error) || (signal.aborted && purpose === 'read')) throw error;
      throw this.#explained(error, purpose, way, deadline.aborted);
    }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #exchange(address: URL, options: RequestOptions, text: string, way: Way): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent = request(address, options, (response) => gather(response).then(resolve, reject));
      sent.on('error', reject);
      sent.on('socket', (socket) => {
        const secured = socket as TLSSocket;
        const up = (): void => {
          way.isUp = true;
          sent.end(text);
        };
        if (sent.reusedSocket) return up();
        secured.once('secureConnect', () => {
          this.#note(secured);
          up();
        });
      });
    });
  }

  /** A connection that resumes a session is not shown the certificate again: it is the first one's. */
  #note(secured: TLSSocket): void {
    const negotiated = negotiatedBy(secured);
    if (this.negotiated === undefined || !secured.isSessionReused()) this.negotiated = negotiated;
    const { protocol, cipher } = negotiated;
    tellConnected(this.#context, { peer: this.base.host, ...this.negotiated, protocol, cipher });
  }

  #explained(error: unknown, purpose: Purpose, { isUp }: Way, isLate: boolean): ConnectorError {
    const code = isLate ? 'ETIMEDOUT' : ((error as NodeJS.ErrnoException).code ?? 'EUNKNOWN');
    const ofTls = isUp ? undefined : tlsFailure(code, this.base.origin);
    if (ofTls !== undefined) return ofTls;
    const kind: ErrorCode = isUp && purpose === 'write' ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE';
    const why = isUp ? 'the connection broke before the answer was whole' : 'it cannot be reached';
    return new ConnectorError(kind, `${this.base.origin}: ${why} (${code})`, { cause: error });
  }
}

interface Way {
  /** The connection stood, so that bytes of the request may have left. */
  isUp: boolean;
}

async function gather(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > ANSWER_MAX_BYTES) {
      response.destroy();
      throw Object.assign(new Error('the answer is too long'), { code: 'EMSGSIZE' });
    }
    chunks.push(chunk);
  }
  const seconds = Number(response.headers['retry-after']);
  const isWait = Number.isInteger(seconds) && seconds >= 0;
  return {
    status: response.statusCode ?? 0,
    text: Buffer.concat(chunks).toString('utf8'),
    retryAfterMs: isWait ? Math.min(seconds, RETRY_AFTER_MAX_S) * 1000 : undefined,
  };
}
