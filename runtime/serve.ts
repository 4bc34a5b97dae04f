/** A subgraph as a server of its own: it answers the gateway, which signs every request, and nobody else. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execute, type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { openRequest } from '../kernel/signature.ts';
import { errorFacts, type Log } from './log.ts';
import {
  answerOf,
  type Operation,
  operationReader,
  presentError,
  type Reading,
  type ReadOperation,
} from './operation.ts';
import type { RequestContext } from './request.ts';

export interface ServeOptions {
  readonly port: number;
  /** Loopback unless said otherwise. */
  readonly host?: string | undefined;
  /** Shared with the gateway: nobody else's requests are answered. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ServedSubgraph {
  readonly port: number;
  close(): Promise<void>;
}

const HEADER = 'waybill-request';
const PATH = '/graphql';
const BODY_SIZE_MAX_BYTES = 8 * 1024 * 1024;
const KEEP_ALIVE_MS = 65_000;
const UNAUTHORISED = 401;
/** The close code of graphql-ws for "Forbidden". */
const FORBIDDEN = 4403;

type Served = { readonly name: string; readonly schema: GraphQLSchema };

/** Serves POST /graphql and graphql-ws on /graphql. Fails with PORT_NOT_FREE. */
export async function serveSubgraph(open: Served, options: ServeOptions): Promise<ServedSubgraph> {
  const read = operationReader(open.schema);
  const server = createServer((request, response) => void answer(open, read, options, request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await listen(server, options);
  // Only now: a socket server swallows the errors of its HTTP server, such as a port that is taken.
  const sockets = new WebSocketServer({ server, path: PATH, maxPayload: BODY_SIZE_MAX_BYTES });
  const streams = serveStreams(open, read, options, sockets);
  return {
    port,
    async close() {
      await streams.dispose();
      for (const socket of sockets.clients) socket.terminate();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function listen(server: Server, { port, host = '127.0.0.1' }: ServeOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `port ${port} cannot be listened on; is it in use?`;
      reject(new Fault({ code: 'PORT_NOT_FREE', retry: 'permanent', message, cause }));
    });
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function answer(
  open: Served,
  read: Reading,
  options: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (request.method !== 'POST' || request.url !== PATH) return reply(response, 404, { errors: [] });
    const body = await bodyOf(request);
    if (body === undefined) return reply(response, 413, refusal('PAYLOAD_TOO_LARGE', 'the request is too large'));
    const caller = openRequest(options.key, `${request.headers[HEADER] ?? ''}`, body, options.clock.now());
    if (caller === false) {
      return reply(response, UNAUTHORISED, refusal('UNAUTHENTICATED', 'the gateway did not sign this request'));
    }
    const operation = JSON.parse(body) as Operation;
    reply(response, 200, await perform(open, read, operation, { actor: caller.actor }));
  } catch (error) {
    options.log.error('a request could not be answered', { subgraph: open.name, ...errorFacts(error) });
    if (!response.headersSent) reply(response, 400, refusal('BAD_REQUEST', 'the request could not be read'));
    else response.destroy();
  }
}

async function perform(open: Served, read: Reading, operation: Operation, context: RequestContext): Promise<unknown> {
  const document = read(operation.query);
  if (document.kind === 'refused') return { errors: document.errors };
  return answerOf(await execute(argumentsOf(open.schema, document, operation, context)));
}

function argumentsOf(
  schema: GraphQLSchema,
  { document }: ReadOperation,
  { variables, operationName }: Operation,
  contextValue: RequestContext,
): ExecutionArgs {
  return { schema, document, variableValues: variables, operationName, contextValue };
}

function serveStreams(open: Served, read: Reading, options: ServeOptions, sockets: WebSocketServer) {
  return useServer<Record<string, unknown>, { readonly socket: WebSocket }>(
    {
      schema: open.schema,
      // One socket carries many people's operations, so each brings its own signature.
      onSubscribe: (context, _id, { query, variables, operationName, extensions }) => {
        const signature = extensions?.[HEADER] ?? extensions?.['waybillRequest'];
        const body = JSON.stringify({ query, variables: variables ?? {}, operationName: operationName ?? undefined });
        const caller = openRequest(options.key, `${signature ?? ''}`, body, options.clock.now());
        if (caller === false) {
          context.extra.socket.close(FORBIDDEN, 'Forbidden');
          return [new GraphQLError('the gateway did not sign this operation')];
        }
        const document = read(query);
        if (document.kind === 'refused') return document.errors;
        const operation = { query, variables: variables ?? undefined, operationName: operationName ?? undefined };
        return argumentsOf(open.schema, document, operation, { actor: caller.actor });
      },
      onNext: (_context, _id, _payload, _args, result) => answerOf(result as ExecutionResult),
      onError: (_context, _id, _payload, errors) => errors.map(presentError),
    },
    sockets,
  );
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > BODY_SIZE_MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function refusal(code: string, message: string): { readonly errors: readonly object[] } {
  return { errors: [{ message, extensions: { code } }] };
}
