/** A FHIR service behind an authorization server: tokens are given at `/token`, run out, and are taken back. */
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importSPKI, jwtVerify } from 'jose';
import { Agent } from 'undici';
import type { SandboxCertificates } from '../../../plugins/peers/certificates.ts';
import type { FhirServer } from '../../../plugins/peers/fhir-server.ts';

export const CLIENT = { id: 'waybill:test/1', secret: 'p@ss word:+/' } as const;

export interface SmartService {
  readonly baseUrl: string;
  readonly tokenUrl: string;
  /** How many tokens were given. */
  given(): number;
  /** The tokens given so far are no longer taken. */
  takeBack(): void;
  /** The same, once so many more requests were let in. */
  takeBackAfter(requests: number): void;
  /** The token endpoint answers so, once. */
  answerNext(status: number, body: string): void;
  /** What was wrong with the forms that were refused, in our words. */
  readonly wrongs: readonly string[];
  close(): Promise<void>;
}

export interface SmartOptions {
  readonly certificates: SandboxCertificates;
  readonly server: FhirServer;
  /** PEM (SPKI) of the key that assertions are signed with, and the one algorithm they may be signed by. */
  readonly publicKey?: string | undefined;
  readonly algorithm?: 'ES384' | 'RS384' | undefined;
}

export async function startSmartService(options: SmartOptions): Promise<SmartService> {
  const { certificates, server, publicKey, algorithm = 'ES384' } = options;
  const agent = new Agent({ connect: { ca: certificates.authority } });
  const seenAssertions = new Set<string>();
  const wrongs: string[] = [];
  const next: { status: number; body: string }[] = [];
  let [given, valid, left] = [0, 0, 0];
  const https = createServer({ key: certificates.privateKey, cert: certificates.certificate }, (request, response) => {
    void answer(request, response).catch((error: unknown) => {
      wrongs.push(String(error));
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await gather(request);
    if (request.url === '/token') {
      const planted = next.shift();
      if (planted !== undefined) return void response.writeHead(planted.status).end(planted.body);
      const wrong = await wrongWith(request, new URLSearchParams(body.toString()));
      if (wrong !== undefined) {
        wrongs.push(wrong);
        const refusal = { error: 'invalid_client', error_description: 'for the eyes of nobody' };
        return void response.writeHead(401).end(JSON.stringify(refusal));
      }
      given += 1;
      valid = given;
      const token = { access_token: `token-${given}`, token_type: 'Bearer', expires_in: 3600 };
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
    }
    if (valid === 0 || request.headers.authorization !== `Bearer token-${valid}`) {
      return void response.writeHead(401).end();
    }
    left--;
    if (left === 0) valid = 0;
    const { 'content-length': _, connection: __, ...headers } = request.headers;
    const forwarded = await agent.request({
      origin: new URL(server.baseUrl).origin,
      path: request.url ?? '/',
      method: request.method as 'GET',
      headers: { ...headers, authorization: `Bearer ${server.token}` },
      body: body.byteLength > 0 ? body : null,
    });
    const bytes = Buffer.from(await forwarded.body.arrayBuffer());
    // Links to further pages lead to where they were asked for.
    const text = bytes.toString('latin1').replaceAll(new URL(server.baseUrl).host, request.headers.host ?? '');
    response.writeHead(forwarded.statusCode, { ...forwarded.headers, 'content-length': String(text.length) });
    response.end(Buffer.from(text, 'latin1'));
  }

  async function wrongWith(request: IncomingMessage, form: URLSearchParams): Promise<string | undefined> {
    if (form.get('grant_type') !== 'client_credentials') return 'grant_type';
    if (publicKey === undefined) {
      const pair = `${new URLSearchParams({ a: CLIENT.id })}:${new URLSearchParams({ a: CLIENT.secret })}`;
      const basic = Buffer.from(pair.replaceAll('a=', '')).toString('base64');
      return request.headers.authorization === `Basic ${basic}` ? undefined : 'authorization';
    }
    const { port } = https.address() as AddressInfo;
    const { payload, protectedHeader } = await jwtVerify(
      form.get('client_assertion') ?? '',
      await importSPKI(publicKey, algorithm),
      {
        ...{ audience: `https://127.0.0.1:${port}/token`, issuer: CLIENT.id, subject: CLIENT.id, maxTokenAge: '5m' },
        algorithms: [algorithm],
      },
    );
    if (protectedHeader.kid !== 'key-1') return 'kid';
    if (payload.jti === undefined || seenAssertions.has(payload.jti)) return 'jti';
    seenAssertions.add(payload.jti);
    return form.get('scope') === 'system/*.rs' ? undefined : 'scope';
  }

  await new Promise<void>((resolve, reject) => https.once('error', reject).listen(0, '127.0.0.1', resolve));
  const origin = `https://127.0.0.1:${(https.address() as AddressInfo).port}`;
  return {
    baseUrl: `${origin}/fhir`,
    tokenUrl: `${origin}/token`,
    given: () => given,
    takeBack: () => {
      valid = 0;
    },
    takeBackAfter: (requests) => {
      left = requests;
    },
    answerNext: (status, body) => next.push({ status, body }),
    wrongs,
    close: async () => {
      https.closeAllConnections();
      await new Promise((resolve) => https.close(resolve));
      await agent.destroy();
    },
  };
}

async function gather(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
