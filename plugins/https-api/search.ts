/** Searches, page by page, and look-ups by source key. */
import { ConnectorError, parseKeepingDigits, sourceKeyOf } from '@waybill/connector-sdk';
import type { Ask } from './exchange.ts';
import { keyQuery, type Bundle, type Resource } from './fhir.ts';
import type { Http } from './http.ts';
import { patiently } from './pause.ts';

const PAGE_RESOURCES = 200;
const PAGES_MAX = 1_000_000;
/** Keys asked for in one address, which must not grow too long for a proxy. */
const KEYS_MAX = 20;

/** Every resource a search finds; `next` links are followed at the same service only. */
export async function* search(
  http: Http,
  query: string,
  signal: AbortSignal,
  parse?: (text: string) => unknown,
): AsyncGenerator<Resource> {
  let path: string | undefined = `${query}${query.includes('?') ? '&' : '?'}_count=${PAGE_RESOURCES}`;
  for (let pages = 0; path !== undefined; pages++) {
    const ask: Ask = { method: 'GET', path, signal };
    const page: Bundle = await patiently(signal, () => http.json<Bundle>(ask, parse));
    if (page.resourceType !== 'Bundle') throw new ConnectorError('UNSUPPORTED', 'a search is not answered by a Bundle');
    for (const { resource, search } of page.entry ?? []) {
      // What is included beside the matches is found under its own type; an outcome is no record.
      if (resource !== undefined && (search?.mode ?? 'match') === 'match') yield resource;
    }
    const next: string | undefined = page.link?.find((link) => link.relation === 'next')?.url;
    if (next === path || pages >= PAGES_MAX) throw new ConnectorError('UNSUPPORTED', 'the pages of a search never end');
    path = next;
  }
}

/** Every resource of the type that carries one of these source keys, copies included. */
export async function* searchKeys(
  http: Http,
  type: string,
  keys: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Resource> {
  for (let at = 0; at < keys.length; at += KEYS_MAX) {
    const query = `${type}?${keyQuery(type, keys.slice(at, at + KEYS_MAX))}`;
    yield* search(http, query, signal, parseKeepingDigits);
  }
}

/** The target id of each key that the service holds under this type. */
export async function findKeys(
  http: Http,
  type: string,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const resource of searchKeys(http, type, keys, signal)) {
    const key = sourceKeyOf(resource);
    // The oldest wins, so that a repeated look-up names the same one; which is one too many is for others to say.
    if (key !== undefined && resource.id !== undefined && !found.has(key)) found.set(key, `${type}/${resource.id}`);
  }
  return found;
}
