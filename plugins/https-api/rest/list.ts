/** Listing an API, page by page, however it says where the next one is. */
import { ConnectorError, requireSafePath } from '@waybill/connector-sdk';
import { patiently } from '../pause.ts';
import type { Api, Said } from './api.ts';
import { at, textAt } from './pointer.ts';
import type { Page } from './settings.ts';

const PAGES_MAX = 1_000_000;

export interface Listed {
  readonly path: string;
  readonly targetId: string;
  readonly sizeBytes: number | undefined;
  /** RFC 3339, UTC. */
  readonly modifiedAt: string | undefined;
  readonly mediaType: string | undefined;
}

export async function* list(api: Api, signal: AbortSignal): AsyncGenerator<Listed> {
  const { list: asked } = api.description;
  signal.throwIfAborted();
  let seen = 0;
  let address: string | undefined = firstOf(api, asked.get, asked.next);
  for (let pages = 1; address !== undefined; pages++) {
    const path: string = address;
    const said = await patiently(signal, () => api.say({ method: 'GET', path, signal }));
    const items = at(said.value, asked.items);
    if (!Array.isArray(items)) {
      const message = `${api.base.origin} answers list.get without a list at list.items`;
      throw new ConnectorError('UNSUPPORTED', `${message}; check both`);
    }
    for (const item of items) yield listedOf(api, item);
    seen += items.length;
    address = items.length === 0 && asked.next?.counts !== undefined ? undefined : nextOf(api, path, said, pages, seen);
    if (address === path || pages >= PAGES_MAX)
      throw new ConnectorError('UNSUPPORTED', 'the pages of a list never end');
  }
}

function listedOf(api: Api, item: unknown): Listed {
  const { list: asked } = api.description;
  const path = textAt(item, asked.path);
  const id = asked.id === undefined ? path : textAt(item, asked.id);
  if (path === undefined || id === undefined) {
    throw new ConnectorError('UNSUPPORTED', `${api.base.origin} lists an item without a path or an id; check list`);
  }
  requireSafePath(path);
  const size = Number(textAt(item, asked.size) ?? Number.NaN);
  const modified = Date.parse(textAt(item, asked.modified) ?? '');
  return {
    path,
    targetId: api.targetIdOf(path, id),
    sizeBytes: Number.isSafeInteger(size) && size >= 0 ? size : undefined,
    modifiedAt: Number.isNaN(modified) ? undefined : new Date(modified).toISOString(),
    mediaType: textAt(item, asked.mediaType),
  };
}

function firstOf(api: Api, get: string, next: Page | undefined): string {
  if (next?.counts === undefined) return get;
  return withParameter(api, get, next, next.counts === 'pages' ? (next.first ?? 1) : 0);
}

function nextOf(api: Api, path: string, said: Said, pages: number, seen: number): string | undefined {
  const { next } = api.description.list;
  if (next === undefined) return undefined;
  if (next.link !== undefined) return textAt(said.value, next.link) || undefined;
  if (next.linkHeader !== undefined) return linkIn([said.headers.link].flat().join(','));
  if (next.cursor !== undefined) {
    const cursor = textAt(said.value, next.cursor) ?? '';
    return cursor === '' ? undefined : withParameter(api, path, next, cursor);
  }
  return withParameter(api, path, next, next.counts === 'pages' ? (next.first ?? 1) + pages : seen);
}

function withParameter(api: Api, path: string, { parameter = '' }: Page, value: string | number): string {
  const address = new URL(path, api.base);
  address.searchParams.set(parameter, String(value));
  return address.href;
}

/** The target of the link whose relation is next (RFC 8288, 3). */
function linkIn(header: string): string | undefined {
  for (const [, target, parameters = ''] of header.matchAll(
    /<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)/g,
  )) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]+))/i.exec(parameters);
    if ((relation?.[1] ?? relation?.[2] ?? '').toLowerCase().split(/\s+/).includes('next')) return target;
  }
  return undefined;
}
