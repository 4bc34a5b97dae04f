/** What resources point to: items of their own, held against the size and the hash that are stated of them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { LARGE_ITEM_BYTES } from '../../../plugins/sdk/conformance/limits.ts';
import { patterned, requireBounded } from '../../../plugins/sdk/conformance/memory.ts';
import type { Item, Source } from '../../../plugins/sdk/index.ts';
import { never } from '../host/house.ts';
import { deliver, document, enterFhirHouse, type FhirHouse } from './house.ts';

const SCAN = 'the bytes of a scan';
const SHA1 = createHash('sha1').update(SCAN).digest();

describe.each(['search', 'export'] as const)('the attachments of a FHIR service that is read by %s', (way) => {
  let house: FhirHouse;
  let source: Source;
  let binary: string;
  let items: readonly Item[];
  /** The path of the attachment of each document, by what is odd about it. */
  const paths = new Map<string, string>();

  beforeAll(async () => {
    house = await enterFhirHouse();
    binary = (await deliver(await house.target(), document('scan', SCAN))).targetId;
    const { store } = house.server;
    for (const id of store.ids('DocumentReference')) store.remove('DocumentReference', id);
    const whole = { contentType: 'application/pdf', url: binary, size: SCAN.length, hash: SHA1.toString('base64') };
    const attachments = {
      whole,
      'hash in hexadecimal': { ...whole, hash: SHA1.toString('hex') },
      'no size': { contentType: 'image/tiff; q=1', url: `${house.server.baseUrl.replace(/^.*\/fhir/, '')}${binary}` },
      'another size': { ...whole, size: SCAN.length + 1 },
      'another hash': { ...whole, hash: SHA1.toString('base64').replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) },
      'no binary': { ...whole, url: 'Binary/never-there' },
      'no binary and no size': { contentType: 'text/plain', url: 'Binary/never-there' },
      'no url': { contentType: 'text/plain', size: 7 },
      'another place': { ...whole, url: 'https://elsewhere.example/scan.pdf' },
      inside: { contentType: 'text/plain', data: 'aW5zaWRl' },
    };
    for (const [what, attachment] of Object.entries(attachments)) {
      const id = store.create({ resourceType: 'DocumentReference', content: [{ attachment }] } as never);
      paths.set(what, `DocumentReference/${id}/attachment-1`);
    }
    store.create({ resourceType: 'DiagnosticReport', presentedForm: [whole, { data: 'eA==' }, whole] } as never);
    store.create({ resourceType: 'Observation', content: [{ attachment: whole }] } as never);
    const types = ['DocumentReference', 'DiagnosticReport', 'Observation'];
    const bulk = way === 'export' ? { export: { level: 'system' } } : {};
    source = await house.host.source(house.endpoint({ types, attachments: 'items', ...bulk }), never());
    const found: Item[] = [];
    for await (const item of source.list(never())) found.push(item);
    items = found;
  });
  afterAll(() => house.leave());

  const itemOf = (what: string) => items.find(({ path }) => path.startsWith(`${paths.get(what)}.`));
  async function read(path: string, offset = 0): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.read(path, offset, never())) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  test('are items beside their resources, with type and size; what lies inside a resource is none', () => {
    expect(itemOf('whole')).toMatchObject({ sizeBytes: SCAN.length, mediaType: 'application/pdf' });
    expect(itemOf('whole')?.path).toMatch(/\.pdf$/);
    expect(itemOf('no size')).toMatchObject({ sizeBytes: SCAN.length, mediaType: 'image/tiff' });
    expect(itemOf('inside')).toBeUndefined();
    const reports = items.map(({ path }) => path).filter((path) => path.startsWith('DiagnosticReport/'));
    expect(reports.map((path) => path.replace(/^DiagnosticReport\/\d+/, ''))).toEqual([
      '.json',
      '/attachment-1.pdf',
      '/attachment-3.pdf',
    ]);
    expect(items.filter(({ path }) => path.startsWith('Observation/'))).toHaveLength(1);
  });

  test.each(['whole', 'hash in hexadecimal', 'no size'])('are read as their bytes: %s', async (what) => {
    const path = itemOf(what)?.path ?? '';
    expect(await read(path)).toBe(SCAN);
    expect(await read(path, 4)).toBe(SCAN.slice(4));
  });

  test.each([
    ['another size', 'ITEM_CHANGED', 'states 20'],
    ['another hash', 'ITEM_CHANGED', 'hash'],
    ['no binary', 'ITEM_NOT_FOUND', '404'],
    ['no binary and no size', 'ITEM_NOT_FOUND', '404'],
    ['no url', 'ITEM_NOT_FOUND', 'no content at this service'],
    ['another place', 'ITEM_NOT_FOUND', 'no content at this service'],
  ])('are listed and cannot be read when they have %s: %s', async (what, code, words) => {
    const told = { code, message: expect.stringContaining(words) };
    await expect(read(itemOf(what)?.path ?? '')).rejects.toMatchObject(told);
  });

  test('a path of no attachment names none', async () => {
    const path = `${paths.get('whole')}.pdf`;
    for (const wrong of [path.replace('-1.', '-2.'), path.replace(/\d+\/att/, 'nobody/att')]) {
      await expect(read(wrong)).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
    }
  });
});

test('an attachment of 40 MiB passes in bounded memory, and stops when its reading is stopped', async () => {
  const house = await enterFhirHouse();
  try {
    const parcel = { ...document('large', '').parcel, sizeBytes: LARGE_ITEM_BYTES };
    const target = await house.target();
    const staged = await target.stage(parcel, patterned(LARGE_ITEM_BYTES), never());
    const { targetId: url } = await target.commit(parcel, staged, never());
    const id = house.server.store.create({ resourceType: 'DiagnosticReport', presentedForm: [{ url }] });
    const path = `DiagnosticReport/${id}/attachment-1.bin`;
    const source = await house.unguarded({ types: ['DiagnosticReport'], attachments: 'items' });
    let readBytes = 0;
    await requireBounded(async (look) => {
      for await (const chunk of source.read(path, 0, never())) {
        readBytes += chunk.byteLength;
        await look(readBytes);
      }
    });
    expect(readBytes).toBe(LARGE_ITEM_BYTES);
    const stop = new AbortController();
    const reading = async () => {
      for await (const _ of source.read(path, 0, stop.signal)) stop.abort();
    };
    await expect(reading()).rejects.toThrow();
    await source.close();
  } finally {
    await house.leave();
  }
});
