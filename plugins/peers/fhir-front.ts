/** A TLS front before a server: it loses, cuts, delays and rewrites answers when a test says so. */
import { createServer, type ServerOptions } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Agent } from 'undici';
import { gather } from './body.ts';
import type { SandboxCertificates } from './certificates.ts';
import type { FhirServer } from './fhir-server.ts';

export type FrontFault =
  /** Answers by itself; the server never hears of it. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Loses the answer, or the question. */
  | { readonly kind: 'drop'; readonly landed: boolean }
  /** Keeps quiet after the server did its work. */
  | { readonly kind: 'silence' }
  /** Sends the head and so many bytes of the body. */
  | { readonly kind: 'truncate'; readonly atByte: number }
  /** Changes the body of the answer. */
  | { readonly kind: 'rewrite'; readonly rewrite: (body: string) => string };

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface FhirFront {
  readonly baseUrl: string;
  /** Every request so far. */
  readonly asked: readonly Asked[];
  /** The fault for the next request that matches, once. */
  plant(matches: (asked: Asked) => boolean, fault: FrontFault): void;
  /** The fault for every request that matches, until it is mended. */
  plantAlways(matches: (asked: Asked) => boolean, fault: FrontFault): void;
  /** Forgets every planted fault. */
  mend(): void;
  close(): Promise<void>;
}

/** Any server over TLS that the same authority vouches for. */
type Behind = Pick<FhirServer, 'baseUrl'>;

export interface FrontOptions {
  readonly certificates: SandboxCertificates;
  readonly server: Behind;
  readonly host?: string;
  readonly tls?: ServerOptions;
}

/** Listens on a port of the system's choice and forwards to the server. */
export async function startFhirFront({
  certificates,
  server,
  host = '127.0.0.1',
  tls,
}: FrontOptions): Promise<FhirFront> {
  const agent = new Agent({ connect: { ca: certificates.authority } });
  const asked: Asked[] = [];
  const planted: { matches: (asked: Asked) => boolean; fault: FrontFault; isLasting?: boolean }[] = [];
  const take = (request: Asked): FrontFault | undefined => {
    const at = planted.findIndex(({ matches }) => matches(request));
    const found = planted[at];
    if (found !== undefined && !found.isLasting) planted.splice(at, 1);
    return found?.fault;
  };
  const front = createServer(
    { key: certificates.privateKey, cert: certificates.certificate, ...tls },
    (request, response) => {
      void gather(request).then(async (body) => {
        const question = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
        asked.push(question);
        await serve(agent, server, question, take(question), response).catch(() => response.destroy());
      });
    },
  );
  await new Promise<void>((resolve, reject) => front.once('error', reject).listen(0, host, resolve));
  return {
    baseUrl: `https://${host}:${(front.address() as AddressInfo).port}/fhir`,
    asked,
    plant: (matches, fault) => planted.push({ matches, fault }),
    plantAlways: (matches, fault) => planted.push({ matches, fault, isLasting: true }),
    mend: () => {
      planted.length = 0;
    },
    close: async () => {
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
      await agent.destroy();
    },
  };
}

async function serve(
  agent: Agent,
  server: Behind,
  asked: Asked,
  fault: FrontFault | undefined,
  response: ServerResponse,
): Promise<void> {
  if (fault?.kind === 'answer') {
    response.writeHead(fault.status, fault.headers).end(fault.body);
    return;
  }
  if (fault?.kind === 'drop' && !fault.landed) return void response.destroy();
  const { 'content-length': _, connection: __, ...headers } = asked.headers;
  const answer = await agent.request({
    origin: new URL(server.baseUrl).origin,
    path: asked.path,
    method: asked.method as 'GET',
    headers,
    body: asked.body.byteLength > 0 || asked.method === 'PUT' ? asked.body : null,
  });
  if (fault === undefined) {
    response.writeHead(answer.statusCode, answer.headers as Record<string, string>);
    return pipeline(answer.body, response);
  }
  const body = Buffer.from(await answer.body.arrayBuffer());
  if (fault.kind === 'drop') return void response.destroy();
  if (fault.kind === 'silence') return;
  const sent = fault.kind === 'rewrite' ? Buffer.from(fault.rewrite(body.toString())) : body;
  const head = { ...answer.headers, 'content-length': String(sent.byteLength) } as Record<string, string>;
  response.writeHead(answer.statusCode, head);
  if (fault.kind !== 'truncate') return void response.end(sent);
  response.write(sent.subarray(0, fault.atByte), () => response.destroy());
}
