/** An ordinary JSON API for documents over TLS, as many products have one: no FHIR, a list in pages, an id for each. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { gather } from './body.ts';
import type { SandboxCertificates } from './certificates.ts';

export interface StoredDocument {
  /** Numbers beyond what a double holds, as some products have them. */
  readonly id: string;
  readonly path: string;
  readonly externalId: string | undefined;
  readonly mediaType: string;
  readonly updatedAt: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Where its bytes lie. */
  readonly file: string;
}

export interface JsonApi {
  /** For example `https://127.0.0.1:40123/v1/`. */
  readonly baseUrl: string;
  readonly documents: StoredDocument[];
  /** Uploads that nobody sees yet, by id. */
  readonly uploads: Map<string, { readonly bytes: Buffer; readonly mediaType: string }>;
  /** It keeps so many bytes of each document and says nothing. */
  keepBytes: number | undefined;
  put(path: string, bytes: Uint8Array): void;
  close(): Promise<void>;
}

export interface JsonApiOptions {
  readonly certificates: SandboxCertificates;
  /** What `x-api-key` must be. */
  readonly key: string;
  readonly now: () => Date;
  /** Where it keeps its documents; it is there already. */
  readonly directory: string;
}

const PAGE_DEFAULT = 50;
const FIRST_ID = 9_007_199_254_740_993n;

