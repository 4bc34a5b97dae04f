/** Parcels of records: staged as the transaction of conditional creates that commits them. */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import {
  ConnectorError,
  isConnectorError,
  sourceKeyOf,
  type ConnectorContext,
  type Parcel,
  type Receipt,
  type Staged,
} from '@waybill/connector-sdk';
import { FHIR_JSON, keyQuery, targetIdIn, type Resource } from './fhir.ts';
import type { Http } from './http.ts';
import { findKeys } from './search.ts';
import { codesOf, RefusedError, type Issue, type OperationOutcome } from './status.ts';

const RECORDS_MAX = 100;
const NEWLINE = 0x0a;
const PARCEL_MAX_BYTES = 32 * 1024 * 1024;

interface RecordName {
  readonly type: string;
  readonly key: string;
}

interface Line extends RecordName {
  /** Exactly as it came: parsing and printing would lose the digits of a decimal. */
  readonly bytes: Uint8Array;
}

interface Bundle {
  readonly entry?: readonly { readonly resource?: Resource }[];
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
    const bytesOfAll = await wholeOf(bounded(parcel, bytes, signal));
    const lines = linesOf(parcel, bytesOfAll);
    const transaction = transactionOf(lines);
    await this.#context.spool.write(parcel.key, once(transaction), 'fleeting');
    // The names outlive the spool: what became of them can be looked up when nothing is staged any more.
    const names = JSON.stringify(lines.map(({ type, key }): RecordName => ({ type, key })));
    const state = { names, transactionSha256: hash('sha256', transaction) };
    return { key: parcel.key, sizeBytes: bytesOfAll.byteLength, state };
  }

  /** What is spooled still says which records to look for; without it nothing is known. */
  async stat(parcel: Parcel, signal: AbortSignal): Promise<Receipt | undefined> {
    const transaction = await this.#spooled(parcel);
    const names = transaction === undefined ? [] : namesIn(transaction);
    return names.length === 0 ? undefined : this.#lookUp(names, signal);
  }

  async commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
    const names = JSON.parse(String(staged.state.names)) as readonly RecordName[];
    const transaction = await this.#staged(parcel, staged);
    if (transaction === undefined) {
      const found = await this.#lookUp(names, signal);
      if (found !== undefined) return found;
      throw new ConnectorError('ITEM_NOT_FOUND', `nothing is staged for ${parcel.key} any more; stage it again`);
    }
    const responses = await this.#transact(names, transaction, signal);
    const parts = await this.#partsOf(names, responses, signal);
    await this.#context.spool.remove(parcel.key);
    return receiptOf(parts);
  }

  async #transact(
    names: readonly RecordName[],
    transaction: Uint8Array,
    signal: AbortSignal,
  ): Promise<readonly EntryResponse[]> {
    try {
      const answer = await this.#http.json<{ readonly entry?: readonly { readonly response?: EntryResponse }[] }>({
        method: 'POST',
        path: '',
        headers: { 'content-type': FHIR_JSON },
        body: transaction,
        signal,
      });
      return (answer.entry ?? []).map((entry) => entry.response ?? {});
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      throw refusedAs(names[entryNamedIn(error.issues) ?? -1]?.key, error.message);
    }
  }

  async #partsOf(names: readonly RecordName[], responses: readonly EntryResponse[], signal: AbortSignal) {
    if (responses.length !== names.length) {
      const message = `${names.length} records were sent and ${responses.length} are answered for`;
      throw new ConnectorError('OUTCOME_UNKNOWN', message);
    }
    responses.forEach((response, at) => requireCreated(names[at]?.key, response));
    const parts: { key: string; targetId: string }[] = [];
    for (const [at, { type, key }] of names.entries()) {
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

  /** What this token was given for, and nothing else that lies under its key. */
  async #staged(parcel: Parcel, { state }: Staged): Promise<Uint8Array | undefined> {
    const { transactionSha256 } = state;
    // Tokens of earlier releases are for what was spooled in another form.
    const transaction = transactionSha256 === undefined ? undefined : await this.#spooled(parcel);
    if (transaction === undefined || hash('sha256', transaction) === transactionSha256) return transaction;
    const message = `what is spooled for ${parcel.key} is not what was staged`;
    throw new ConnectorError('ITEM_CHANGED', `${message}; look at the disk, and stage it again`);
  }

  async #spooled({ key }: Parcel): Promise<Uint8Array | undefined> {
    try {
      return await wholeOf(this.#context.spool.read(key));
    } catch (error) {
      if (isConnectorError(error) && error.code === 'ITEM_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

function receiptOf(parts: readonly { readonly key: string; readonly targetId: string }[]): Receipt {
  return { targetId: parts[0]?.targetId ?? '', parts };
}

/** As bytes from beginning to end: a text of them all would be decoded, joined and encoded again. */
function transactionOf(lines: readonly Line[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let before = '{"resourceType":"Bundle","type":"transaction","entry":[';
  for (const { type, key, bytes } of lines) {
    pieces.push(Buffer.from(`${before}{"resource":`), bytes);
    const request = JSON.stringify({ method: 'POST', url: type, ifNoneExist: keyQuery(type, [key]) });
    before = `,"request":${request}},`;
  }
  return Buffer.concat([...pieces, Buffer.from(`${before.slice(0, -1)}]}`)]);
}

/** Empty for what is no transaction of ours. */
function namesIn(transaction: Uint8Array): readonly RecordName[] {
  const bundle = parsed<Bundle>(Buffer.from(transaction).toString('utf8'));
  return (bundle?.entry ?? []).flatMap(({ resource }) => {
    const key = resource === undefined ? undefined : sourceKeyOf(resource);
    return resource === undefined || key === undefined ? [] : [{ type: resource.resourceType, key }];
  });
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
  const lines: Line[] = [];
  for (let from = 0, to = 0; from < whole.byteLength; from = to + 1) {
    const end = whole.indexOf(NEWLINE, from);
    to = end < 0 ? whole.byteLength : end;
    const line = lineOf(parcel, whole.subarray(from, to));
    if (line !== undefined) lines.push(line);
  }
  if (lines.length > 0 && lines.length <= RECORDS_MAX) return lines;
  throw new ConnectorError(
    'ITEM_REFUSED',
    `${parcel.key} holds ${lines.length} records; 1 to ${RECORDS_MAX} are allowed`,
  );
}

/** `undefined` for a line of nothing but blanks. */
function lineOf(parcel: Parcel, bytes: Uint8Array): Line | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.trim() === '') return undefined;
  // Sent as they came: what is read of them here must be what the server reads.
  const resource = isUtf8(bytes) ? parsed<Resource>(text) : undefined;
  const key = resource === undefined ? undefined : sourceKeyOf(resource);
  if (resource !== undefined && key !== undefined && /^[A-Z][A-Za-z]{1,63}$/.test(resource.resourceType)) {
    return { type: resource.resourceType, key, bytes };
  }
  throw new ConnectorError('ITEM_REFUSED', `a line of ${parcel.key} is no FHIR resource with a source key`);
}

function parsed<T>(text: string): T | undefined {
  try {
    return (JSON.parse(text) as T | null) ?? undefined;
  } catch {
    return undefined;
  }
}

async function* bounded(
  parcel: Parcel,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  signal.throwIfAborted();
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    sizeBytes += chunk.byteLength;
    if (sizeBytes > PARCEL_MAX_BYTES) throw new ConnectorError('ITEM_REFUSED', `${parcel.key} is longer than 32 MiB`);
    yield chunk;
  }
}

async function wholeOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
