/** A FHIR R4 service as a source: every resource of the named types is an item, `Patient/12.json`. */
import { ConnectorError, parseKeepingDigits, requireSafePath, type Item, type Source } from '@waybill/connector-sdk';
import { FHIR_JSON, type Resource } from './fhir.ts';
import type { Http } from './http.ts';
import { search } from './search.ts';
import type { Settings } from './settings.ts';

const PATH = /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})\.json$/;
const CHUNK_BYTES = 256 * 1024;

/**
 * An API answers with more white space or less, alone or inside a Bundle. The bytes of an item are therefore the
 * resource without insignificant white space: members in the order of the service, decimals with the digits they were
 * written in (FHIR R4, 2.24.0.1: 1.10 is not 1.1).
 */
export function fhirSource(http: Http, { types }: Settings): Source {
  if (types === undefined) {
    throw new ConnectorError('CONFIG_INVALID', 'a FHIR source needs types: name the resource types to read');
  }
  return {
    async *list(signal) {
      for (const type of new Set(types)) {
        for await (const resource of search(http, type, signal, parseKeepingDigits)) yield itemOf(type, resource);
      }
    },
    async *read(path, offsetBytes, signal) {
      const bytes = textOf(await readResource(http, path, signal)).subarray(offsetBytes);
      for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
    },
    close: () => http.close(),
  };
}

function itemOf(type: string, resource: Resource): Item {
  const path = `${type}/${resource.id ?? ''}.json`;
  if (resource.resourceType !== type || !PATH.test(path)) {
    throw new ConnectorError('UNSUPPORTED', `a search for ${type} finds something that is none, or has no id`);
  }
  const modified = Date.parse(resource.meta?.lastUpdated ?? '');
  return {
    path,
    sizeBytes: textOf(resource).byteLength,
    ...(Number.isNaN(modified) ? {} : { modifiedAt: new Date(modified).toISOString() }),
    mediaType: FHIR_JSON,
  };
}

async function readResource(http: Http, path: string, signal: AbortSignal): Promise<Resource> {
  requireSafePath(path);
  signal.throwIfAborted();
  const [, type, id] = PATH.exec(path) ?? [];
  if (type === undefined || id === undefined) {
    throw new ConnectorError('ITEM_NOT_FOUND', `${JSON.stringify(path)} names no resource; it would be Type/id.json`);
  }
  const resource = await http.json<Resource>({ method: 'GET', path: `${type}/${id}`, signal }, parseKeepingDigits);
  if (resource.resourceType === type && resource.id === id) return resource;
  throw new ConnectorError('UNSUPPORTED', `${type}/${id} is answered with another resource`);
}

function textOf(resource: Resource): Buffer {
  return Buffer.from(JSON.stringify(resource));
}
