/** A FHIR R4 server on loopback over TLS: what a target looks like from outside, faults included. */
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseKeepingDigits } from '@waybill/connector-sdk';
import { gather } from './body.ts';
import { BulkExports } from './bulk-export.ts';
import type { SandboxCertificates } from './certificates.ts';
import { FhirStore, type FaultPlan, type Json, type Resource, tokensOf } from './fhir-store.ts';

export interface FhirServerOptions {
  readonly certificates: SandboxCertificates;
  /** The bearer token it wants to see. */
  readonly token: string;
  /** Where it keeps Binary content. */
  readonly directory: string;
  readonly faults?: FaultPlan | undefined;
  /** Changes a Binary's bytes as they are stored; `undefined` keeps them. */
  readonly corrupt?: ((id: string, contentType: string, chunk: Buffer) => Buffer) | undefined;
}

export interface FhirServer {
  /** For example `https://127.0.0.1:40123/fhir`. */
  readonly baseUrl: string;
  /** PEM of the authority that vouches for it. */
  readonly authority: string;
  readonly token: string;
  readonly store: FhirStore;
  readonly exports: BulkExports;
  readonly requests: { total: number };
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 64 * 1024 * 1024;
const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;

interface Answer {
  readonly status: number;
  readonly body?: Json | Resource | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Starts the server on a port of the system's choice on 127.0.0.1. */
export async function startFhirServer(options: FhirServerOptions): Promise<FhirServer> {
  await mkdir(options.directory, { recursive: true });
  const store = new FhirStore(options.faults);
  const requests = { total: 0 };
  const exports = new BulkExports(store);
  const types = new Map<string, string>();
  const arrivals = { next: 0 };
  const server = createServer(
    { cert: options.certificates.certificate, key: options.certificates.privateKey, minVersion: 'TLSv1.2' },
    (request, response) => {
      requests.total++;
      answer(request, response, { options, store, exports, types, arrivals }).catch(() => {
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    },
  );
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `https://127.0.0.1:${port}/fhir`,
    authority: options.certificates.authority,
    token: options.token,
    store,
    exports,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Room {
  readonly options: FhirServerOptions;
  readonly store: FhirStore;
  readonly exports: BulkExports;
  /** Content type of each Binary, by id. */
  readonly types: Map<string, string>;
  /** Numbers the uploads under way, so that two of one Binary do not share a file. */
  readonly arrivals: { next: number };
}

const CREATES = ['Patient', 'DocumentReference'].map((type): Json => ({ type, conditionalCreate: true }));
const STATEMENT: Json = {
  ...{ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', status: 'active' },
  rest: [{ mode: 'server', resource: CREATES }],
};

async function answer(request: IncomingMessage, response: ServerResponse, room: Room): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://127.0.0.1');
  const isAllowed = request.headers.authorization === `Bearer ${room.options.token}`;
  if (room.exports.answer(request, response, isAllowed)) return;
  if (!isAllowed) return send(response, { status: 401, body: outcome('login') });
  const parts = url.pathname
    .replace(/^\/fhir\/?/, '')
    .split('/')
    .filter(Boolean);
  const [type, id] = parts;
  if (type === 'Binary' && id !== undefined) return binary(request, response, id, room);
  if (request.method === 'GET' && type === 'metadata') return send(response, { status: 200, body: STATEMENT });
  if (request.method === 'GET' && type !== undefined)
    return send(response, read(url, type, id, room, `https://${request.headers.host}/fhir`));
  if (request.method === 'POST') {
    const body = parseKeepingDigits((await gather(request, BODY_BYTES_MAX)).toString()) as Resource;
    const condition = request.headers['if-none-exist']?.toString();
    return send(response, type === undefined ? transaction(body, room) : create(type, body, condition, room));
  }
  return send(response, { status: 405, body: outcome('not-supported') });
}

function read(url: URL, type: string, id: string | undefined, room: Room, base: string): Answer {
  if (id !== undefined) {
    const found = room.store.get(type, id);
    return found ? { status: 200, body: found } : { status: 404, body: outcome('not-found') };
  }
  const ids = matching(url.searchParams, type, room);
  const count = Math.min(Number(url.searchParams.get('_count') ?? PAGE_DEFAULT), PAGE_MAX);
  const offset = Number(url.searchParams.get('_offset') ?? 0);
  const page = ids.slice(offset, offset + count);
  const next = new URLSearchParams(url.searchParams);
  next.set('_offset', String(offset + count));
  const link = offset + count < ids.length ? [{ relation: 'next', url: `${base}/${type}?${next}` }] : [];
  const entry = page.map((each) => ({
    fullUrl: `${base}/${type}/${each}`,
    resource: room.store.get(type, each) as Json,
  }));
  return { status: 200, body: { resourceType: 'Bundle', type: 'searchset', total: ids.length, link, entry } };
}

/** Ids of what hangs on a patient, by reference or by an identifier that the patient has. */
function chartOf(store: FhirStore, type: string, patientId: string, sort: string | null): readonly string[] {
  const patient = store.get('Patient', patientId);
  const names = new Set(
    patient === undefined ? [] : tokensOf(patient).map(({ system, value }) => `${system}|${value}`),
  );
  const own = store.ids(type).filter((id) => {
    const { subject, patient: of, beneficiary } = (store.get(type, id) ?? {}) as Readonly<Record<string, Reference>>;
    const { reference, identifier } = subject ?? of ?? beneficiary ?? {};
    return reference === `Patient/${patientId}` || names.has(`${identifier?.system ?? ''}|${identifier?.value ?? ''}`);
  });
  const momentOf = SORTS[sort ?? ''];
  if (momentOf === undefined) return own;
  const moments = new Map(own.map((id) => [id, Date.parse(momentOf(store.get(type, id) ?? {}) ?? '') || 0]));
  return own.toSorted((left, right) => (moments.get(right) ?? 0) - (moments.get(left) ?? 0));
}

/** By search parameter, the date that it sorts by, the newest first. */
const SORTS: Readonly<Record<string, (resource: Readonly<Record<string, unknown>>) => string | undefined>> = {
  '-authoredon': ({ authoredOn }) => authoredOn as string | undefined,
  '-effective': ({ effectiveDateTime, effectivePeriod }) =>
    (effectiveDateTime as string | undefined) ?? (effectivePeriod as { readonly start?: string } | undefined)?.start,
};

interface Reference {
  readonly reference?: string;
  readonly identifier?: { readonly system?: string; readonly value?: string };
}

/** Ids that match `identifier=system|value[,system|value...]`, or `_tag=...`, or all of them. */
function matching(query: URLSearchParams, type: string, room: Room): readonly string[] {
  const patient = query.get('patient');
  if (patient !== null) return chartOf(room.store, type, patient, query.get('_sort'));
  const by = query.has('_tag') ? '_tag' : 'identifier';
  const tokens = query.get(by);
  if (tokens === null) return room.store.ids(type);
  return tokens.split(',').flatMap((token) => {
    const at = token.indexOf('|');
    return room.store.find(type, token.slice(0, at), token.slice(at + 1), by);
  });
}

function create(type: string, resource: Resource, condition: string | undefined, room: Room): Answer {
  if (resource.resourceType !== type) return { status: 400, body: outcome('invalid') };
  if (condition !== undefined) {
    const found = matching(new URLSearchParams(condition), type, room);
    if (found.length > 1) return { status: 412, body: outcome('multiple-matches') };
    if (found.length === 1) return { status: 200, headers: { location: `${type}/${found[0]}` } };
  }
  const id = room.store.create(resource);
  return { status: 201, headers: { location: `${type}/${id}/_history/1` }, body: { resourceType: type, id } };
}

function transaction(bundle: Resource, room: Room): Answer {
  if (bundle.resourceType !== 'Bundle') return { status: 400, body: outcome('invalid') };
  const entries = (bundle['entry'] ?? []) as unknown as readonly {
    readonly resource: Resource;
    readonly request: { readonly url: string; readonly ifNoneExist?: string };
  }[];
  const entry = entries.map(({ resource, request }) => {
    const made = create(request.url, resource, request.ifNoneExist, room);
    const response: Json = {
      status: String(made.status),
      ...(made.headers ? { location: made.headers['location'] } : {}),
    };
    return { response };
  });
  return { status: 200, body: { resourceType: 'Bundle', type: 'transaction-response', entry } };
}

async function binary(request: IncomingMessage, response: ServerResponse, id: string, room: Room): Promise<void> {
  const path = join(room.options.directory, id.replace(/[^A-Za-z0-9.-]/g, '_'));
  if (request.method === 'GET') {
    if (!existsSync(path)) return send(response, { status: 404, body: outcome('not-found') });
    response.writeHead(200, {
      'content-type': room.types.get(id) ?? 'application/octet-stream',
      'content-length': statSync(path).size,
    });
    return pipeline(createReadStream(path), response);
  }
  if (existsSync(path) && request.headers['if-none-match'] === '*') {
    request.resume();
    return send(response, { status: 412, body: outcome('conflict') });
  }
  const contentType = request.headers['content-type'] ?? 'application/octet-stream';
  const corrupt = room.options.corrupt;
  const arriving = `${path}.arriving-${room.arrivals.next++}`;
  await pipeline(
    request,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) yield corrupt ? corrupt(id, contentType, chunk) : chunk;
    },
    createWriteStream(arriving),
  );
  await rename(arriving, path);
  room.types.set(id, contentType);
  return send(response, { status: 201, headers: { location: `Binary/${id}` } });
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/fhir+json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

function outcome(code: string): Json {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] };
}
