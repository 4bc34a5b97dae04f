// Reads and writes files on a WebDAV server (RFC 4918) over TLS. Staged files lie in a folder of their own and are moved
// into place, which never replaces what is there (Overwrite: F).
import { createHash } from 'node:crypto';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { ConnectorError, defineConnector, requireSafePath, settingsOf, unlessAborted } from '@waybill/connector-sdk';
import { authorityOf, tellNegotiated, TLS_POLICY, tlsFailure } from '@waybill/connector-sdk/tls';
import manifest from './package.json' with { type: 'json' };

const STAGING = '.waybill-staged';
const PROPFIND = '<propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>';
const MEANINGS = {
  401: ['AUTH_FAILED', 'check user and password'],
  403: ['ACCESS_DENIED', 'ask its administrator to let this user in'],
  404: ['ITEM_NOT_FOUND', 'it is not there'],
  507: ['SPACE_EXHAUSTED', 'free space there and resume'],
};

export default defineConnector({
  // Its id, roles and capabilities stand in package.json, where they are read before any of this runs.
  ...manifest.waybill.connectors[0],
  apiVersion: 1,
  title: 'WebDAV server',
  version: manifest.version,
  config: settingsOf({
    baseUrl: { help: 'the address of a folder, https://...', pattern: /https:\/\/[^\s?#]+/ },
    user: { help: 'who signs in; the secret `password` goes with it' },
    ca: { help: 'PEM of the authority of its certificate, or a file of it', optional: true },
  }),
  secrets: ['password'],
  check: (config, context, signal) =>
    open(config, context).then((dav) => dav.folder('', signal).then(dav.negotiated).finally(dav.close)),
  openSource: open,
  openTarget: async (config, context) => targetOf(await open(config, context)),
});

function targetOf(dav) {
  const stagedPath = (key) => `${STAGING}/${createHash('sha256').update(key).digest('hex')}`;
  // Where two make a folder at once, Apache says 403 to one of them, who finds it there a moment later (405).
  const make = (path, signal, ...allow) => dav.ask('MKCOL', path, { signal, allow: [201, 405, ...allow] });
  const folder = async (path, signal) => (await make(path, signal, 403)).statusCode === 403 && make(path, signal);
  return {
    // A folder does not say who put a file there; the commit compares contents instead.
    stat: async () => undefined,
    async stage(parcel, bytes, signal) {
      requireSafePath(parcel.path);
      if (parcel.shape !== 'bytes') throw new ConnectorError('UNSUPPORTED', 'WebDAV takes whole items only');
      await folder(STAGING, signal);
      const hash = createHash('sha256');
      const hashed = async function* () {
        for await (const chunk of bytes) yield (signal.throwIfAborted(), hash.update(chunk), chunk);
      };
      await dav.ask('PUT', stagedPath(parcel.key), { signal, body: hashed(), allow: [200, 201, 204] });
      const { headers } = await dav.ask('HEAD', stagedPath(parcel.key), { signal, allow: [200] });
      const [sizeBytes, sha256] = [Number(headers['content-length'] ?? 0), hash.digest('hex')];
      return { key: parcel.key, sizeBytes, state: { sha256 } };
    },
    async commit({ path }, { key, state }, signal) {
      requireSafePath(path);
      for (const { index } of path.matchAll(/\//g)) await folder(path.slice(0, index), signal);
      const headers = { destination: dav.addressOf(path).href, overwrite: 'F' };
      const { statusCode } = await dav.ask('MOVE', stagedPath(key), { signal, headers, allow: [201, 404, 412] });
      if (statusCode === 201) return { targetId: path };
      // Something is in place already, or nothing is staged any more: what is in place decides.
      const hash = createHash('sha256');
      for await (const chunk of dav.read(path, 0, signal)) hash.update(chunk);
      if (hash.digest('hex') === state.sha256) return { targetId: path };
      throw new ConnectorError('ITEM_CONFLICT', `${JSON.stringify(path)} exists with other content; move it away`);
    },
    discard: async ({ key }, signal) => void (await dav.ask('DELETE', stagedPath(key), { signal, allow: [204, 404] })),
    read: dav.read,
    close: dav.close,
    listing: { items: dav.list, async *records() {} },
  };
}

async function open({ baseUrl, user, ca }, context) {
  const base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const agent = new Agent({ ...TLS_POLICY, ca: await authorityOf(ca), keepAlive: true, maxCachedSessions: 0 });
  const authorization = `Basic ${Buffer.from(`${user}:${context.secret('password')}`).toString('base64')}`;
  const addressOf = (path) => new URL(path.split('/').map(encodeURIComponent).join('/'), base);
  let negotiated = {};

  async function send(method, path, { signal, headers = {}, allow, body = [] }) {
    signal.throwIfAborted();
    const asking = request(addressOf(path), { method, agent, signal, headers: { authorization, ...headers } });
    const answered = new Promise((resolve, reject) => asking.once('response', resolve).once('error', reject));
    answered.catch(() => {});
    try {
      await Promise.race([pipeline(body, asking), answered]);
      const answer = await unlessAborted(answered, signal);
      if (!asking.reusedSocket) negotiated = tellNegotiated(context, answer.socket);
      if (allow.includes(answer.statusCode)) return answer;
      const [code, remedy] = MEANINGS[answer.resume().statusCode] ?? ['UNAVAILABLE', 'see its log'];
      throw new ConnectorError(code, `${base.origin} answers ${answer.statusCode} to ${method}; ${remedy}`);
    } catch (error) {
      throw explained(error, method, signal);
    }
  }

  /** A write that was on its way when the connection failed may have landed. */
  function explained(error, method, signal) {
    if (signal.aborted || error instanceof ConnectorError || error.code === undefined) return error;
    const code = method === 'MOVE' && error.code !== 'ECONNREFUSED' ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE';
    return tlsFailure(error.code, base.origin) ?? new ConnectorError(code, `${base.origin} is lost (${error.code})`);
  }

  async function* read(path, offsetBytes, signal) {
    requireSafePath(path);
    const headers = offsetBytes > 0 ? { range: `bytes=${offsetBytes}-` } : {};
    const answer = await send('GET', path, { signal, headers, allow: offsetBytes > 0 ? [206, 416] : [200] });
    try {
      if (answer.statusCode !== 416) yield* answer;
    } catch (error) {
      throw explained(error, 'GET', signal);
    }
  }

  /** What lies in a folder, itself left out. */
  async function folder(at, signal) {
    const here = at === '' ? '' : `${at}/`;
    const answer = await send('PROPFIND', here, { signal, headers: { depth: '1' }, body: [PROPFIND], allow: [207] });
    const text = await buffer(answer).catch((error) => Promise.reject(explained(error, 'PROPFIND', signal)));
    const responses = [...text.toString().matchAll(/<(?:\w+:)?response[\s>][^]*?<\/(?:\w+:)?response>/g)];
    return responses.map(([xml]) => entryOf(xml)).filter(({ path }) => path !== at);
  }

  /** Depth first, one folder in memory at each level. An item's path is its id and its key. */
  async function* list(signal, at = '') {
    for (const { isFolder, ...item } of await folder(at, signal)) {
      signal.throwIfAborted();
      if (isFolder && item.path !== STAGING) yield* list(signal, item.path);
      if (!isFolder) yield { ...item, targetId: item.path, key: item.path };
    }
  }

  function entryOf(xml) {
    const valueOf = (name) => new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(xml)?.[1] ?? '';
    const { pathname } = new URL(valueOf('href').replaceAll('&amp;', '&'), base);
    const path = pathname.slice(base.pathname.length).split('/').map(decodeURIComponent).join('/').replace(/\/$/, '');
    const modifiedAt = new Date(valueOf('getlastmodified')).toISOString();
    return { path, isFolder: /collection\s*\/>/.test(xml), sizeBytes: Number(valueOf('getcontentlength')), modifiedAt };
  }

  const ask = async (...asked) => (await send(...asked)).resume();
  return { addressOf, ask, list, read, folder, negotiated: () => negotiated, close: async () => agent.destroy() };
}
