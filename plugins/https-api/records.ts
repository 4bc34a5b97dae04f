/** Parcels of records: spooled as NDJSON, committed as one transaction of conditional creates. */
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
/** What was just staged is committed from memory, up to so much; the spool has it all the same. */
const REMEMBERED_MAX_BYTES = 64 * 1024 * 1024;

interface RecordName {
  readonly type: string;
  readonly key: string;
}

interface Line extends RecordName {
  /** Exactly as it came: parsing and printing would lose the digits of a decimal. */
  readonly bytes: Uint8Array;
}

interface EntryResponse {
  readonly status?: string;
  readonly location?: string;
  readonly outcome?: OperationOutcome;
}

/** The records of a parcel, and the SHA-256 of its bytes. */
interface Whole {
  readonly names: readonly RecordName[];
  /** The transaction that makes them: its own copy of the bytes, whose sender may use them again. */
  readonly transaction: Uint8Array;
  readonly sha256: string;
}

export class RecordsParcels {
  readonly #http: Http;
  readonly #context: ConnectorContext;
  /** By the parcel's key, the oldest first. */
  readonly #remembered = new Map<string, Whole>();
  #rememberedBytes = 0;

  constructor(http: Http, context: ConnectorContext) {
    this.#http = http;
    this.#context = context;
  }

  async stage(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Staged> {
    const bytesOfAll = await gather(parcel, bytes, signal);
    const whole = wholeOf(parcel, bytesOfAll);
    this.forget(parcel.key);
    const sizeBytes = await this.#context.spool.write(parcel.key, once(bytesOfAll));
    this.#remember(parcel.key, whole);
    // The names outlive the spool, so that a commit can be repeated after it was cleaned up.
    return { key: parcel.key, sizeBytes, state: { names: JSON.stringify(whole.names), sha256: whole.sha256 } };
  }

  /** What was staged under the key is not committed from memory any more. */
  forget(key: string): void {
    this.#rememberedBytes -= this.#remembered.get(key)?.transaction.byteLength ?? 0;
    this.#remembered.delete(key);
  }

  #remember(key: string, whole: Whole): void {
    this.#remembered.set(key, whole);
    this.#rememberedBytes += whole.transaction.byteLength;
    for (const oldest of this.#remembered.keys()) {
      if (this.#rememberedBytes <= REMEMBERED_MAX_BYTES) return;
      this.forget(oldest);
    }
  }

  /** What is spooled still says which records to look for; without it nothing is known. */
  async stat(parcel: Parcel, signal: AbortSignal): Promise<Receipt | undefined> {
    const whole = this.#remembered.get(parcel.key) ?? (await this.#spooled(parcel, signal));
    return whole === undefined ? undefined : this.#lookUp(whole.names, signal);
  }

  async commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
    const whole = await this.#staged(parcel, staged, signal);
    if (whole === undefined) {
      const found = await this.#lookUp(JSON.parse(String(staged.state.names)) as readonly RecordName[], signal);
      if (found !== undefined) return found;
      throw new ConnectorError('ITEM_NOT_FOUND', `nothing is staged for ${parcel.key} any more; stage it again`);
    }
    const responses = await this.#transact(whole, signal);
    const parts = await this.#partsOf(whole.names, responses, signal);
    await this.#context.spool.remove(parcel.key);
    this.forget(parcel.key);
    return receiptOf(parts);
  }

  async #transact({ names, transaction }: Whole, signal: AbortSignal): Promise<readonly EntryResponse[]> {
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
  async #staged(parcel: Parcel, { state }: Staged, signal: AbortSignal): Promise<Whole | undefined> {
    const { sha256 } = state;
    const remembered = this.#remembered.get(parcel.key);
    if (remembered !== undefined && remembered.sha256 === sha256) return remembered;
    const whole = await this.#spooled(parcel, signal);
    // Tokens of earlier releases carry no digest.
    if (whole === undefined || sha256 === undefined || whole.sha256 === sha256) return whole;
    const message = `what is spooled for ${parcel.key} is not what was staged`;
    throw new ConnectorError('ITEM_CHANGED', `${message}; look at the disk, and stage it again`);
  }

  async #spooled(parcel: Parcel, signal: AbortSignal): Promise<Whole | undefined> {
    try {
      return wholeOf(parcel, await gather(parcel, this.#context.spool.read(parcel.key), signal));
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

function wholeOf(parcel: Parcel, bytes: Uint8Array): Whole {
  const lines = linesOf(parcel, bytes);
  const names = lines.map(({ type, key }) => ({ type, key }));
  return { names, transaction: transactionOf(lines), sha256: hash('sha256', bytes) };
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
  const resource = isUtf8(bytes) ? parsed(text) : undefined;
  const key = resource === undefined ? undefined : sourceKeyOf(resource);
  if (resource !== undefined && key !== undefined && /^[A-Z][A-Za-z]{1,63}$/.test(resource.resourceType)) {
    return { type: resource.resourceType, key, bytes };
  }
  throw new ConnectorError('ITEM_REFUSED', `a line of ${parcel.key} is no FHIR resource with a source key`);
}

function parsed(text: string): Resource | undefined {
  try {
    return (JSON.parse(text) as Resource | null) ?? undefined;
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
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
