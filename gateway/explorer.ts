/** The explorer: GraphiQL in one page that asks nobody but the gateway for anything, and works without a network. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { GRAPHQL_PATH } from './config.ts';
import { BAR, BAR_STYLE, SIGN_IN, SIGN_IN_BAR } from './explorer-sign-in.ts';

export interface Page {
  readonly gzipped: Buffer;
  /** The Content-Security-Policy to send with it. */
  readonly policy: string;
}

const TITLE = 'Waybill explorer';
const ROOT = '<div id="root"></div>';
/** Names that look like addresses and are only names: XML namespaces and JSON Schema identifiers. */
const NAMES = String.raw`(?:www\.w3\.org|json-schema\.org)(?![\w.-])`;
const ADDRESS = new RegExp(String.raw`\b(https?|wss?)://(?!${NAMES})[a-z0-9-]+(?:\.[a-z0-9-]+)+`, 'gi');
/** RFC 2606: a name that never resolves. */
const NOWHERE = '$1://nowhere.invalid';

/** What the page begins with: a tab that asks all five subgraphs and needs no id, and a tab that watches. */
const OVERVIEW = `# One query, five subgraphs.
# Ctrl-Enter runs it; Ctrl-Space tells more.
query Overview {
  migrations(first: 1) {
    nodes {
      name
      launched
      exceptionsOpen # validation
      dispositions {
        eligible
        verified
        excluded
        quarantined
        failed
      }
      cutover { verdict reason } # cutover
      auditTrail(first: 1) { totalCount } # audit
    }
  }
  batches(first: 20) { # transfer
    nodes {
      id
      state
      percent
      dataset { name tier } # inventory
      exceptions(first: 1) { totalCount }
    }
  }
}
`;

const WATCH = `# How one batch stands, then every change of it.
# Put its id, from the first tab, into Variables.
subscription Watch($batchId: ID!) {
  batchProgress(batchId: $batchId) {
    seq
    itemsMoved
    batch {
      state
      percent
      dataset { name }
      exceptions(first: 1) { totalCount }
      cutover { verdict }
    }
  }
}
`;
const WATCH_VARIABLES = `{ "batchId": "bat-..." }`;

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
    defaultTabs: [{ query: OVERVIEW }, { query: WATCH, variables: WATCH_VARIABLES }],
    shouldPersistHeaders: false,
  });
  const html = rendered
    .replace(ADDRESS, NOWHERE)
    .replace('</head>', () => `<style>${BAR_STYLE}</style></head>`)
    .replace(ROOT, () => `${BAR}<main id="root"></main>`)
    .replace('<script>', () => `<script>${SIGN_IN}</script>\n<script>${SIGN_IN_BAR}</script>\n<script>`);
  const gzipped = await promisify(gzip)(html);
  return { gzipped, policy: policyFor(html) };
}

/**
 * Scripts by their digest, and no connection but to where the page came from. There is no 'unsafe-eval': GraphiQL needs
 * none. The editor (Monaco) writes style elements and attributes while it runs, which only 'unsafe-inline' allows for
 * styles; it starts its workers from blobs the page itself makes.
 */
function policyFor(html: string): string {
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => {
    return `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  });
  return [
    `default-src 'none'`,
    `script-src ${scripts.join(' ')}`,
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
