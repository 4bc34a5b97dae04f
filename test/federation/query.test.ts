/** Queries over several subgraphs, embedded and remote. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MODES, openToyHouse, type ToyHouse } from './support/house.ts';

describe.each(MODES)('a federated query, %s', (mode) => {
  let house: ToyHouse;
  beforeAll(async () => {
    house = await openToyHouse(mode);
  });
  afterAll(() => house.close());

  test('crosses four subgraphs from one batch', async () => {
    const query = [
      '{ batch(id: "b-2") { id state dataset { name system { id } } verdict { matched } entries',
      '{ action } } }',
    ].join(' ');
    expect(await house.ask(query)).toEqual({
      data: {
        batch: {
          id: 'b-2',
          state: 'RUNNING',
          dataset: { name: 'Dataset ds-2', system: { id: 'sys-ds-2' } },
          verdict: { matched: 2 },
          entries: [{ action: 'b-2 did 0' }, { action: 'b-2 did 1' }],
        },
      },
    });
  });

  test('keeps aliases, fragments, variables with defaults, and the order that was asked for', async () => {
    const query = [
      'query Q($id: ID!, $n: Int = 1) {',
      'second: batch(id: $id) { ...B key: id }',
      'first: batch(id: "b-4") { ...B verdict { differs } }',
      '}',
      'fragment B on Batch { trail: entries(first: $n) { what: action } set: dataset { called:',
      'name } ...V }',
      'fragment V on Batch { verdict { matched } }',
    ].join(' ');
    const { data } = await house.ask(query, { id: 'b-3' });
    expect(JSON.stringify(data)).toBe(
      JSON.stringify({
        second: {
          trail: [{ what: 'b-3 did 0' }],
          set: { called: 'Dataset ds-3' },
          verdict: { matched: 3 },
          key: 'b-3',
        },
        first: {
          trail: [{ what: 'b-4 did 0' }],
          set: { called: 'Dataset ds-4' },
          verdict: { matched: 4, differs: 1 },
        },
      }),
    );
  });

  test.each([true, false])('obeys @include and @skip when the variable is %s', async (on) => {
    const query = [
      'query Q($on: Boolean!) {',
      'batch(id: "b-2") { id verdict @include(if: $on) { matched } dataset @skip(if: $on) { name',
      '} ...E @include(if: $on) }',
      '}',
      'fragment E on Batch { entries(first: 1) { index } }',
    ].join(' ');
    const { data } = await house.ask(query, { on });
    const shown = { verdict: { matched: 2 }, entries: [{ index: 0 }] };
    const other = { dataset: { name: 'Dataset ds-2' } };
    expect(data).toEqual({ batch: { id: 'b-2', ...(on ? shown : other) } });
  });

  test('tells the members of a union apart, with fields of other subgraphs inside', async () => {
    const query = [
      '{ batch(id: "b-5") { history { __typename ... on Moved { items dataset { name } } ... on',
      'Paused { reason } } } }',
    ].join(' ');
    expect((await house.ask(query)).data).toEqual({
      batch: {
        history: [
          { __typename: 'Moved', items: 5, dataset: { name: 'Dataset ds-5' } },
          { __typename: 'Paused', reason: 'lunch' },
        ],
      },
    });
  });

  test('runs the operation that is named, and a mutation with fields of other subgraphs', async () => {
    const document = [
      'query A { batch(id: "b-7") { id } }',
      'mutation B($times: [Int!]!) { advance(id: "b-7", times: $times) { moved verdict { matched } } }',
    ].join(' ');
    expect((await house.ask(document, {}, 'A')).data).toEqual({ batch: { id: 'b-7' } });
    const moved = (await house.ask(document, { times: [1, 1] }, 'B')).data;
    expect(moved).toEqual({ advance: { moved: 2, verdict: { matched: 7 } } });
  });

  test('puts an error of an entity where the entity stands, and keeps the rest', async () => {
    const { data, errors } = await house.ask(`{ batches(first: 2, offset: 12) { id verdict { matched } } }`);
    expect(data).toEqual({
      batches: [
        { id: 'b-12', verdict: { matched: 12 } },
        { id: 'b-13', verdict: null },
      ],
    });
    expect(errors).toEqual([
      {
        message: 'thirteen is refused',
        path: ['batches', 1, 'verdict'],
        extensions: { code: 'BATCH_REFUSED', subgraph: 'validation' },
      },
    ]);
  });

  test('makes null what is around a missing value that was promised', async () => {
    const answer = await house.ask(`{ batch(id: "b-1") { id promised } other: batch(id: "b-2") { promised } }`);
    expect(answer.data).toEqual({ batch: null, other: { promised: 'kept' } });
    expect(answer.errors).toHaveLength(1);
    const listed = await house.ask(`{ batches(first: 2) { promised } }`);
    expect(listed.data).toBeNull();
  });

  test('fetches an entity once, however often it is named', async () => {
    const before = house.toys.inventory.datasetsRead;
    const { data } = await house.ask(`{ batches(first: 40) { dataset { name } } }`);
    expect(house.toys.inventory.datasetsRead - before).toBe(20);
    expect(data?.['batches']).toHaveLength(40);
  });

  test('answers introspection beside data, in fragments too', async () => {
    const query = [
      'query Q($name: String!) { ...S batch(id: "b-1") { id } t: __type(name: $name) { kind } __typename }',
      'fragment S on Query { __schema { queryType { name } } }',
    ].join(' ');
    expect((await house.ask(query, { name: 'Batch' })).data).toEqual({
      __schema: { queryType: { name: 'Query' } },
      batch: { id: 'b-1' },
      t: { kind: 'OBJECT' },
      __typename: 'Query',
    });
  });

  test('carries the identity to the subgraph', async () => {
    expect((await house.ask('{ whoami }')).data).toEqual({ whoami: 'user olga operator' });
  });

  test('never gives one person the answer of another who asks the same at the same time', async () => {
    const olga = { authorization: `Bearer ${await house.token('olga')}` };
    const rob = { authorization: `Bearer ${await house.token('rob')}` };
    const asked = [olga, rob, olga, rob].map((who) => house.post({ query: '{ whoami }' }, who));
    const [one, two] = [{ whoami: 'user olga operator' }, { whoami: 'user rob reviewer' }];
    expect((await Promise.all(asked)).map(({ body }) => body.data)).toEqual([one, two, one, two]);
  });
});
