/** What an HTTP status means in the contract's codes, and what an OperationOutcome may be quoted for: codes only. */
import { ConnectorError, type ErrorCode } from '@waybill/connector-sdk';
import type { Answer, Ask } from './exchange.ts';

const OUTCOME_MAX_BYTES = 1024 * 1024;
const RETRY_AFTER_MAX_S = 86_400;

export interface Issue {
  readonly severity?: string;
  readonly code?: string;
  readonly expression?: readonly string[];
  readonly location?: readonly string[];
}

export interface OperationOutcome {
  readonly resourceType?: string;
  readonly issue?: readonly Issue[];
}

/** An answer that refuses what was sent, with the issue codes it gave. */
export class RefusedError extends ConnectorError {
  readonly issues: readonly Issue[];

  constructor(message: string, issues: readonly Issue[]) {
    super('ITEM_REFUSED', message);
    this.issues = issues;
  }
}

/** Fails with the coded error unless the status is 2xx or expected; then the body is read to its end. */
export async function requireStatus(answer: Answer & { readonly ask: Ask; readonly origin: string }): Promise<void> {
  const { ask, headers, origin, status } = answer;
  if ((status >= 200 && status < 300) || ask.expected?.includes(status) === true) return;
  const issues = issuesIn(await textOf(answer.body));
  const said = `${origin} answers ${status}${codesOf(issues)}`;
  const retryAfterMs = retryAfterIn(headers['retry-after']);
  const [code, remedy] = meaningOf(status, ask);
  if (code === 'ITEM_REFUSED') throw new RefusedError(said, issues);
  throw new ConnectorError(code, `${said}${remedy}`, { retryAfterMs });
}

function meaningOf(status: number, { method }: Ask): readonly [ErrorCode, string] {
  const isWrite = method !== 'GET' && method !== 'HEAD';
  if (status === 401) return ['AUTH_FAILED', '; check the secret token'];
  if (status === 403) return ['ACCESS_DENIED', '; ask its administrator to allow this account to read and create'];
  if (status === 404 || status === 410) return isWrite ? ['UNSUPPORTED', '; check baseUrl'] : ['ITEM_NOT_FOUND', ''];
  if (status === 405 || status === 501) return ['UNSUPPORTED', '; it does not offer what Waybill needs'];
  if (status >= 300 && status < 400) return ['UNSUPPORTED', '; redirects are not followed, so correct baseUrl'];
  if (status === 429) return ['RATE_LIMITED', ''];
  if (status === 507) return ['SPACE_EXHAUSTED', '; free space there and resume'];
  // A proxy gave up waiting: what stands behind it may have acted.
  if (isWrite && (status === 408 || status === 502 || status === 504)) return ['OUTCOME_UNKNOWN', ''];
  return status >= 500 || status === 408 ? ['UNAVAILABLE', ''] : ['ITEM_REFUSED', ''];
}

/** The issues of an OperationOutcome without its prose, which may quote a patient; none when it is something else. */
export function issuesIn(text: string): readonly Issue[] {
  try {
    const outcome = JSON.parse(text) as OperationOutcome;
    if (outcome.resourceType !== 'OperationOutcome') return [];
    return (outcome.issue ?? []).map(({ severity, code, expression, location }) => ({
      ...(severity === undefined ? {} : { severity }),
      ...(code === undefined ? {} : { code }),
      ...(expression === undefined ? {} : { expression }),
      ...(location === undefined ? {} : { location }),
    }));
  } catch {
    return [];
  }
}

/** Issue codes are a closed FHIR value set; details and diagnostics are free text and may quote a patient. */
export function codesOf(issues: readonly Issue[]): string {
  const codes = issues.map((issue) => issue.code).filter((code) => code !== undefined && /^[a-z-]{1,30}$/.test(code));
  return codes.length === 0 ? '' : ` (${[...new Set(codes)].join(', ')})`;
}

async function textOf(body: Answer['body']): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= OUTCOME_MAX_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Seconds only: the other form, a date, would need the two clocks to agree. */
export function retryAfterIn(header: string | string[] | undefined): number | undefined {
  const seconds = Number([header].flat()[0]);
  return Number.isInteger(seconds) && seconds >= 0 ? Math.min(seconds, RETRY_AFTER_MAX_S) * 1000 : undefined;
}