/** Listens on a port of the system's choice on 127.0.0.1. */
export async function startJsonApi({ certificates, directory, key, now }: JsonApiOptions): Promise<JsonApi> {
  const shelf = new Shelf(directory, now);
  const server = createServer({ key: certificates.privateKey, cert: certificates.certificate }, (request, response) => {
    void gather(request)
      .then((body) => answer(shelf, key, request, body, response))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const api: JsonApi = {
    baseUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`,
    documents: shelf.documents,
    uploads: shelf.uploads,
    keepBytes: undefined,
    put: (path, bytes) => void shelf.add({ path, bytes, mediaType: 'application/octet-stream', externalId: undefined }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  shelf.keepBytes = () => api.keepBytes;
  return api;
}

class Shelf {
  readonly documents: StoredDocument[] = [];
  readonly uploads = new Map<string, { readonly bytes: Buffer; readonly mediaType: string }>();
  keepBytes: () => number | undefined = () => undefined;
  readonly #directory: string;
  readonly #now: () => Date;

  constructor(directory: string, now: () => Date) {
    this.#directory = directory;
    this.#now = now;
  }

  find(path: string): StoredDocument | undefined {
    return this.documents.find((each) => each.path === path);
  }

  add({ bytes, ...given }: Pick<StoredDocument, 'path' | 'externalId' | 'mediaType'> & { readonly bytes: Uint8Array }) {
    const id = String(FIRST_ID + BigInt(this.documents.length));
    const kept = bytes.subarray(0, this.keepBytes() ?? bytes.byteLength);
    const file = join(this.#directory, id);
    writeFileSync(file, kept);
    const facts = { sizeBytes: kept.byteLength, sha256: digestOf(kept), file };
    const document = { id, updatedAt: this.#now().toISOString(), ...facts, ...given };
    this.documents.push(document);
    return document;
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function answer(shelf: Shelf, key: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://127.0.0.1');
  const parts = url.pathname
    .replace(/^\/v1\//, '')
    .split('/')
    .map(decodeURIComponent);
  if (request.headers['x-api-key'] !== key) return send(response, 401, { ok: false });
  const act = `${request.method} ${parts[0]}`;
  if (act === 'GET documents' && parts.length === 1) return list(shelf, request, url.searchParams, response);
  if (act === 'GET documents' && parts[1] === 'find') return find(shelf, url.searchParams.get('path') ?? '', response);
  if (act === 'GET documents')
    return content(
      shelf.documents.find(({ id }) => id === parts[1]),
      response,
    );
  if (act === 'GET files') return content(shelf.find(parts.slice(1).join('/')), response);
  if (act === 'PUT files') return store(shelf, parts.slice(1).join('/'), request, body, response);
  if (act === 'POST documents') return store(shelf, url.searchParams.get('path') ?? '', request, body, response);
  if (act === 'POST uploads' && parts.length === 1) {
    const id = randomUUID();
    shelf.uploads.set(id, { bytes: body, mediaType: request.headers['content-type'] ?? '' });
    return send(response, 201, { ok: true, upload: { id, received: body.byteLength } });
  }
  if (act === 'DELETE uploads') return send(response, shelf.uploads.delete(parts[1] ?? '') ? 200 : 404, { ok: true });
  if (act === 'POST uploads') return publish(shelf, parts[1] ?? '', url.searchParams, response);
  return send(response, 404, { ok: false });
}

/** In pages by cursor, by number or by offset; the next one stands in the answer and in the header Link. */
function list(shelf: Shelf, { headers }: IncomingMessage, query: URLSearchParams, response: ServerResponse): void {
  const limit = Number(query.get('limit') ?? PAGE_DEFAULT);
  const page = query.get('page');
  const from = page === null ? Number(query.get('cursor') ?? query.get('offset') ?? 0) : (Number(page) - 1) * limit;
  const to = from + limit;
  const entries = shelf.documents.slice(from, to).map(entryOf);
  const next = to < shelf.documents.length ? `https://${headers.host}/v1/documents?limit=${limit}&cursor=${to}` : null;
  const text = `{"ok":true,"result":{"documents":[${entries.join(',')}]},"links":${JSON.stringify({ next })},`;
  const link = next === null ? {} : { link: `<https://${headers.host}/v1/>; rel="up", <${next}>; rel="next"` };
  write(response, 200, `${text}"cursor":${next === null ? 'null' : to}}`, link);
}

function find(shelf: Shelf, path: string, response: ServerResponse): void {
  const found = shelf.find(path);
  write(response, 200, `{"ok":true,"found":[${found === undefined ? '' : entryOf(found)}]}`);
}

/** The id is a number here, as in JSON of products that know no better. */
function entryOf({ externalId, id, mediaType, path, sizeBytes, updatedAt }: StoredDocument): string {
  const rest = { path, size: sizeBytes, updatedAt, type: mediaType, externalId };
  return `{"id":${id},${JSON.stringify(rest).slice(1)}`;
}

function content(found: StoredDocument | undefined, response: ServerResponse): void {
  if (found === undefined) return send(response, 404, { ok: false });
  response.writeHead(200, { 'content-type': found.mediaType, 'content-length': found.sizeBytes });
  pipeline(createReadStream(found.file), response, () => {});
}

function store(shelf: Shelf, path: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const { 'content-digest': digest, 'content-type': mediaType = '', 'idempotency-key': externalId } = request.headers;
  const found = shelf.find(path);
  const isOwn = externalId !== undefined && found?.externalId === externalId && found.sha256 === digestOf(body);
  if (found !== undefined && !isOwn) return send(response, 409, { ok: false });
  if (digest !== undefined && digest !== `sha-256=:${digestOf(body)}:`) return send(response, 400, { ok: false });
  const stored = found ?? shelf.add({ path, bytes: body, mediaType, externalId: externalId?.toString() });
  write(response, found === undefined ? 201 : 200, `{"ok":true,"document":${entryOf(stored)}}`);
}

function publish(shelf: Shelf, id: string, query: URLSearchParams, response: ServerResponse): void {
  const upload = shelf.uploads.get(id);
  const path = query.get('path') ?? '';
  if (upload === undefined) return send(response, 404, { ok: false });
  if (shelf.find(path) !== undefined) return send(response, 409, { ok: false });
  const stored = shelf.add({ path, ...upload, externalId: query.get('key') ?? undefined });
  shelf.uploads.delete(id);
  write(response, 201, `{"ok":true,"document":${entryOf(stored)}}`);
}

function send(response: ServerResponse, status: number, body: object): void {
  write(response, status, JSON.stringify(body));
}

function write(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  const length = { 'content-length': String(Buffer.byteLength(text)) };
  response.writeHead(status, { 'content-type': 'application/json', ...length, ...headers }).end(text);
}
