/** Bulk Data `$export` of a FHIR server (Bulk Data Access IG 2.0): jobs, manifests, NDJSON files, faulty on demand. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FhirStore, type Json, type Resource } from './fhir-store.ts';

/** What the service does otherwise than it should, or in a way of its own; changed while it runs. */
export interface ExportManners {
  /** Answers of 202 before the manifest. */
  polls: number;
  /** Seconds in Retry-After while it works. */
  retryAfterSeconds: number;
  /** Answers of 429 to polls before anything else. */
  throttled: number;
  /** Resources in one file. */
  perFile: number;
  /** The job fails with this status when its manifest is asked for. */
  failsWith: number | undefined;
  requiresAccessToken: boolean;
  /** Whether files may be read from a byte on. */
  knowsRanges: boolean;
  /** Added to every count of the manifest. */
  countOff: number;
  /** Lines left out at the end of every file, whose length stays consistent. */
  linesLost: number;
  /** Bytes left out at the end of every file, whose length stays consistent. */
  bytesLost: number;
  /** Where the manifest says the files are. */
  fileOrigin: string | undefined;
  /** Outcomes in an error file. */
  errors: readonly Json[];
  /** Resources in a file of deletions. */
  deleted: readonly string[];
  /** Jobs are forgotten as soon as they are there. */
  forgets: boolean;
}

export interface ExportJob {
  readonly id: string;
  readonly query: URLSearchParams;
  readonly level: string;
  polls: number;
  isDeleted: boolean;
}

const MANNERS: ExportManners = {
  polls: 1,
  retryAfterSeconds: 0,
  throttled: 0,
  perFile: 1_000,
  failsWith: undefined,
  requiresAccessToken: true,
  knowsRanges: true,
  countOff: 0,
  linesLost: 0,
  bytesLost: 0,
  fileOrigin: undefined,
  errors: [],
  deleted: [],
  forgets: false,
};

export class BulkExports {
  readonly jobs: ExportJob[] = [];
  manners: ExportManners = { ...MANNERS };
  readonly #store: FhirStore;

  constructor(store: FhirStore) {
    this.#store = store;
  }

  behave(): void {
    this.manners = { ...MANNERS };
  }

  /** Whether the request was about an export; then it is answered. */
  answer(request: IncomingMessage, response: ServerResponse, isAllowed: boolean): boolean {
    const url = new URL(request.url ?? '/', 'https://127.0.0.1');
    const status = /^\/jobs\/(\d+)$/.exec(url.pathname)?.[1];
    const file = /^\/files\/(\d+)\/([A-Za-z]+)-(\d+)\.ndjson$/.exec(url.pathname);
    const level = /^\/fhir\/(?:(Patient|Group\/[^/]+)\/)?\$export$/.exec(url.pathname);
    if (status === undefined && file === null && level === null) return false;
    const needsToken = file === null || this.manners.requiresAccessToken;
    if (needsToken !== isAllowed) send(response, isAllowed ? 400 : 401, outcome('login'));
    else if (level !== null) this.#begin(request, response, level[1] ?? '', url.searchParams);
    else if (status !== undefined) this.#status(request, response, this.#job(status));
    else this.#file(request, response, this.#job(file?.[1]), file?.[2] ?? '', Number(file?.[3]));
    return true;
  }

