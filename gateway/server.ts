/** The HTTP server: /graphql, the explorer, /healthz, /readyz and /metrics. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GraphQLError } from 'graphql';
import type { Actor } from '../kernel/actor.ts';
import { Fault } from '../kernel/fault.ts';
import type { HttpDoor } from './apollo.ts';
import { GRAPHQL_PATH } from './config.ts';
import { explorerPage } from './explorer.ts';
import type { Readiness } from './health.ts';
import type { Bearer } from './identity.ts';
import type { Limits } from './limits.ts';
import type { Mask } from './masking.ts';
import { unauthenticated } from './operation.ts';

export interface ServerParts {
  readonly door: HttpDoor;
  readonly mask: Mask;
  readonly limits: Limits;
  readonly guest: Actor | undefined;
  bearer(authorization: unknown): Promise<Bearer>;
  readiness(): Promise<Readiness>;
  readonly metrics: (() => string | Promise<string>) | undefined;
}

const HEADERS_DEADLINE_MS = 10_000;
const REQUEST_DEADLINE_MS = 60_000;
const KEEP_ALIVE_MS = 65_000;
const DRAIN_WAIT_MS = 5_000;

/** Answers for as long as it may contain patient data: nobody keeps a copy. */
const PRIVATE = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' } as const;
const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8' } as const;

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export function createHttpServer(parts: ServerParts): Server {
  const server = createServer(
    { headersTimeout: HEADERS_DEADLINE_MS, requestTimeout: REQUEST_DEADLINE_MS, keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      void reply(request, parts)
        .catch((error: unknown) => refusal(500, parts.mask, error))
        .then((answer) => write(response, answer));
    },
  );
  return server;
}

/** Fails with PORT_IN_USE. */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(cause, port)));
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Takes no more connections, and gives requests under way a while to finish. */
export async function drain(server: Server): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_WAIT_MS);
  await stopped.finally(() => clearTimeout(late));
}

function cannotListen(cause: NodeJS.ErrnoException, port: number): Fault {
  const taken = cause.code === 'EADDRINUSE';
  return new Fault({
    code: taken ? 'PORT_IN_USE' : 'PORT_UNUSABLE',
    retry: 'permanent',
    message: taken ? `port ${port} is in use; set PORT to another one` : `cannot listen on port ${port}`,
    cause,
  });
}

async function reply(request: IncomingMessage, parts: ServerParts): Promise<Reply> {
  const { pathname, search } = partsOf(request.url ?? '/');
  switch (pathname) {
    case GRAPHQL_PATH:
      return wantsPage(request) ? page(request) : graphql(request, search, parts);
    case '/healthz':
      return { status: 200, headers: TEXT_TYPE, body: 'ok\n' };
    case '/readyz': {
      const readiness = await parts.readiness();
      return { status: readiness.ready ? 200 : 503, headers: JSON_TYPE, body: JSON.stringify(readiness) };
    }
    case '/metrics':
      if (parts.metrics === undefined) break;
      return { status: 200, headers: TEXT_TYPE, body: await parts.metrics() };
    default:
  }
  return { status: 404, headers: TEXT_TYPE, body: `nothing here; the graph is at ${GRAPHQL_PATH}\n` };
}

function wantsPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html');
}

async function page({ headers }: IncomingMessage): Promise<Reply> {
  const { gzipped, policy } = await explorerPage();
  const about = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    vary: 'accept, accept-encoding',
  };
  if (/\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))) {
    return { status: 200, headers: { ...about, 'content-encoding': 'gzip' }, body: gzipped };
  }
  return { status: 200, headers: about, body: await promisify(gunzip)(gzipped) };
}

async function graphql(request: IncomingMessage, search: string, parts: ServerParts): Promise<Reply> {
  const bearer = await parts.bearer(request.headers.authorization);
  if (bearer.kind === 'refused') {
    const message = bearer.why === 'expired' ? 'Token expired' : 'Token refused';
    return refusal(401, parts.mask, unauthenticated(message));
  }
  const actor = bearer.kind === 'known' ? bearer.actor : parts.guest;
  if (actor === undefined) return refusal(401, parts.mask, unauthenticated());
  const body = request.method === 'POST' ? await readBody(request, parts.limits.bodyMaxBytes) : {};
  if (typeof body === 'string') {
    return refusal(BODY_STATUS[body], parts.mask, new GraphQLError(body, { extensions: { code: 'BAD_REQUEST' } }));
  }
  const { method = 'GET', headers } = request;
  const answer = await parts.door.answer({ method, headers, search, body }, actor);
  if (answer.body.kind !== 'complete') throw new Error('an answer in parts');
  return { status: answer.status ?? 200, headers: Object.fromEntries(answer.headers), body: answer.body.string };
}

const BODY_STATUS = {
  'Send the operation as application/json.': 415,
  'The request is too large.': 413,
  'The body is not JSON.': 400,
} as const;

type BodyRefusal = keyof typeof BODY_STATUS;

/** Only JSON is read: a page of another origin cannot send that without asking first. */
async function readBody(request: IncomingMessage, bytesMax: number): Promise<object | BodyRefusal> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return 'Send the operation as application/json.';
  }
  const bytes = await gather(request, bytesMax);
  if (bytes === undefined) return 'The request is too large.';
  try {
    const body: unknown = JSON.parse(bytes.toString());
    return typeof body === 'object' && body !== null ? body : 'The body is not JSON.';
  } catch {
    return 'The body is not JSON.';
  }
}

/** Undefined when there is more than `bytesMax`; events, because an iterator costs more than the parsing. */
function gather(request: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.byteLength;
      if (sizeBytes <= bytesMax) chunks.push(chunk);
      else resolve(undefined);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function partsOf(url: string): { readonly pathname: string; readonly search: string } {
  const at = url.indexOf('?');
  return at < 0 ? { pathname: url, search: '' } : { pathname: url.slice(0, at), search: url.slice(at) };
}

function refusal(status: number, mask: Mask, error: unknown): Reply {
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
  return { status, headers: { ...JSON_TYPE, ...challenge }, body: JSON.stringify({ errors: [mask(error)] }) };
}

function write(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { ...headers, ...PRIVATE, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
