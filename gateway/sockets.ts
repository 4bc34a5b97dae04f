/** The WebSocket door: graphql-transport-ws, with subscriptions shared, and the protocol left to graphql-ws. */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, GraphQLError, type GraphQLSchema, Kind } from 'graphql';
import {
  CloseCode,
  type Context,
  handleProtocols,
  makeServer,
  type ServerOptions,
  type SubscribePayload,
} from 'graphql-ws';
import WebSocket, { WebSocketServer } from 'ws';
import type { Actor } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { errorFacts, type Log } from '../runtime/log.ts';
import { GRAPHQL_PATH } from './config.ts';
import type { Bearer } from './identity.ts';
import type { Limits } from './limits.ts';
import { asGraphQLError, type Mask } from './masking.ts';
import { type Operations, type Ready, unauthenticated } from './operation.ts';
import type { Subscriptions } from './subscriptions.ts';
import { openViewer } from './viewer.ts';

export interface SocketDoor {
  /** States that slow clients were spared. */
  dropped(): number;
  open(): number;
  close(): Promise<void>;
}

export interface SocketParts {
  readonly schema: GraphQLSchema;
  readonly operations: Operations;
  readonly subscriptions: Subscriptions;
  readonly mask: Mask;
  readonly limits: Limits;
  readonly origins: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  bearer(authorization: unknown): Promise<Bearer>;
  /** Who an anonymous client acts as; nobody when they are refused. */
  readonly guest: Actor | undefined;
}

const SOCKETS_MAX = 20_000;
const OPERATIONS_PER_SOCKET_MAX = 200;
const INITIALISE_WAIT_MS = 5_000;
const PING_EVERY_MS = 12_000;
const CLOSE_WAIT_MS = 1_000;
/** A timer cannot wait longer; tokens live at most a day. */
const TIMER_MAX_MS = 2 ** 31 - 1;

interface Extra {
  readonly socket: WebSocket;
  actor: Actor | undefined;
}

type SocketContext = Context<Record<string, unknown>, Extra>;

/** What travels from the checks of an operation to its execution. */
interface Call extends Ready {
  readonly id: string;
  readonly actor: Actor;
  readonly socket: WebSocket;
}

export function openSocketDoor(http: HttpServer, parts: SocketParts): SocketDoor {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: parts.limits.bodyMaxBytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  let dropped = 0;
  const protocol = makeServer<Record<string, unknown>, Extra>(
    protocolOf(parts, () => {
      dropped++;
    }),
  );
  sockets.on('connection', (socket) => attend(socket, protocol, parts.log));
  http.on('upgrade', (request, stream, head) => {
    const refusal = refusalOf(request, sockets, parts.origins);
    if (refusal !== undefined) refuse(stream, refusal);
    else sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit('connection', socket, request));
  });
  const pings = setInterval(() => pingAll(sockets), PING_EVERY_MS).unref();
  return {
    dropped: () => dropped,
    open: () => sockets.clients.size,
    async close() {
      clearInterval(pings);
      for (const socket of sockets.clients) socket.close(1001, 'Going away');
      const late = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, CLOSE_WAIT_MS);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(late);
    },
  };
}

/** A page of another origin could otherwise open a socket with whatever the browser lets it reach. */
function refusalOf(request: IncomingMessage, sockets: WebSocketServer, origins: readonly string[]): string | undefined {
  const { origin, host } = request.headers;
  if ((request.url ?? '').split('?')[0] !== GRAPHQL_PATH) return '404 Not Found';
  if (sockets.clients.size >= SOCKETS_MAX) return '503 Service Unavailable';
  if (origin === undefined || origins.includes(origin)) return undefined;
  return URL.canParse(origin) && new URL(origin).host === host ? undefined : '403 Forbidden';
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

const alive = new WeakSet<WebSocket>();

/** One timer for all sockets; one that has not answered since the last round is gone. */
function pingAll(sockets: WebSocketServer): void {
  for (const socket of sockets.clients) {
    if (!alive.delete(socket)) socket.terminate();
    else if (socket.readyState === WebSocket.OPEN) socket.ping();
  }
}

function attend(socket: WebSocket, protocol: ReturnType<typeof makeServer<Record<string, unknown>, Extra>>, log: Log) {
  const failed = (error: unknown): void => {
    log.error('socket failed', errorFacts(error));
    socket.close(CloseCode.InternalServerError, 'Internal server error');
  };
  alive.add(socket);
  socket.on('pong', () => alive.add(socket));
  socket.on('error', failed);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) =>
        new Promise((resolve, reject) => {
          if (socket.readyState !== WebSocket.OPEN) resolve();
          else socket.send(text, (error) => (error ? reject(error) : resolve()));
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (receive) => void socket.on('message', (data) => void receive(String(data)).catch(failed)),
    },
    { socket, actor: undefined },
  );
  socket.once('close', (code, reason) => void closed(code, String(reason)).catch(failed));
}

