/** Parcels of bytes: spooled, committed as a Binary under a derived id and a DocumentReference that finds it. */
import { createHash } from 'node:crypto';
import {
  ConnectorError,
  SOURCE_SYSTEM,
  type ConnectorContext,
  type Parcel,
  type Receipt,
  type Staged,
} from '@waybill/connector-sdk';
import { FHIR_JSON, keyQuery, PATH_EXTENSION, type Resource } from './fhir.ts';
import type { Http } from './http.ts';
import { readResource } from './read.ts';
import { search } from './search.ts';
import { spooled } from './spooled.ts';

/** A server reads these as a Binary resource that wraps the bytes, not as the bytes themselves. */
const FHIR_FORMATS = /^application\/fhir\+(json|xml)\b/;
/** FHIR's unsignedInt. */
const SIZE_MAX_BYTES = 2_147_483_647;

export interface DocumentReference extends Resource {
  readonly extension?: readonly { readonly url?: string; readonly valueString?: string }[];
  readonly content?: readonly { readonly attachment?: { readonly url?: string; readonly size?: number } }[];
}

export class Documents {
  readonly #http: Http;
  readonly #context: ConnectorContext;

  constructor(http: Http, context: ConnectorContext) {
    this.#http = http;
    this.#context = context;
  }

  async stage(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Staged> {
    signal.throwIfAborted();
    const [sha256, sha1] = [createHash('sha256'), createHash('sha1')];
    const digested = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of bytes) {
        signal.throwIfAborted();
        sha256.update(chunk);
        // FHIR's Attachment.hash is a SHA-1; it finds nothing out here, it is what the element asks for.
        sha1.update(chunk);
        yield chunk;
      }
    };
    const sizeBytes = await this.#context.spool.write(parcel.key, digested(), 'fleeting');
    return { key: parcel.key, sizeBytes, state: { sha256: sha256.digest('hex'), sha1: sha1.digest('base64') } };
  }

  async stat(parcel: Parcel, signal: AbortSignal): Promise<Receipt | undefined> {
    for await (const found of search(
      this.#http,
      `DocumentReference?${keyQuery('DocumentReference', [parcel.key])}`,
      signal,
    )) {
      const targetId = documentIn(found as DocumentReference);
      if (targetId !== undefined) return { targetId };
    }
    return undefined;
  }

  async commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
    const body = await spooled(this.#context.spool, parcel.key);
    if (body === undefined) {
      const found = await this.stat(parcel, signal);
      if (found !== undefined) return found;
      throw new ConnectorError('ITEM_NOT_FOUND', `nothing is staged for ${parcel.key} any more; stage it again`);
    }
    const targetId = `Binary/${binaryIdOf(parcel.key)}`;
    await this.#put(parcel, staged, targetId, body, signal);
    await this.#refer(parcel, staged, targetId, signal);
    await this.#context.spool.remove(parcel.key);
    return { targetId };
  }

  async #put(
    parcel: Parcel,
    staged: Staged,
    targetId: string,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const isFormat = FHIR_FORMATS.test(parcel.mediaType);
    const { status, body: answer } = await this.#http.ask({
      method: 'PUT',
      path: targetId,
      headers: {
        'content-type': isFormat ? 'application/octet-stream' : parcel.mediaType,
        'content-length': String(staged.sizeBytes),
        'if-none-match': '*',
      },
      body,
      expected: [412],
      signal,
    });
    await answer.dump();
    if (status !== 412) return;
    // Something is there already: well if it is this, a conflict if it is anything else.
    const hash = createHash('sha256');
    for await (const chunk of readResource(this.#http, targetId, signal)) hash.update(chunk);
    if (hash.digest('hex') === staged.state.sha256) return;
    const remedy = 'take it away there, or exclude the item';
    throw new ConnectorError('ITEM_CONFLICT', `${targetId} exists at the target with other content; ${remedy}`);
  }

  async #refer(parcel: Parcel, staged: Staged, targetId: string, signal: AbortSignal): Promise<void> {
    const attachment = {
      contentType: parcel.mediaType,
      url: targetId,
      ...(staged.sizeBytes <= SIZE_MAX_BYTES ? { size: staged.sizeBytes } : {}),
      hash: staged.state.sha1,
    };
    const { body } = await this.#http.ask({
      method: 'POST',
      path: 'DocumentReference',
      headers: { 'content-type': FHIR_JSON, 'if-none-exist': keyQuery('DocumentReference', [parcel.key]) },
      body: JSON.stringify({
        resourceType: 'DocumentReference',
        extension: [{ url: PATH_EXTENSION, valueString: parcel.path }],
        identifier: [{ system: SOURCE_SYSTEM, value: parcel.key }],
        status: 'current',
        content: [{ attachment }],
      }),
      // More than one carries the key already: it is there, and finding the one too many is the reconciliation's work.
      expected: [412],
      signal,
    });
    await body.dump();
  }
}

/** The Binary a DocumentReference points to, or the DocumentReference itself when it points elsewhere. */
export function documentIn(reference: DocumentReference): string | undefined {
  const url = reference.content?.[0]?.attachment?.url;
  const binary = url === undefined ? undefined : /(?:^|\/)(Binary\/[A-Za-z0-9\-.]{1,64})$/.exec(url)?.[1];
  return binary ?? (reference.id === undefined ? undefined : `DocumentReference/${reference.id}`);
}

function binaryIdOf(key: string): string {
  return `waybill-${createHash('sha256').update(key).digest('hex').slice(0, 40)}`;
}
