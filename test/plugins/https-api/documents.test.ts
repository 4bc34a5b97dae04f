import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'undici';
import type { Target, TargetRecord } from '../../../plugins/sdk/index.ts';
import type { Asked } from '../../../plugins/peers/fhir-front.ts';
import { all, never, whole } from '../host/house.ts';
import { deliver, document, enterFhirHouse, type FhirHouse } from './house.ts';

const isPut = ({ method }: Asked): boolean => method === 'PUT';
const isReference = ({ method, path }: Asked): boolean => method === 'POST' && path === '/fhir/DocumentReference';
const isRead = ({ method, path }: Asked): boolean => method === 'GET' && path.startsWith('/fhir/Binary/');

function listedItems({ listing }: Target): Promise<TargetRecord[]> {
  if (listing === undefined) throw new Error('the target has no listing');
  return all(listing.items(never()));
}

const sha1 = (text: string): string => createHash('sha1').update(text).digest('base64');

describe('documents into a FHIR service', () => {
  let house: FhirHouse;
  let target: Target;
  beforeEach(async () => {
    house = await enterFhirHouse();
    target = await house.target();
  });
  afterEach(() => house.leave());

  test('a document becomes a Binary and a DocumentReference with its path, type, size and key', async () => {
    const { targetId } = await deliver(target, document('scan-1', 'the bytes'));
    expect(targetId).toMatch(/^Binary\/waybill-[0-9a-f]{40}$/);
    const [id = ''] = house.server.store.ids('DocumentReference');
    expect(house.server.store.get('DocumentReference', id)).toEqual({
      resourceType: 'DocumentReference',
      id,
      status: 'current',
      identifier: [{ system: 'urn:waybill:source', value: 'scan-1' }],
      extension: [{ url: 'urn:waybill:path', valueString: 'folder/scan-1' }],
      content: [
        {
          attachment: { contentType: 'application/pdf', url: targetId, size: 9, hash: sha1('the bytes') },
        },
      ],
    });
    expect(await listedItems(target)).toEqual([{ targetId, key: 'folder/scan-1', sizeBytes: 9 }]);
  });

  test.each([
    ['the upload', true, isPut],
    ['the upload', false, isPut],
    ['the reference', true, isReference],
    ['the reference', false, isReference],
  ])('a lost answer to %s leaves one document (landed: %s)', async (_what, landed, matches) => {
    house.front.plant(matches, { kind: 'drop', landed });
    const { targetId } = await deliver(target, document('scan-1', 'the bytes'));
    expect(String(await whole(target.read(targetId, 0, never())))).toBe('the bytes');
    expect(house.server.store.ids('DocumentReference')).toHaveLength(1);
  });

  test('a Binary that is there with other content is a conflict and stays as it is', async () => {
    const { targetId } = await deliver(target, document('scan-1', 'the bytes'));
    const error = deliver(target, document('scan-1', 'THE BYTES'));
    await expect(error).rejects.toMatchObject({ code: 'ITEM_CONFLICT', retry: 'permanent' });
    expect(String(await whole(target.read(targetId, 0, never())))).toBe('the bytes');
  });

  test('a read that is cut is read again; one that stays cut is never taken for whole', async () => {
    const bytes = randomBytes(400_000).toString('hex');
    const { targetId } = await deliver(target, document('scan-1', bytes));
    house.front.plant(isRead, { kind: 'truncate', atByte: 300_000 });
    expect(String(await whole(target.read(targetId, 0, never())))).toBe(bytes);
    for (let nth = 0; nth < 6; nth++) house.front.plant(isRead, { kind: 'truncate', atByte: 300_000 });
    await expect(whole(target.read(targetId, 0, never()))).rejects.toMatchObject({ code: 'STREAM_TRUNCATED' });
  });

  test('a file in a FHIR format is uploaded as bytes, so that it is not taken for a resource', async () => {
    await deliver(target, document('bundle', '{"resourceType":"Bundle"}', 'application/fhir+json'));
    expect(house.front.asked.find(isPut)?.headers['content-type']).toBe('application/octet-stream');
    expect(house.front.asked.find(isReference)?.body.toString()).toContain('"contentType":"application/fhir+json"');
  });

  test('a document somebody else put there is listed without a path', async () => {
    await request(`${house.server.baseUrl}/DocumentReference`, {
      method: 'POST',
      headers: { authorization: `Bearer ${house.server.token}` },
      body: JSON.stringify({ resourceType: 'DocumentReference', status: 'current' }),
      dispatcher: new Agent({ connect: { ca: house.certificates.authority } }),
    });
    expect(await listedItems(target)).toEqual([
      { targetId: 'DocumentReference/1', key: undefined, sizeBytes: undefined },
    ]);
  });

  test('a full service is SPACE_EXHAUSTED; one that does not offer uploads is UNSUPPORTED', async () => {
    house.front.plant(isPut, { kind: 'answer', status: 507 });
    await expect(deliver(target, document('a', 'x'))).rejects.toMatchObject({ code: 'SPACE_EXHAUSTED' });
    house.front.plant(isPut, { kind: 'answer', status: 405 });
    await expect(deliver(target, document('b', 'x'))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
