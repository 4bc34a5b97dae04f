/**
 * What resources point to as content of their own (FHIR R4, 2.24.0.15 Attachment): each is an item beside its resource,
 * and its bytes are held against the size and the hash the resource states.
 */
import { createHash } from 'node:crypto';
import { ConnectorError, isConnectorError, type Item } from '@waybill/connector-sdk';
import type { Http } from './http.ts';
import { readAddress } from './read.ts';
import type { Found } from './resources.ts';

/** Where R4 has attachments. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  Communication: ['payload.contentAttachment'],
  CommunicationRequest: ['payload.contentAttachment'],
  Consent: ['sourceAttachment'],
  Contract: ['friendly.contentAttachment', 'legal.contentAttachment', 'rule.contentAttachment'],
  DiagnosticReport: ['presentedForm'],
  DocumentReference: ['content.attachment'],
  HealthcareService: ['photo'],
  Library: ['content'],
  Media: ['content'],
  Patient: ['photo'],
  Person: ['photo'],
  Practitioner: ['photo'],
  RelatedPerson: ['photo'],
};

const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'application/dicom': 'dcm',
  'application/rtf': 'rtf',
  'application/xml': 'xml',
  'application/json': 'json',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/tiff': 'tiff',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/rtf': 'rtf',
  'text/xml': 'xml',
};
const PATH = /^([A-Z][A-Za-z]{1,63}\/[A-Za-z0-9\-.]{1,64})\/attachment-(\d{1,4})\.[a-z]{1,4}$/;
const MEDIA_TYPE = /^[a-z]+\/[A-Za-z0-9.+-]{1,80}/;

interface Attachment {
  readonly contentType?: string;
  readonly url?: string;
  readonly data?: string;
  readonly size?: number;
  /** SHA-1 in base64. */
  readonly hash?: string;
}

/** The attachments of a resource that do not lie inside it, with their paths. */
export async function* attachmentItems(http: Http, found: Found, signal: AbortSignal): AsyncGenerator<Item> {
  for (const [at, attachment] of attachmentsIn(found.name, found.content).entries()) {
    if (attachment.data !== undefined) continue;
    const mediaType = MEDIA_TYPE.exec(attachment.contentType ?? '')?.[0];
    const extension = EXTENSIONS[mediaType ?? ''] ?? 'bin';
    yield {
      path: `${found.name}/attachment-${at + 1}.${extension}`,
      sizeBytes: attachment.size ?? (await measured(http, attachment, signal)),
      ...(found.modifiedAt === undefined ? {} : { modifiedAt: found.modifiedAt }),
      ...(mediaType === undefined ? {} : { mediaType }),
    };
  }
}

/** The resource an attachment's path belongs to and its number, or `undefined` when it is no such path. */
export function attachmentIn(path: string): { readonly name: string; readonly at: number } | undefined {
  const [, name, number] = PATH.exec(path) ?? [];
  return name === undefined ? undefined : { name, at: Number(number) - 1 };
}

/** Streams an attachment. Fails with ITEM_NOT_FOUND without content, ITEM_CHANGED when it is not what is stated. */
export async function* readAttachment(
  http: Http,
  resource: Buffer,
  { name, at }: { readonly name: string; readonly at: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const attachment = attachmentsIn(name, resource)[at];
  const what = `attachment ${at + 1} of ${name}`;
  const address = attachment === undefined ? undefined : addressOf(http, attachment);
  if (attachment === undefined || address === undefined) {
    throw new ConnectorError('ITEM_NOT_FOUND', `${what} has no content at this service; ask the source for it`);
  }
  // FHIR's hash is a SHA-1 (2.24.0.15); it is the source's own word, and our digest is another.
  const hash = createHash('sha1');
  let sizeBytes = 0;
  for await (const chunk of readAddress(http, address, signal)) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
    yield chunk;
  }
  if (attachment.size !== undefined && attachment.size !== sizeBytes) {
    const message = `${what} has ${sizeBytes} bytes and its resource states ${attachment.size}`;
    throw new ConnectorError('ITEM_CHANGED', `${message}; ask the source which is right`);
  }
  if (attachment.hash === undefined || isHash(attachment.hash, hash.digest())) return;
  throw new ConnectorError('ITEM_CHANGED', `${what} is not the content whose hash its resource states`);
}

/** Base64 as FHIR has it; hexadecimal is a known mistake, and says the same. */
function isHash(stated: string, digest: Buffer): boolean {
  return stated === digest.toString('base64') || stated.toLowerCase() === digest.toString('hex');
}

async function measured(http: Http, attachment: Attachment, signal: AbortSignal): Promise<number> {
  const address = addressOf(http, attachment);
  if (address === undefined) return 0;
  let sizeBytes = 0;
  try {
    for await (const chunk of readAddress(http, address, signal)) sizeBytes += chunk.byteLength;
    return sizeBytes;
  } catch (error) {
    // It is listed all the same: reading it says that it is not there.
    if (isConnectorError(error) && (error.code === 'ITEM_NOT_FOUND' || error.code === 'ACCESS_DENIED')) return 0;
    throw error;
  }
}

/** Under the base only; content at other places is not this service's to vouch for. */
function addressOf(http: Http, { url }: Attachment): string | undefined {
  if (url === undefined || !URL.canParse(url, http.base)) return undefined;
  const { href } = new URL(url, http.base);
  return href.startsWith(http.base.href) ? href : undefined;
}

function attachmentsIn(name: string, content: Buffer): readonly Attachment[] {
  const places = PLACES[name.slice(0, name.indexOf('/'))];
  if (places === undefined) return [];
  const resource: unknown = JSON.parse(content.toString('utf8'));
  return places.flatMap((place) => valuesAt(resource, place.split('.'))) as readonly Attachment[];
}

function valuesAt(value: unknown, [name, ...rest]: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((each) => valuesAt(each, name === undefined ? [] : [name, ...rest]));
  if (name === undefined) return value === undefined || value === null ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return valuesAt((value as Readonly<Record<string, unknown>>)[name], rest);
}
