/** An ordinary API that a plan describes: every way of paging, no failure believed, and mistakes called by name. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../../kernel/canonical-json.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost, type EndpointSettings } from '../../../plugins/host/index.ts';
import { DESCRIPTIONS } from '../../../plugins/https-api/conformance/rest-harness.ts';
import { sandboxCertificates, type SandboxCertificates } from '../../../plugins/peers/certificates.ts';
import { startFhirFront, type FhirFront } from '../../../plugins/peers/fhir-front.ts';
import { startJsonApi, type JsonApi } from '../../../plugins/peers/json-api.ts';
import type { Item, Source } from '../../../plugins/sdk/index.ts';
import { never } from '../host/house.ts';
import { deliver, document, patients } from './house.ts';

const KEY = 'a-key-of-this-test';
const DOCUMENTS = 45;
const SEEN_AT_ONCE = DESCRIPTIONS['a write that is seen at once'];
const UPLOADED = DESCRIPTIONS['uploads that nobody sees before they are published, and pages by cursor'];

let directory: string;
let certificates: SandboxCertificates;
let api: JsonApi;
let front: FhirFront;
let host: ConnectorHost;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rest-'));
  certificates = await sandboxCertificates(systemClock);
  api = await startJsonApi({ certificates, directory, key: KEY, now: () => systemClock.now() });
  front = await startFhirFront({ certificates, server: api });
  host = await openConnectorHost({
    packages: ['@waybill/connector-https-api'],
    spoolDirectory: join(directory, 'spool'),
    environment: () => KEY,
    log: () => {},
    clock: systemClock,
    limits: { backoffFirstMs: 1, backoffMostMs: 2, retriesMax: 1 },
  });
});
beforeEach(() => {
  api.documents.splice(0);
  api.uploads.clear();
  front.mend();
});
afterAll(async () => {
  await host.close();
  await front.close();
  await api.close();
  await rm(directory, { recursive: true });
});

type Description = { readonly [name: string]: unknown };

function endpoint(description: Description = SEEN_AT_ONCE): EndpointSettings {
  const baseUrl = `${new URL(front.baseUrl).origin}/v1`;
  const config = JSON.parse(JSON.stringify({ ...description, baseUrl, ca: certificates.authority })) as Json;
  return { connector: 'https-api', config, secrets: { token: 'env:KEY' } };
}

const source = (description?: Description) => host.source(endpoint(description), never());
const target = (description?: Description) => host.target(endpoint(description), never());

async function listed(from: Source): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const item of from.list(never())) items.push(item);
  return items;
}

describe('an API as a source', () => {
  const pagings = {
    'a link in the answer': { link: '/links/next' },
    'a link in the header': { linkHeader: 'next' },
    'a cursor': { cursor: '/cursor', parameter: 'cursor' },
    'a number of pages': { counts: 'pages', parameter: 'page' },
    'a number of items': { counts: 'items', parameter: 'offset' },
  };

  test.each(Object.entries(pagings))('is listed whole, page by page, by %s', async (_what, next) => {
    for (let n = 0; n < DOCUMENTS; n++) api.put(`folder ${n % 3}/ø-${n}.pdf`, Buffer.from(`document ${n}`));
    const opened = await source({ ...SEEN_AT_ONCE, list: { ...SEEN_AT_ONCE.list, next } });
    const items = await listed(opened);
    expect(items.map(({ path }) => path)).toEqual(api.documents.map(({ path }) => path));
    expect(items[7]).toEqual({
      path: 'folder 1/ø-7.pdf',
      sizeBytes: 10,
      modifiedAt: api.documents[7]?.updatedAt,
      mediaType: 'application/octet-stream',
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.read('folder 1/ø-7.pdf', 3, never())) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('ument 7');
  });

  test('a size that is not listed is learnt by reading', async () => {
    api.put('a', Buffer.from('twelve bytes'));
    const items = await listed(await source({ ...SEEN_AT_ONCE, list: { ...SEEN_AT_ONCE.list, size: undefined } }));
    expect(items.map(({ sizeBytes }) => sizeBytes)).toEqual([12]);
  });

  test.each([
    ['no list where the description says', '{"ok":true,"data":[]}', 'UNSUPPORTED'],
    ['an item without a path', '{"ok":true,"result":{"documents":[{"id":1}]}}', 'UNSUPPORTED'],
    ['a path that leads out', '{"ok":true,"result":{"documents":[{"id":1,"path":"../a"}]}}', 'PATH_REFUSED'],
    [
      'a page that leads to itself',
      (path: string) => `{"ok":true,"result":{"documents":[]},"links":{"next":"${path}"}}`,
      'UNSUPPORTED',
    ],
    [
      'a page at another place',
      '{"ok":true,"result":{"documents":[]},"links":{"next":"https://elsewhere.example/v1"}}',
      'PEER_NOT_TRUSTED',
    ],
    ['a failure inside a success', '{"ok":false,"code":"QUOTA"}', 'ITEM_REFUSED'],
    ['no JSON', 'Welcome, Jane Doe', 'STREAM_TRUNCATED'],
  ])('%s is refused', async (_what, answer, code) => {
    const isList = ({ path }: { path: string }) => path.startsWith('/v1/documents?');
    const body = typeof answer === 'string' ? answer : answer(`${new URL(front.baseUrl).origin}/v1/documents?limit=20`);
    front.plantAlways(isList, { kind: 'answer', status: 200, body });
    const error = await listed(await source()).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).not.toContain('Jane');
    if (code === 'ITEM_REFUSED') expect((error as Error).message).toContain('(QUOTA)');
  });

  test('what is not there is not found, and a check shows whether we are let in', async () => {
    const opened = await source();
    await expect(opened.read('nowhere', 0, never())[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ITEM_NOT_FOUND',
    });
    expect(await host.check(endpoint(), never())).toMatchObject({ tls: 'TLSv1.3' });
    front.plant(() => true, { kind: 'answer', status: 401 });
    await expect(host.check(endpoint(), never())).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });
});

describe('an API as a target', () => {
  test.each(Object.entries(DESCRIPTIONS))('what is delivered is there once, by %s', async (_what, description) => {
    const opened = await target(description);
    const shipment = document('scan 1 ø', 'the bytes of a scan');
    const first = await deliver(opened, shipment);
    expect(await deliver(opened, shipment)).toEqual(first);
    expect(api.uploads.size).toBe(0);
    expect(api.documents.map(({ path }) => path)).toEqual(['folder/scan 1 ø']);
    expect((await readFile(api.documents[0]?.file ?? '')).toString()).toBe('the bytes of a scan');
    expect(api.documents[0]?.mediaType).toBe('application/pdf');
    const path = { ...shipment, parcel: { ...shipment.parcel, key: 'another key' }, body: 'other bytes' };
    await expect(deliver(opened, path)).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    expect(api.documents).toHaveLength(1);
  });

  test('ids that are larger than a double holds are kept to their last digit', async () => {
    const { targetId } = await deliver(await target(), document('large-id', 'x'));
    expect(targetId).toBe('9007199254740993');
  });

  test('what it wrote itself is found by its key, and what somebody else did is not called its own', async () => {
    const opened = await target();
    const { parcel, body } = document('ours', 'x');
    const receipt = await deliver(opened, { parcel, body });
    expect(await opened.stat(parcel, never())).toEqual(receipt);
    api.put('folder/theirs', Buffer.from('x'));
    expect(await opened.stat({ ...parcel, path: 'folder/theirs', key: 'theirs' }, never())).toBeUndefined();
    expect(await deliver(opened, document('theirs', 'x'))).toMatchObject({ targetId: api.documents[1]?.id });
  });

  test('an upload that is given up is deleted there', async () => {
    const opened = await target(UPLOADED);
    const { parcel, body } = document('given-up', 'x');
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(body);
    };
    const staged = await opened.stage(parcel, bytes(), never());
    expect([api.uploads.size, api.documents.length]).toEqual([1, 0]);
    await opened.discard(staged, never());
    await opened.discard(staged, never());
    expect(api.uploads.size).toBe(0);
    await expect(opened.commit(parcel, staged, never())).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  });

  test('records are refused, since nobody described how they are written', async () => {
    const refused = deliver(await target(), patients(['k1']));
    await expect(refused).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  test('a description that says nothing of writing is no target’s', async () => {
    const { write: _, ...readOnly } = SEEN_AT_ONCE;
    await expect(target(readOnly)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await listed(await source(readOnly))).toEqual([]);
  });
});

describe('a description with a mistake is refused, by name', () => {
  const { list, read, stat, write } = SEEN_AT_ONCE;
  const byPath = { read: { get: 'files/{+path}' }, list: { ...list, id: undefined } };
  test.each([
    ['a setting of another name', { lsit: list }, 'config', 'did you mean list?'],
    ['a setting that is nearly right', { stat: { ...stat, itme: '/x' } }, 'config.stat', 'did you mean item?'],
    ['a setting like none', { zzzzzzzzzzzzzz: 1 }, 'config', 'allowed are profile, baseUrl'],
    ['a place of another name', { read: { get: 'documents/{idd}' } }, 'config.read.get', 'did you mean {id}?'],
    ['a place like none', { read: { get: 'documents/{zzzzzz}' } }, 'config.read.get', 'allowed are path, name, id'],
    ['a brace too many', { read: { get: 'documents/{id' } }, 'config.read.get', 'brace'],
    ['no pointer', { list: { ...list, items: 'result' } }, 'config.list.items', 'JSON pointer'],
    [
      'two ways to the next page',
      { list: { ...list, next: { link: '/a', cursor: '/b' } } },
      'config.list.next',
      'one of',
    ],
    [
      'a cursor without a parameter',
      { list: { ...list, next: { cursor: '/b' } } },
      'config.list.next.parameter',
      'cursor',
    ],
    ['a header of ours', { headers: { Authorization: 'Bearer abc' } }, 'config.headers.Authorization', 'secrets'],
    ['two names for what is read', { read: { get: '{id}/{path}' } }, 'config.read.get', 'not both'],
    ['no look-up before a write', { stat: undefined }, 'config.stat', 'before it was looked up'],
    ['no look-up before a write by path', { ...byPath, stat: undefined, write }, 'config.stat', 'looked up'],
    ['an upload beside a write', { upload: UPLOADED.upload }, 'config.upload', 'write does both'],
    ['an upload that is never published', { write: undefined, upload: UPLOADED.upload }, 'config.publish', 'together'],
    ['a look-up without the id', { stat: { get: 'x?{path}' } }, 'config.stat.id', 'since list has one'],
  ])('%s', async (_what, changed, field, words) => {
    const refusals = await host.validate(endpoint({ ...SEEN_AT_ONCE, read, ...changed }), 'target');
    const told = refusals.map((each) => ({ field: each.field?.join('.'), message: each.message }));
    expect(told).toContainEqual({ field, message: expect.stringContaining(words) });
    expect(JSON.stringify(told)).not.toMatch(/Bearer|itme|lsit/);
  });
});
