/** A subgraph in another process: HTTP for requests, one multiplexed graphql-ws socket a kind of stream. */
import { type Dispatcher, Pool } from 'undici';
import type { Actor } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { serviceActor } from '../kernel/actor.ts';
import { signRequest } from '../kernel/signature.ts';
import { type Sockets, openSockets } from './upstream.ts';
import {
  SIGNATURE_REFUSED,
  type SubgraphAnswer,
  type SubgraphRequest,
  type SubgraphTransport,
  unavailable,
} from './transport.ts';

/** The header that says, signed, who asks. */
export const REQUEST_HEADER = 'waybill-request';

const CONNECTIONS_MAX = 32;
const KEEP_ALIVE_MS = 60_000;
const QUERY_DEADLINE_MS = 15_000;
const MUTATION_DEADLINE_MS = 60_000;
const CONNECT_DEADLINE_MS = 3_000;
const ANSWER_MAX_BYTES = 64 * 1024 * 1024;
/** A read whose connection broke is made once more; a mutation never is. */
const READ_ATTEMPTS_MAX = 2;

/** The subgraph served at `url`, for example http://10.0.0.7:4101/graphql. `requestKey` is shared with it. */
export function remoteTransport(url: string, requestKey: Uint8Array, clock: Clock): SubgraphTransport {
  const { origin, pathname, href } = new URL(url);
  const sign = (body: string, actor: Actor | undefined): string => signRequest(requestKey, actor, body, clock.now());
  const pool = new Pool(origin, {
    connections: CONNECTIONS_MAX,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_DEADLINE_MS },
    maxResponseSize: ANSWER_MAX_BYTES,
  });
  const sockets: Sockets = openSockets(href.replace(/^http/, 'ws'), sign);
  const post: Post = async ({ body, kind }, actor) => {
    const deadlineMs = kind === 'mutation' ? MUTATION_DEADLINE_MS : QUERY_DEADLINE_MS;
    const headers = { 'content-type': 'application/json', [REQUEST_HEADER]: sign(body, actor) };
    const limits = { headersTimeout: deadlineMs, bodyTimeout: deadlineMs };
    return new Promise((resolve, reject) => {
      pool.dispatch({ method: 'POST', path: pathname, headers, body, ...limits }, replyHandler(resolve, reject));
    });
  };
  return {
    execute: (request, actor) => ask(post, request, actor),
    subscribe: (request, actor, stream) => Promise.resolve(sockets.subscribe(request, actor, stream)),
    async isReachable() {
      const answer = await post(PROBE, serviceActor('gateway')).catch(() => undefined);
      return answer?.status === 200;
    },
    dropped: () => sockets.dropped(),
    async close() {
      await sockets.close();
      await pool.destroy();
    },
  };
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Gathers an answer without a stream around it: half the cost of the answer's way through this process. */
function replyHandler(resolve: (reply: Reply) => void, reject: (error: Error) => void): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let status = 0;
  return {
    onRequestStart() {},
    onResponseStart(_controller, statusCode) {
      status = statusCode;
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      const [only] = chunks;
      const bytes = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
      resolve({ status, text: bytes.toString() });
    },
    onResponseError: (_controller, error) => reject(error),
  };
}

type Post = (request: SubgraphRequest, actor: Actor | undefined) => Promise<Reply>;

const PROBE: SubgraphRequest = {
  kind: 'query',
  query: '{__typename}',
  variables: {},
  operationName: undefined,
  body: JSON.stringify({ query: '{__typename}', variables: {} }),
};

async function ask(post: Post, request: SubgraphRequest, actor: Actor | undefined): Promise<SubgraphAnswer> {
  const attempts = request.kind === 'query' ? READ_ATTEMPTS_MAX : 1;
  for (let attempt = 1; ; attempt++) {
    try {
      return read(await post(request, actor));
    } catch (error) {
      if (!isRetriable(error)) throw error;
      if (attempt >= attempts) throw unavailable(retryOf(request, error), 'cannot be reached', error);
    }
  }
}

function read({ status, text }: Reply): SubgraphAnswer {
  if (status === 401 || status === 403) {
    throw new Fault({
      code: 'REQUEST_SIGNATURE_REFUSED',
      retry: 'permanent',
      message: SIGNATURE_REFUSED,
    });
  }
  if (status >= 500) throw unavailable('ambiguous', `answered with status ${status}`);
  try {
    return JSON.parse(text) as SubgraphAnswer;
  } catch (cause) {
    throw unavailable('ambiguous', 'answered with something that is not JSON', cause);
  }
}

function isRetriable(error: unknown): boolean {
  return !(error instanceof Fault);
}

/** A mutation that never left is safe to repeat; one that may have arrived is not. */
function retryOf(request: SubgraphRequest, error: unknown): 'transient' | 'ambiguous' {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const neverLeft = code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ENOTFOUND';
  return request.kind === 'query' || neverLeft ? 'transient' : 'ambiguous';
}
