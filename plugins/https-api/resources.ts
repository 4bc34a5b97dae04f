/** The resources of a source, however they are got: by search here, by export in its folder. */
import { ConnectorError, parseKeepingDigits } from '@waybill/connector-sdk';
import type { Resource } from './fhir.ts';
import type { Http } from './http.ts';
import { search } from './search.ts';

export interface Found {
  /** `Patient/12` */
  readonly name: string;
  /** RFC 3339, UTC. */
  readonly modifiedAt: string | undefined;
  /** The resource without insignificant white space. */
  readonly content: Buffer;
}

export interface Resources {
  list(signal: AbortSignal): AsyncIterable<Found>;
  /** Fails with ITEM_NOT_FOUND. */
  read(name: string, signal: AbortSignal): Promise<Buffer>;
  /** What the service says it could not hand over, after a listing. */
  readonly shortfalls?: ((signal: AbortSignal) => Promise<readonly Missing[]>) | undefined;
}

/** Resources that are missing, as one item that cannot be read. */
export interface Missing {
  readonly path: string;
  readonly sizeBytes: number;
  /** Why, in counts and codes. */
  readonly reason: string;
}

const NAME = /^[A-Z][A-Za-z]{1,63}\/[A-Za-z0-9\-.]{1,64}$/;

export function resourcesBySearch(http: Http, types: readonly string[]): Resources {
  return {
    async *list(signal) {
      for (const type of new Set(types)) {
        for await (const resource of search(http, type, signal, parseKeepingDigits)) yield foundOf(type, resource);
      }
    },
    async read(name, signal) {
      const resource = await http.json<Resource>({ method: 'GET', path: name, signal }, parseKeepingDigits);
      if (`${resource.resourceType}/${resource.id}` === name) return textOf(resource);
      throw new ConnectorError('UNSUPPORTED', `${name} is answered with another resource`);
    },
  };
}

function foundOf(type: string, resource: Resource): Found {
  const name = `${type}/${resource.id ?? ''}`;
  if (resource.resourceType !== type || !NAME.test(name)) {
    throw new ConnectorError('UNSUPPORTED', `a search for ${type} finds something that is none, or has no id`);
  }
  const modified = Date.parse(resource.meta?.lastUpdated ?? '');
  const modifiedAt = Number.isNaN(modified) ? undefined : new Date(modified).toISOString();
  return { name, modifiedAt, content: textOf(resource) };
}

function textOf(resource: Resource): Buffer {
  return Buffer.from(JSON.stringify(resource));
}