  #job(id: string | undefined): ExportJob | undefined {
    return this.jobs.find((job) => job.id === id && !job.isDeleted);
  }

  #begin(request: IncomingMessage, response: ServerResponse, level: string, query: URLSearchParams): void {
    if (request.headers.prefer !== 'respond-async') return send(response, 400, outcome('invalid'));
    const [type = '', id] = level.split('/');
    if (id !== undefined && this.#store.get(type, id) === undefined) return send(response, 404, outcome('not-found'));
    const job = { id: String(this.jobs.length + 1), query, level, polls: 0, isDeleted: false };
    this.jobs.push(job);
    send(response, 202, undefined, { 'content-location': `https://${request.headers.host}/jobs/${job.id}` });
  }

  #status(request: IncomingMessage, response: ServerResponse, job: ExportJob | undefined): void {
    const { failsWith, forgets, polls, retryAfterSeconds, throttled } = this.manners;
    if (job !== undefined && forgets) job.isDeleted = true;
    if (job === undefined || job.isDeleted) return send(response, 404, outcome('not-found'));
    if (request.method === 'DELETE') {
      job.isDeleted = true;
      return send(response, 202, undefined);
    }
    job.polls++;
    const retry = { 'retry-after': String(retryAfterSeconds) };
    if (job.polls <= throttled) return send(response, 429, outcome('throttled'), retry);
    if (job.polls <= throttled + polls) return send(response, 202, undefined, { ...retry, 'x-progress': '50%' });
    if (failsWith !== undefined) return send(response, failsWith, outcome('exception'));
    send(response, 200, this.#manifest(request, job), { 'content-type': 'application/json' });
  }

  #manifest(request: IncomingMessage, job: ExportJob): Json {
    const { countOff, deleted, errors, fileOrigin, perFile, requiresAccessToken } = this.manners;
    const origin = fileOrigin ?? `https://${request.headers.host}`;
    const urlOf = (type: string, at: number) => `${origin}/files/${job.id}/${type}-${at}.ndjson`;
    const output = this.#types(job).flatMap((type) => {
      const total = this.#resources(job, type).length;
      return Array.from({ length: Math.ceil(total / perFile) }, (_, at) => ({
        type,
        url: urlOf(type, at),
        count: Math.min(perFile, total - at * perFile) + countOff,
      }));
    });
    return {
      transactionTime: '2026-01-01T00:00:00Z',
      request: `https://${request.headers.host}/fhir/$export`,
      requiresAccessToken,
      output,
      error: errors.length === 0 ? [] : [{ type: 'OperationOutcome', url: urlOf('OperationOutcome', 0) }],
      deleted: deleted.length === 0 ? [] : [{ type: 'Bundle', url: urlOf('Bundle', 0) }],
    };
  }

  #types(job: ExportJob): readonly string[] {
    return (job.query.get('_type') ?? '').split(',').filter((type) => this.#resources(job, type).length > 0);
  }

  #resources(job: ExportJob, type: string): readonly Resource[] {
    const all = this.#store.ids(type).map((id) => this.#store.get(type, id) as Resource);
    const [level = '', id] = job.level.split('/');
    if (level !== 'Group' || id === undefined) return all;
    const members = JSON.stringify(this.#store.get('Group', id)?.['member'] ?? []);
    const isOf = (resource: Resource) =>
      type === 'Patient' || JSON.stringify(resource['subject'] ?? '').includes('Patient/');
    const patientOf = (resource: Resource) =>
      type === 'Patient' ? `Patient/${resource.id}` : String((resource['subject'] as { reference?: string }).reference);
    return all.filter((each) => isOf(each) && members.includes(`"${patientOf(each)}"`));
  }

  #lines(job: ExportJob, type: string, at: number): readonly string[] {
    const { deleted, errors, linesLost, perFile } = this.manners;
    if (type === 'OperationOutcome') return errors.map((each) => JSON.stringify(each));
    if (type === 'Bundle') {
      const entry = deleted.map((url) => ({ request: { method: 'DELETE', url } }));
      return [JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry })];
    }
    const lines = this.#resources(job, type)
      .slice(at * perFile, (at + 1) * perFile)
      .map((each) => JSON.stringify(each));
    return lines.slice(0, lines.length - linesLost);
  }

  #file(
    request: IncomingMessage,
    response: ServerResponse,
    job: ExportJob | undefined,
    type: string,
    at: number,
  ): void {
    if (job === undefined) return send(response, 404, outcome('not-found'));
    const lines = this.#lines(job, type, at);
    const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const bytes = whole.subarray(0, whole.byteLength - this.manners.bytesLost);
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
    const head = { 'content-type': 'application/fhir+ndjson', etag };
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from === 0 || !this.manners.knowsRanges) {
      response.writeHead(200, { ...head, 'content-length': bytes.byteLength }).end(bytes);
    } else if (from >= bytes.byteLength) {
      response.writeHead(416, { ...head, 'content-length': 0, 'content-range': `bytes */${bytes.byteLength}` }).end();
    } else {
      const rest = bytes.subarray(from);
      const range = `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}`;
      response.writeHead(206, { ...head, 'content-range': range, 'content-length': rest.byteLength }).end(rest);
    }
  }
}

function outcome(code: string): Json {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] };
}

function send(response: ServerResponse, status: number, body: Json | undefined, headers: Record<string, string> = {}) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const length = { 'content-length': String(Buffer.byteLength(text)) };
  response.writeHead(status, { 'content-type': 'application/fhir+json', ...length, ...headers }).end(text);
}