function protocolOf(parts: SocketParts, dropped: () => void): ServerOptions<Record<string, unknown>, Extra> {
  return {
    connectionInitWaitTimeout: INITIALISE_WAIT_MS,
    onConnect: (context) => admit(context, parts),
    onSubscribe: (context, id, payload) => begin(context, id, payload, parts),
    execute: async (args) => {
      const call = args.contextValue as Call;
      const { data, errors } = await parts.operations.execute(call, call.actor);
      return errors ? { data, errors: errors.map((error) => asGraphQLError(parts.mask(error))) } : { data };
    },
    subscribe: (args) => watch(args.contextValue as Call, parts, dropped),
  };
}

async function admit({ connectionParams, extra }: SocketContext, parts: SocketParts): Promise<boolean> {
  const bearer = await parts.bearer(connectionParams?.['authorization'] ?? connectionParams?.['Authorization']);
  if (bearer.kind === 'refused') {
    extra.socket.close(CloseCode.Forbidden, bearer.why === 'expired' ? 'Token expired' : 'Token refused');
    return false;
  }
  if (bearer.kind === 'anonymous') {
    extra.actor = parts.guest;
    return true;
  }
  extra.actor = bearer.actor;
  const leftMs = bearer.expiresAt.getTime() - parts.clock.now().getTime();
  const expiry = setTimeout(
    () => extra.socket.close(CloseCode.Forbidden, 'Token expired'),
    Math.min(leftMs, TIMER_MAX_MS),
  ).unref();
  extra.socket.once('close', () => clearTimeout(expiry));
  return true;
}

function begin(
  { extra, subscriptions }: SocketContext,
  id: string,
  payload: SubscribePayload,
  parts: SocketParts,
): ExecutionArgs | GraphQLError[] {
  const { actor, socket } = extra;
  const told = (errors: readonly unknown[]): GraphQLError[] => errors.map((error) => asGraphQLError(parts.mask(error)));
  if (actor === undefined) return told([unauthenticated()]);
  if (Object.keys(subscriptions).length > OPERATIONS_PER_SOCKET_MAX) return told([tooMany()]);
  try {
    const ready = parts.operations.ready(payload);
    if (!ready.ok) return told(ready.errors);
    const { operation } = ready.prepared;
    const call: Call = { prepared: ready.prepared, variables: ready.variables, id, actor, socket };
    // graphql-ws finds the operation by itself; what it needs of the document is its one operation.
    return {
      schema: parts.schema,
      document: { kind: Kind.DOCUMENT, definitions: [operation.definition] },
      contextValue: call,
    };
  } catch (error) {
    return told([error]);
  }
}

function watch(call: Call, parts: SocketParts, dropped: () => void) {
  const { subscriptions } = parts;
  let leave = (): void => undefined;
  const viewer = openViewer(call.socket, call.id, subscriptions.kindOf(call.prepared), {
    left: () => leave(),
    dropped,
  });
  try {
    leave = subscriptions.watch(call.prepared, call.variables, call.actor, viewer);
    return viewer;
  } catch (error) {
    return { errors: [asGraphQLError(parts.mask(error))] };
  }
}

function tooMany(): GraphQLError {
  return new GraphQLError(`A socket carries at most ${OPERATIONS_PER_SOCKET_MAX} operations at a time.`, {
    extensions: { code: 'LIMIT_EXCEEDED' },
  });
}
