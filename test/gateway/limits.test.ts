/** What one request may ask is bounded, by the same bounds at both doors. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { LIMITS } from '../../gateway/limits.ts';
import { openToyHouse, type ToyHouse } from '../federation/support/house.ts';
import { watch } from '../federation/support/watcher.ts';

const times = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ');

/** Fragments that double thirty times: small to write, a thousand million fields to execute. */
const bomb = `{ batch(id: "b-1") { ...F0 } } ${times(
  30,
  (at) => `fragment F${at} on Batch { ...F${at + 1} ...G${at} }
  fragment G${at} on Batch { ...F${at + 1} }`,
)} fragment F30 on Batch { id }`;

const TOO_MUCH: readonly (readonly [string, string, Record<string, unknown>?])[] = [
  ['depth', '{ batch(id: "b-1") { dataset { system { id } } } }'],
  [
    'depth in fragments',
    '{ batch(id: "b-1") { ...A } } fragment A on Batch { dataset { ...B } } fragment B on Dataset { system { id } }',
  ],
  ['aliases', `{ ${times(9, (at) => `a${at}: __typename`)} }`],
  ['fields', `{ batch(id: "b-1") { ${times(60, () => 'id')} } }`],
  ['fields of fragments', bomb],
  ['tokens', `{ batch(id: "b-1") { ${times(300, () => 'id')} } }`],
  ['elements of a literal list', `mutation { advance(id: "b-1", times: [${times(20, String)}]) { id } }`],
  [
    'elements of a list variable',
    'mutation($t: [Int!]!) { advance(id: "b-1", times: $t) { id } }',
    { t: Array(20).fill(1) },
  ],
  ['objects', 'query($n: Int) { batches(first: $n) { entries(first: 50) { index } } }', { n: 50 }],
  ['names of aliases', '{ __proto__: batch(id: "b-1") { id } }'],
];

describe('limits', () => {
  let house: ToyHouse;
  beforeAll(async () => {
    const limits = { depthMax: 3, aliasesMax: 8, fieldsMax: 50, tokensMax: 200, listLengthMax: 10, objectsMax: 2_000 };
    house = await openToyHouse('embedded', { limits: { ...limits, bodyMaxBytes: 5_000 } });
  });
  afterAll(() => house.close());

  test.each(TOO_MUCH.map(([what, query, variables = {}]) => [what, query, variables] as const))(
    'refuse too much %s at both doors',
    async (_, query, variables) => {
      const http = await house.ask(query, variables);
      expect(http.data ?? null).toBeNull();
      expect(http.errors).toMatchObject([{ extensions: { code: expect.stringMatching(/LIMIT|VALIDATION|PARSE/) } }]);
      const socket = watch(house.client(await house.token('olga')), query, variables);
      expect(await socket.ended).toMatchObject([
        { extensions: { code: expect.stringMatching(/LIMIT|VALIDATION|PARSE/) } },
      ]);
      expect(socket.seen).toEqual([]);
    },
  );

  test('refuse a body that is too large, at both doors', async () => {
    const authorization = `Bearer ${await house.token('olga')}`;
    const query = `{ batch(id: "${'x'.repeat(6_000)}") { id } }`;
    expect((await house.post({ query }, { authorization })).status).toBe(413);
    expect(await watch(house.client(await house.token('olga')), query).ended).toMatchObject({ code: 1009 });
  });

  test('let pass what stays below them', async () => {
    expect((await house.ask('{ batch(id: "b-1") { dataset { name } } }')).errors).toBeUndefined();
    const within = await house.ask('mutation($t: [Int!]!) { advance(id: "b-1", times: $t) { id } }', { t: [1, 2] });
    expect(within.errors).toBeUndefined();
  });
});

describe('the limits of the house', () => {
  test('let the introspection of any tool pass', async () => {
    const house = await openToyHouse('embedded');
    const options = { inputValueDeprecation: true, specifiedByUrl: true, schemaDescription: true, oneOf: true };
    const { data, errors } = await house.ask(getIntrospectionQuery(options));
    expect(errors).toBeUndefined();
    expect(data).toHaveProperty('__schema.queryType.name', 'Query');
    expect(LIMITS.depthMax).toBeGreaterThan(10);
    await house.close();
  });

  test('can refuse introspection, at both doors', async () => {
    const house = await openToyHouse('embedded', { introspection: 'refused' });
    const query = '{ __schema { queryType { name } } }';
    const refused = [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }, {}];
    expect((await house.ask(query)).errors).toMatchObject(refused);
    expect(await watch(house.client(await house.token('olga')), query).ended).toMatchObject(refused);
    expect((await house.ask('{ __typename }')).data).toEqual({ __typename: 'Query' });
    await house.close();
  });
});
