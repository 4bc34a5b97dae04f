/** Whoever comes without an identity to a demonstration. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openToyHouse, type ToyHouse } from '../federation/support/house.ts';
import { watch } from '../federation/support/watcher.ts';

describe('a guest of a demonstration', () => {
  let house: ToyHouse;
  beforeAll(async () => {
    house = await openToyHouse('embedded', { anonymous: 'reader' });
  });
  afterAll(() => house.close());

  test('may look, at both doors', async () => {
    const query = '{ whoami }';
    const data = { whoami: 'user guest reviewer' };
    expect((await house.post({ query })).body.data).toEqual(data);
    expect(await watch(house.client(undefined), query).answer(1)).toEqual({ data });
  });

  test('may change nothing, at either door; who signs in may', async () => {
    const query = 'mutation { advance(id: "b-1", times: [1]) { moved } }';
    const refused = { data: null, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] };
    expect((await house.post({ query })).body).toMatchObject(refused);
    expect(await watch(house.client(undefined), query).answer(1)).toMatchObject(refused);
    const authorization = `Bearer ${await house.token('olga')}`;
    expect((await house.post({ query }, { authorization })).body.errors).toBeUndefined();
  });
});
