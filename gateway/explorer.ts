/** The explorer: GraphiQL in one page that asks nobody but the gateway for anything, and works without a network. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { GRAPHQL_PATH } from './config.ts';

export interface Page {
  readonly gzipped: Buffer;
  /** The Content-Security-Policy to send with it. */
  readonly policy: string;
}

const TITLE = 'Waybill';
/** Names that look like addresses and are only names: XML namespaces and JSON Schema identifiers. */
const NAMES = String.raw`(?:www\.w3\.org|json-schema\.org)(?![\w.-])`;
const ADDRESS = new RegExp(String.raw`\b(https?|wss?)://(?!${NAMES})[a-z0-9-]+(?:\.[a-z0-9-]+)+`, 'gi');
/** RFC 2606: a name that never resolves. */
const NOWHERE = '$1://nowhere.invalid';

/**
 * Takes the token from the address (`/graphql#token=...`), out of sight and out of the history, and sends it along:
 * as Authorization header over HTTP, in the connection parameters over WebSocket. It is kept in memory only.
 */
const SIGN_IN = `
(() => {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  history.replaceState(null, '', location.pathname + location.search);
  if (!given) return;
  const authorization = 'Bearer ' + given;
  const here = (address) => new URL(address, location.href).host === location.host;
  const fetchPlain = globalThis.fetch.bind(globalThis);
  globalThis.fetch = (resource, options = {}) => {
    if (!here(resource.url ?? resource)) return fetchPlain(resource, options);
    const headers = new Headers(options.headers);
    if (!headers.has('authorization')) headers.set('authorization', authorization);
    return fetchPlain(resource, { ...options, headers });
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (!here(this.url) || typeof data !== 'string' || !data.includes('connection_init')) return send.call(this, data);
    const message = JSON.parse(data);
    if (message.type === 'connection_init') message.payload = { authorization, ...message.payload };
    return send.call(this, JSON.stringify(message));
  };
})();
`;

const WELCOME = `# Ask the graph of all subgraphs; press Ctrl-Space for what there is.
# Subscriptions run over WebSocket from this page too.
`;

let page: Promise<Page> | undefined;

/** The page, made when it is first asked for. */
export function explorerPage(): Promise<Page> {
  page ??= makePage();
  return page;
}

async function makePage(): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const rendered = renderGraphiQL({
    title: TITLE,
    endpoint: GRAPHQL_PATH,
    subscriptionsProtocol: 'WS' as never,
    defaultQuery: WELCOME,
    shouldPersistHeaders: false,
  });
  const offline = rendered.replace(ADDRESS, NOWHERE);
  const html = offline.replace('<script>', `<script>${SIGN_IN}</script>\n<script>`);
  const gzipped = await promisify(gzip)(html);
  return { gzipped, policy: policyFor(html) };
}

/** Scripts by their digest, and no connection but to where the page came from. */
function policyFor(html: string): string {
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => {
    return `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  });
  return [
    `default-src 'none'`,
    `script-src ${scripts.join(' ')} blob:`,
    `style-src 'unsafe-inline'`,
    `img-src data:`,
    `font-src data:`,
    `worker-src blob:`,
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}
