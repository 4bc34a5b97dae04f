// @ts-check
// A connector that works, over a place in this process's memory: replace the place by what you connect to, and keep
// `npm test` green on the way. What each function promises stands in @waybill/connector-sdk.
import { ConnectorError, defineConnector, requireSafePath, settingsOf } from '@waybill/connector-sdk';

/** @typedef {{ files: Map<string, Uint8Array>, staged: Map<string, Uint8Array> }} Place */

/** @type {Map<string, Place>} */
const places = new Map();
const CHUNK_BYTES = 64 * 1024;

/** The place of that name. @param {string} name @returns {Place} */
export function placeOf(name) {
  const found = places.get(name) ?? { files: new Map(), staged: new Map() };
  places.set(name, found);
  return found;
}

export default defineConnector({
  apiVersion: 1,
  id: '__ID__',
  title: '__ID__',
  version: '0.1.0',
  roles: ['source', 'target'],
  config: settingsOf({ place: { help: 'the name of the place' } }),
  secrets: [],
  // Copied in package.json, where it is read before any of this runs. Change both.
  capabilities: {
    resumeRead: true,
    listing: true,
    shapes: ['bytes'],
    remoteDigest: false,
    transport: 'memory',
    concurrencyMax: 4,
  },
  check: async ({ place }, _context, signal) => {
    signal.throwIfAborted();
    return { items: String(placeOf(place).files.size) };
  },
  openSource: async ({ place }) => sourceOf(placeOf(place)),
  openTarget: async ({ place }) => targetOf(placeOf(place)),
});

/** @param {Place} place @returns {import('@waybill/connector-sdk').Source} */
function sourceOf({ files }) {
  return {
    async *list(signal) {
      for (const [path, bytes] of [...files]) {
        signal.throwIfAborted();
        yield { path, sizeBytes: bytes.byteLength };
      }
    },
    read: (path, offsetBytes, signal) => read(files, path, offsetBytes, signal),
    close: async () => {},
  };
}

/** @param {Place} place @returns {import('@waybill/connector-sdk').Target} */
function targetOf({ files, staged }) {
  return {
    // A place does not say who put an item there; the commit compares contents instead.
    stat: async () => undefined,
    async stage(parcel, bytes, signal) {
      requireSafePath(parcel.path);
      if (parcel.shape !== 'bytes') throw new ConnectorError('UNSUPPORTED', 'it takes whole items only');
      const chunks = [];
      for await (const chunk of bytes) {
        signal.throwIfAborted();
        chunks.push(Uint8Array.from(chunk));
      }
      signal.throwIfAborted();
      const whole = new Uint8Array(Buffer.concat(chunks));
      staged.set(parcel.key, whole);
      return { key: parcel.key, sizeBytes: whole.byteLength, state: {} };
    },
    async commit(parcel, { key }, signal) {
      signal.throwIfAborted();
      const bytes = staged.get(key);
      const there = files.get(parcel.path);
      if (bytes === undefined && there === undefined) {
        throw new ConnectorError('ITEM_NOT_FOUND', `nothing is staged under ${key}; stage it again`);
      }
      if (bytes !== undefined && there !== undefined && Buffer.compare(bytes, there) !== 0) {
        throw new ConnectorError('ITEM_CONFLICT', `${JSON.stringify(parcel.path)} exists with other content`);
      }
      if (bytes !== undefined) files.set(parcel.path, bytes);
      staged.delete(key);
      return { targetId: parcel.path };
    },
    discard: async ({ key }) => void staged.delete(key),
    read: (targetId, offsetBytes, signal) => read(files, targetId, offsetBytes, signal),
    close: async () => {},
    listing: {
      async *items() {
        for (const [path, bytes] of files) yield { targetId: path, key: path, sizeBytes: bytes.byteLength };
      },
      async *records() {},
    },
  };
}

/** @param {Map<string, Uint8Array>} files @param {string} path @param {number} offsetBytes @param {AbortSignal} signal */
async function* read(files, path, offsetBytes, signal) {
  requireSafePath(path);
  const bytes = files.get(path);
  if (bytes === undefined) throw new ConnectorError('ITEM_NOT_FOUND', `there is no item ${JSON.stringify(path)}`);
  signal.throwIfAborted();
  for (let at = offsetBytes; at < bytes.byteLength; at += CHUNK_BYTES) {
    signal.throwIfAborted();
    yield bytes.slice(at, at + CHUNK_BYTES);
  }
}
