/** Subscriptions at a remote subgraph: many clients' streams over few sockets, released and resumed by their kind. */
import { setTimeout as wait } from 'node:timers/promises';
import { GraphQLError } from 'graphql';
import { type Client, CloseCode, createClient, type SubscribePayload } from 'graphql-ws';
import WebSocket from 'ws';
import type { Actor } from '../kernel/actor.ts';
import { openBacklog, resubscribe } from './backlog.ts';
import {
  SIGNATURE_REFUSED,
  type StreamKind,
  type SubgraphAnswer,
  type SubgraphError,
  type SubgraphRequest,
} from './transport.ts';

export interface Sockets {
  subscribe(
    request: SubgraphRequest,
    actor: Actor | undefined,
    stream: StreamKind,
  ): AsyncIterableIterator<SubgraphAnswer>;
  /** Values of state streams that nobody took in time. */
  dropped(): number;
  close(): Promise<void>;
}

type Sign = (body: string, actor: Actor | undefined) => string;

const PING_EVERY_MS = 10_000;
const PONG_WAIT_MS = 5_000;
const ACKNOWLEDGE_WAIT_MS = 5_000;
const RECONNECT_WAIT_MIN_MS = 50;
const RECONNECT_WAIT_MAX_MS = 3_000;
/** About a day of trying; a subgraph gone for longer ends the streams. */
const RECONNECTS_MAX = 30_000;

/** Opens no socket before the first subscription. `sign` is asked at the moment of sending, again on reconnection. */
export function openSockets(url: string, sign: Sign): Sockets {
  const closing = new AbortController();
  let dropped = 0;
  const drop = (): void => {
    dropped++;
  };
  const clients: Record<StreamKind, Socket> = {
    // The newest state is sent first, so subscribing again without a word loses nothing.
    state: openSocket(url, RECONNECTS_MAX, closing.signal),
    // Subscribing again with the variables of long ago would replay or lose; only the client knows its cursor.
    cursor: openSocket(url, 0, closing.signal),
  };
  return {
    subscribe: (request, actor, stream) =>
      subscribe(clients[stream], request, () => sign(request.body, actor), stream, drop),
    dropped: () => dropped,
    async close() {
      closing.abort();
      await Promise.allSettled(Object.values(clients).map(({ client }) => client.dispose()));
    },
  };
}

interface Socket {
  readonly client: Client;
  isConnected: boolean;
}

function openSocket(url: string, retryAttempts: number, closing: AbortSignal): Socket {
  let pongDue: NodeJS.Timeout | undefined;
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    keepAlive: PING_EVERY_MS,
    connectionAckWaitTimeout: ACKNOWLEDGE_WAIT_MS,
    retryAttempts,
    shouldRetry: (cause) => !closing.aborted && codeOf(cause) !== CloseCode.Forbidden,
    retryWait: async (retries) => {
      const ms = Math.min(RECONNECT_WAIT_MIN_MS * 2 ** Math.min(retries, 10), RECONNECT_WAIT_MAX_MS);
      await wait(ms, undefined, { signal: closing, ref: false }).catch(() => undefined);
    },
    on: {
      connected: () => {
        socket.isConnected = true;
      },
      closed: () => {
        socket.isConnected = false;
        clearTimeout(pongDue);
      },
      // A peer that vanished without a word answers no ping.
      ping: (received) => {
        if (!received) pongDue = setTimeout(() => client.terminate(), PONG_WAIT_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(pongDue);
      },
    },
  });
  const socket: Socket = { client, isConnected: false };
  return socket;
}

function subscribe(
  socket: Socket,
  request: SubgraphRequest,
  sign: () => string,
  stream: StreamKind,
  dropped: () => void,
): AsyncIterableIterator<SubgraphAnswer> {
  let reached = socket.isConnected;
  const unlisten = socket.client.on('connected', () => {
    reached = true;
  });
  const backlog = openBacklog(stream, { released: () => release(), dropped });
  const dispose = socket.client.subscribe<Record<string, unknown>>(payloadOf(request, sign), {
    next: (answer) => backlog.push(answer as SubgraphAnswer),
    error: (error) => {
      unlisten();
      backlog.end(errorsOf(error, stream, reached));
    },
    complete: () => {
      unlisten();
      backlog.end();
    },
  });
  const release = (): void => {
    unlisten();
    dispose();
  };
  return backlog;
}

function payloadOf({ query, variables, operationName }: SubgraphRequest, sign: () => string): SubscribePayload {
  return {
    query,
    variables: { ...variables },
    ...(operationName !== undefined && { operationName }),
    // Read whenever the message is written: a signature is good for a minute, a subscription lives for days.
    extensions: {
      get waybillRequest() {
        return sign();
      },
    },
  };
}

const REFUSAL = { code: 'REQUEST_SIGNATURE_REFUSED', retry: 'permanent' } as const;

function codeOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
}

function errorsOf(error: unknown, stream: StreamKind, reached: boolean): readonly SubgraphError[] {
  if (Array.isArray(error)) return error as SubgraphError[];
  if (codeOf(error) === CloseCode.Forbidden) return [{ message: SIGNATURE_REFUSED, extensions: REFUSAL }];
  if (stream === 'cursor' && reached) return [resubscribe('the connection to the subgraph was interrupted')];
  return [
    new GraphQLError('the subgraph cannot be reached', {
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', retry: 'transient' },
    }),
  ];
}
