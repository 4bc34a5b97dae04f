/** An ordinary API for the conformance kit, described in settings, behind the same front as the FHIR server. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTcpProxy, type Harness, type Held, type Place } from '@waybill/connector-sdk/conformance';
import { sandboxCertificates } from '../../peers/certificates.ts';
import { startFhirFront } from '../../peers/fhir-front.ts';
import { startJsonApi, type StoredDocument } from '../../peers/json-api.ts';
import { clock, endingOf, troubled } from './trouble.ts';

const KEY = 'a-key-of-this-test';
const LIST = {
  get: 'documents?limit=20',
  items: '/result/documents',
  path: '/path',
  id: '/id',
  size: '/size',
  modified: '/updatedAt',
  mediaType: '/type',
  next: { link: '/links/next' },
};
const STAT = { get: 'documents/find?path={path}', item: '/found/0', id: '/id', key: '/externalId' };
const API = {
  profile: 'rest',
  tokenHeader: 'x-api-key',
  list: LIST,
  read: { get: 'documents/{id}/content' },
  stat: STAT,
  failure: { at: '/ok', isNot: [true], code: '/code' },
};

/** Ways to describe the same API. */
export const DESCRIPTIONS = {
  'a write that is seen at once': {
    ...API,
    write: {
      method: 'POST',
      to: 'documents?path={path}',
      headers: { 'Idempotency-Key': '{key}', 'Content-Digest': 'sha-256=:{sha256Base64}:' },
      id: '/document/id',
    },
  },
  'a write at an address of its own, and pages by number': {
    ...API,
    list: { ...LIST, next: { counts: 'pages', parameter: 'page' }, id: undefined },
    read: { get: 'files/{+path}' },
    stat: { get: 'documents/find?path={path}', item: '/found/0' },
    write: { method: 'PUT', to: 'files/{+path}' },
  },
  'uploads that nobody sees before they are published, and pages by cursor': {
    ...API,
    list: { ...LIST, next: { cursor: '/cursor', parameter: 'cursor' } },
    upload: {
      method: 'POST',
      to: 'uploads',
      staged: '/upload/id',
      size: '/upload/received',
      discard: 'uploads/{staged}',
    },
    publish: { method: 'POST', to: 'uploads/{staged}/publish?path={path}&key={key}' },
  },
} as const;

export function restHarness(description: object): Harness {
  return {
    troubles: [
      ...([
        'cut',
        'cut-tls',
        'lost-commit',
        'silence',
        'slow',
        'unreachable',
        'stored-short',
        'expired-token',
      ] as const),
      ...(['error-in-200', 'rate-limit', 'telling-failure'] as const),
      ...(['expired-certificate', 'unknown-authority', 'wrong-name'] as const),
    ],
    cannot: {
      package: 'a description is no package; conformance.test.ts looks at the manifest of the one that reads it',
      'cut-upload': 'a stage is the spool’s work, or short; a broken upload is the trouble of a lost commit',
      'full-size': 'its peer keeps documents in the memory of this process',
    },
    open: () => openPlace(description),
  };
}

async function openPlace(description: object): Promise<Place> {
  const certificates = await sandboxCertificates(clock);
  const directory = await mkdtemp(join(tmpdir(), 'rest-conformance-'));
  const api = await startJsonApi({ certificates, directory, key: KEY, now: () => clock.now() });
  const front = await startFhirFront({ certificates, server: api });
  const proxy = await startTcpProxy(Number(new URL(front.baseUrl).port));
  const others: { close(): Promise<void> }[] = [front, api];
  const given = { ...description, baseUrl: `https://127.0.0.1:${proxy.port}/v1`, ca: certificates.authority };
  const config = JSON.parse(JSON.stringify(given)) as typeof given;
  const scene = { config, certificates, server: api, front, proxy, others };
  return {
    config,
    secrets: { token: KEY },
    wrongSecrets: { token: 'another-key-entirely' },
    put: async (path, bytes) => api.put(path, bytes),
    snapshot: async () => JSON.stringify([api.documents, [...api.uploads]]),
    held: () => Promise.all(api.documents.map(heldOf)),
    trouble: async (trouble) => {
      if (trouble.kind !== 'stored-short') return troubled(scene, trouble);
      api.keepBytes = trouble.keptBytes;
      return config;
    },
    ...endingOf(scene, directory),
  };
}

async function heldOf({ file, path, updatedAt }: StoredDocument): Promise<Held> {
  return { path, bytes: await readFile(file), modifiedAt: updatedAt };
}
