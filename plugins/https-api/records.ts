/** Parcels of records: spooled as NDJSON, committed as one transaction of conditional creates. */
import {
  ConnectorError,
  isConnectorError,
  type ConnectorContext,
  type Parcel,
  type Receipt,
  type Staged,
} from '@waybill/connector-sdk';
import { FHIR_JSON, identifierQuery, keyOf, targetIdIn, type Resource } from './fhir.ts';
import type { Http } from './http.ts';
import { findKeys } from './search.ts';
import { codesOf, RefusedError, type Issue, type OperationOutcome } from './status.ts';

const RECORDS_MAX = 100;
const PARCEL_MAX_BYTES = 32 * 1024 * 1024;

interface RecordName {
  readonly type: string;
  readonly key: string;
}

interface Line extends RecordName {
  /** Exactly as it came: parsing and printing would lose the digits of a decimal. */
  readonly text: string;
}

interface EntryResponse {
  readonly status?: string;
  readonly location?: string;
  readonly outcome?: OperationOutcome;
}

export class RecordsParcels {
  readonly #http: Http;
  readonly #context: ConnectorContext;

  constructor(http: Http, context: ConnectorContext) {
    this.#http = http;
    this.#context = context;
  }

  async stage(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Staged> {
    const whole = await gather(parcel, bytes, signal);
    const names = linesOf(parcel, whole).map(({ type, key }) => ({ type, key }));
    const sizeBytes = await this.#context.spool.write(parcel.key, once(whole));
    // The names outlive the spool, so that a commit can be repeated after it was cleaned up.
    return { key: parcel.key, sizeBytes, state: { names: JSON.stringify(names) } };
  }

  /** What is spooled still says which records to look for; without it nothing is known. */
  async stat(parcel: Parcel, signal: AbortSignal): Promise<Receipt | undefined> {
    const lines = await this.#spooled(parcel, signal);
    return lines === undefined ? undefined : this.#lookUp(lines, signal);
  }

  async commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
    const lines = await this.#spooled(parcel, signal);
    if (lines === undefined) {
      const found = await this.#lookUp(JSON.parse(String(staged.state.names)) as readonly RecordName[], signal);
      if (found !== undefined) return found;
      throw new ConnectorError('ITEM_NOT_FOUND', `nothing is staged for ${parcel.key} any more; stage it again`);
    }
    const responses = await this.#transact(lines, signal);
    const parts = await this.#partsOf(lines, responses, signal);
    await this.#context.spool.remove(parcel.key);
    return receiptOf(parts);
  }

