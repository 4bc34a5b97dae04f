/** A FHIR service as a source: every resource once, with the digits it was written in, and no other place. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Item, Source } from '../../../plugins/sdk/index.ts';
import { never } from '../host/house.ts';
import { enterFhirHouse, type FhirHouse } from './house.ts';

const TYPES = ['Patient', 'Observation'];
const OBSERVATIONS = 450;

describe('a FHIR service as a source', () => {
  let house: FhirHouse;
  let source: Source;

  beforeAll(async () => {
    house = await enterFhirHouse();
    const { store } = house.server;
    store.create({ resourceType: 'Patient', name: [{ family: 'Ångström', text: 'line\nbreak "quoted"' }] });
    store.create({ resourceType: 'Patient', meta: { lastUpdated: '2026-01-02T03:04:05+02:00' } });
    for (let n = 0; n < OBSERVATIONS; n++) store.create({ resourceType: 'Observation', status: 'final', n } as never);
    source = await house.host.source(house.endpoint({ types: TYPES }), never());
  });
  afterAll(() => house.leave());

  async function listed(from: Source = source): Promise<readonly Item[]> {
    const items: Item[] = [];
    for await (const item of from.list(never())) items.push(item);
    return items;
  }

  async function read(path: string, offset = 0): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.read(path, offset, never())) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  test('every resource of the named types is an item, over as many pages as it takes', async () => {
    const items = await listed();
    const ids = TYPES.flatMap((type) => house.server.store.ids(type).map((id) => `${type}/${id}.json`));
    expect(items.map(({ path }) => path).sort()).toEqual([...ids].sort());
    expect(new Set(items.map(({ mediaType }) => mediaType))).toEqual(new Set(['application/fhir+json']));
    const pages = house.front.asked.filter(({ path }) => path.startsWith('/fhir/Observation?'));
    expect(pages.length).toBe(3);
  });

  test('an item has the size that was listed, reads back from any offset, and says when it changed', async () => {
    for (const { path, sizeBytes, modifiedAt } of (await listed()).slice(0, 5)) {
      const text = await read(path);
      expect(Buffer.byteLength(text)).toBe(sizeBytes);
      expect(await read(path, 7)).toBe(Buffer.from(text).subarray(7).toString('utf8'));
      if (text.includes('lastUpdated')) expect(modifiedAt).toBe('2026-01-02T01:04:05.000Z');
    }
  });

  test('nothing is listed of a type that nobody has, and reading asks and changes nothing', async () => {
    const none = await house.host.source(house.endpoint({ types: ['Condition'] }), never());
    expect(await listed(none)).toEqual([]);
    const before = await listed();
    for (const { path } of before.slice(0, 5)) await read(path);
    expect(await listed()).toEqual(before);
    expect(new Set(house.front.asked.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  test('resources that come while it lists take no other off the list and put none on it twice', async () => {
    const { store } = house.server;
    const before = (await listed()).map(({ path }) => path);
    const paths: string[] = [];
    const come: string[] = [];
    for await (const { path } of source.list(never())) {
      if (paths.length % 100 === 0) come.push(store.create({ resourceType: 'Observation', status: 'final' }));
      paths.push(path);
    }
    for (const id of come) store.remove('Observation', id);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toEqual(expect.arrayContaining(before));
  });

  test('a listing or a read that is stopped stops, before it began and in the middle', async () => {
    const id = house.server.store.create({ resourceType: 'Patient', name: [{ text: 'x'.repeat(1_000_000) }] });
    const path = `Patient/${id}.json`;
    const gone = async (work: (stop: AbortController) => AsyncIterable<unknown>, stop = new AbortController()) => {
      for await (const _ of work(stop)) stop.abort();
    };
    const unguarded = await house.unguarded({ types: TYPES });
    for (const each of [source, unguarded]) {
      await expect(gone(() => each.list(AbortSignal.abort()))).rejects.toThrow();
      await expect(gone(() => each.read(path, 0, AbortSignal.abort()))).rejects.toThrow();
      await expect(gone(({ signal }) => each.list(signal))).rejects.toThrow();
      await expect(gone(({ signal }) => each.read(path, 0, signal))).rejects.toThrow();
      for await (const _ of each.read(path, 0, never())) break;
    }
    await unguarded.close();
    expect(await read(path)).toContain('xxx');
    house.server.store.remove('Patient', id);
  });

  test('items are read together without mixing', async () => {
    const items = (await listed()).slice(0, 16);
    const texts = await Promise.all(items.map(({ path }) => read(path)));
    for (const [at, { path }] of items.entries()) {
      expect(`${JSON.parse(texts[at] ?? '').resourceType}/${JSON.parse(texts[at] ?? '').id}.json`).toBe(path);
    }
  });

  test('white space is left out; digits, texts and the order of members stay, alone or in a Bundle', async () => {
    const [id] = house.server.store.ids('Patient');
    const path = `Patient/${id}.json`;
    const spaced = [
      `{\n  "resourceType" : "Patient", "id": "${id}",\n "extension": [ { "url": "u", "valueDecimal": 1.010 },`,
      '{ "url": "v", "valueDecimal": 2.50e-3 }, {"valueInteger": -0, "t": "a\\/b \\u00e5 \\ud83d\\ude00 \\n"} ] }',
    ].join('\t');
    const compact = [
      `{"resourceType":"Patient","id":"${id}","extension":[{"url":"u","valueDecimal":1.010},`,
      '{"url":"v","valueDecimal":2.50e-3},{"valueInteger":-0,"t":"a/b å 😀 \\n"}]}',
    ].join('');
    house.front.plant((asked) => asked.path.endsWith(`Patient/${id}`), { kind: 'rewrite', rewrite: () => spaced });
    expect(await read(path)).toBe(compact);
    const outcome = '{"search":{"mode":"outcome"},"resource":{"resourceType":"OperationOutcome"}}';
    const bundle = `{"resourceType":"Bundle","entry":[{"resource":${spaced}},${outcome}]}`;
    house.front.plant((asked) => asked.path.startsWith('/fhir/Patient?'), { kind: 'rewrite', rewrite: () => bundle });
    const found = (await listed()).filter((item) => item.path.startsWith('Patient/'));
    expect(found).toEqual([{ path, sizeBytes: Buffer.byteLength(compact), mediaType: 'application/fhir+json' }]);
  });

  test('a cut page is asked for again, and nothing is missing or there twice', async () => {
    house.front.plant(({ path }) => path.includes('_offset=200'), { kind: 'truncate', atByte: 900 });
    const paths = (await listed()).map(({ path }) => path);
    expect(new Set(paths).size).toBe(OBSERVATIONS + 2);
    expect(paths).toHaveLength(OBSERVATIONS + 2);
  });

  test.each([
    ['another type', '{"resourceType":"Group","id":"1"}'],
    ['another id', '{"resourceType":"Patient","id":"another"}'],
  ])('a service that answers with %s is not believed', async (_what, body) => {
    const [id] = house.server.store.ids('Patient');
    house.front.plant(({ path }) => path.endsWith(`Patient/${id}`), { kind: 'rewrite', rewrite: () => body });
    await expect(read(`Patient/${id}.json`)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  test.each([
    ['Patient/missing.json', 'ITEM_NOT_FOUND'],
    ['Patient', 'ITEM_NOT_FOUND'],
    ['$everything/1.json', 'ITEM_NOT_FOUND'],
    ['Patient/1.json/../../metadata', 'PATH_REFUSED'],
  ])('reading %s fails with %s', async (path, code) => {
    await expect(read(path)).rejects.toMatchObject({ code });
  });

  test('a next page at another place is not followed', async () => {
    const rewrite = () =>
      '{"resourceType":"Bundle","link":[{"relation":"next","url":"https://127.0.0.1:1/fhir/Patient?page=2"}]}';
    house.front.plant(({ path }) => path.startsWith('/fhir/Patient?'), { kind: 'rewrite', rewrite });
    await expect(listed()).rejects.toMatchObject({ code: 'PEER_NOT_TRUSTED' });
  });

  test('without types there is nothing to read, and that is said', async () => {
    await expect(house.host.source(house.endpoint(), never())).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const refusals = await house.host.validate(house.endpoint({ types: ['patients'] }), 'source');
    expect(refusals).toMatchObject([{ code: 'CONFIG_INVALID', field: ['config', 'types', '0'] }]);
  });
});