  async #transact(lines: readonly Line[], signal: AbortSignal): Promise<readonly EntryResponse[]> {
    try {
      const answer = await this.#http.json<{ readonly entry?: readonly { readonly response?: EntryResponse }[] }>({
        method: 'POST',
        path: '',
        headers: { 'content-type': FHIR_JSON },
        body: transactionOf(lines),
        signal,
      });
      return (answer.entry ?? []).map((entry) => entry.response ?? {});
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      throw refusedAs(lines[entryNamedIn(error.issues) ?? -1]?.key, error.message);
    }
  }

  async #partsOf(lines: readonly Line[], responses: readonly EntryResponse[], signal: AbortSignal) {
    if (responses.length !== lines.length) {
      const message = `${lines.length} records were sent and ${responses.length} are answered for`;
      throw new ConnectorError('OUTCOME_UNKNOWN', message);
    }
    responses.forEach((response, at) => requireCreated(lines[at]?.key, response));
    const parts: { key: string; targetId: string }[] = [];
    for (const [at, { type, key }] of lines.entries()) {
      const targetId =
        targetIdIn(responses[at]?.location) ?? (await findKeys(this.#http, type, [key], signal)).get(key);
      if (targetId === undefined) throw new ConnectorError('OUTCOME_UNKNOWN', `the target gave no id for ${key}`);
      parts.push({ key, targetId });
    }
    return parts;
  }

  /** The receipt when every record is there, `undefined` when one is not. */
  async #lookUp(names: readonly RecordName[], signal: AbortSignal): Promise<Receipt | undefined> {
    const found = new Map<string, string>();
    for (const type of new Set(names.map((name) => name.type))) {
      const keys = names.filter((name) => name.type === type).map((name) => name.key);
      for (const [key, targetId] of await findKeys(this.#http, type, keys, signal))
        found.set(`${type}|${key}`, targetId);
    }
    const parts = names.flatMap(({ type, key }) => {
      const targetId = found.get(`${type}|${key}`);
      return targetId === undefined ? [] : [{ key, targetId }];
    });
    return parts.length === names.length ? receiptOf(parts) : undefined;
  }

  async #spooled(parcel: Parcel, signal: AbortSignal): Promise<readonly Line[] | undefined> {
    try {
      return linesOf(parcel, await gather(parcel, this.#context.spool.read(parcel.key), signal));
    } catch (error) {
      if (isConnectorError(error) && error.code === 'ITEM_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

function receiptOf(parts: readonly { readonly key: string; readonly targetId: string }[]): Receipt {
  return { targetId: parts[0]?.targetId ?? '', parts };
}

function transactionOf(lines: readonly Line[]): string {
  const entries = lines.map(({ type, key, text }) => {
    const request = JSON.stringify({ method: 'POST', url: type, ifNoneExist: identifierQuery([key]) });
    return `{"resource":${text},"request":${request}}`;
  });
  return `{"resourceType":"Bundle","type":"transaction","entry":[${entries.join(',')}]}`;
}

/** An entry can fail inside a transaction that answers 200. */
function requireCreated(key: string | undefined, { status = '', outcome }: EntryResponse): void {
  const issues = (outcome?.issue ?? []).filter(({ severity }) => severity === 'error' || severity === 'fatal');
  const number = Number.parseInt(status, 10);
  if (number >= 200 && number < 300 && issues.length === 0) return;
  throw refusedAs(key, `the target answers ${Number.isNaN(number) ? 'no status' : number}${codesOf(issues)}`);
}

function refusedAs(key: string | undefined, said: string): ConnectorError {
  const subject = key === undefined ? 'a record of the parcel' : `the record ${key}`;
  return new ConnectorError('ITEM_REFUSED', `${subject} is refused: ${said}`);
}

/** The number of the entry an issue is about: `Bundle.entry[3].resource...` or the XPath form of older servers. */
function entryNamedIn(issues: readonly Issue[]): number | undefined {
  for (const issue of issues) {
    for (const place of [...(issue.expression ?? []), ...(issue.location ?? [])]) {
      const found = /entry\[(\d+)\]/.exec(place)?.[1];
      if (found !== undefined) return Number(found);
    }
  }
  return undefined;
}

function linesOf(parcel: Parcel, whole: Uint8Array): readonly Line[] {
  const texts = Buffer.from(whole).toString('utf8').split('\n');
  const lines = texts.filter((text) => text.trim() !== '').map((text) => lineOf(parcel, text));
  if (lines.length > 0 && lines.length <= RECORDS_MAX) return lines;
  throw new ConnectorError(
    'ITEM_REFUSED',
    `${parcel.key} holds ${lines.length} records; 1 to ${RECORDS_MAX} are allowed`,
  );
}

function lineOf(parcel: Parcel, text: string): Line {
  const resource = parsed(text);
  const key = resource === undefined ? undefined : keyOf(resource);
  if (resource !== undefined && key !== undefined && /^[A-Z][A-Za-z]{1,63}$/.test(resource.resourceType)) {
    return { type: resource.resourceType, key, text };
  }
  throw new ConnectorError('ITEM_REFUSED', `a line of ${parcel.key} is no FHIR resource with a source key`);
}

function parsed(text: string): Resource | undefined {
  try {
    return JSON.parse(text) as Resource;
  } catch {
    return undefined;
  }
}

async function gather(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  signal.throwIfAborted();
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    sizeBytes += chunk.byteLength;
    if (sizeBytes > PARCEL_MAX_BYTES) throw new ConnectorError('ITEM_REFUSED', `${parcel.key} is longer than 32 MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
