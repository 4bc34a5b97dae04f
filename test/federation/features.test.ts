/** The features of federation that our toys do not use, executed as @apollo/gateway executes them. */
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLSchema, parse } from 'graphql';
import { embeddedTransport, type Gateway, openGateway } from '../../gateway/main.ts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../runtime/log.ts';
import { compose } from '../../schema/composition.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@shareable", "@external", "@requires", "@provides", "@inaccessible", "@override"])\n`;

/** Two kinds of wagon behind one interface, which differ in the type of `load`. */
const YARD = `${LINK}
  type Query { wagons: [Wagon] tracks: [[Box]] anything: [Thing!]! }
  interface Wagon { id: ID! size: Size }
  type Size @shareable { width: Int height: Int }
  type Box implements Wagon @key(fields: "id") { id: ID! size: Size @shareable load: String twin: Box }
  type Tank implements Wagon @key(fields: "id") { id: ID! size: Size load: Int secret: Int @inaccessible }
  union Thing = Box | Tank
`;
const SCALE = `${LINK}
  type Size @shareable { width: Int height: Int }
  type Box @key(fields: "id") { id: ID! size: Size @external
    volume: Int @requires(fields: "size { width height }") label(prefix: String): String! colour: Colour }
  type Tank @key(fields: "id") { id: ID! pressure: Float label(prefix: String): String! }
  type Query { lightest: Box @provides(fields: "size { width }") fail: Int } enum Colour { RED GREEN @inaccessible }
`;

const box = (id: string, more: object = {}) => ({
  __typename: 'Box',
  id,
  size: { width: 2, height: 3 },
  load: 'hay',
  ...more,
});
const tank = (id: string) => ({ __typename: 'Tank', id, size: null, load: 7, secret: 42 });
const boxes = [box('1', { twin: box('2', { twin: box('3') }) }), tank('t'), null, box('missing'), box('2')];

interface Reference {
  readonly id: string;
  readonly size?: { readonly width: number; readonly height: number };
}

const label = ({ id }: Reference, { prefix }: { prefix?: string }): string | null =>
  id === 'unnamed' ? null : `${prefix ?? ''}${id}`;

const schemas: Record<string, GraphQLSchema> = {
  yard: buildSubgraphSchema([
    {
      typeDefs: parse(YARD),
      resolvers: {
        Query: {
          wagons: () => boxes,
          tracks: () => [[box('1'), null], null, [], [box('2')]],
          anything: () => [boxes[0], boxes[1]],
        },
        Box: { __resolveReference: ({ id }: Reference) => box(id) },
        Tank: { __resolveReference: ({ id }: Reference) => tank(id) },
      },
    },
  ]),
  scale: buildSubgraphSchema([
    {
      typeDefs: parse(SCALE),
      resolvers: {
        Query: { lightest: () => ({ id: '9', size: { width: 1 } }), fail: () => Promise.reject(new Error('no')) },
        Box: {
          __resolveReference: (reference: Reference) => (reference.id === 'missing' ? null : reference),
          volume: ({ size }: Reference) => (size ? size.width * size.height : null),
          label,
          colour: ({ id }: Reference) => (id === '1' ? 'RED' : 'GREEN'),
        },
        Tank: { pressure: () => 1.5, label },
      },
    },
  ]),
};

const OPERATIONS = [
  '{ wagons { __typename id size { width } } }',
  '{ wagons { id ... on Box { load volume } ... on Tank { amount: load pressure } } }',
  '{ wagons { ... on Box { v: volume label } ... on Tank { label(prefix: "tank ") } } }',
  '{ wagons { ... on Box { load twin { volume twin { label twin { id } } } } } }',
  '{ tracks { id volume size { height } } }',
  '{ anything { __typename ... on Box { colour volume } ... on Tank { pressure } } }',
  '{ anything { ... on Wagon { id size { width } } ... on Box { label } } }',
  '{ lightest { id size { width height } volume load twin { id } } }',
  '{ fail lightest { id } }',
  '{ a: wagons { id } b: wagons { ... on Tank { pressure } size { w: width } } }',
  'query($p: String = "x-") { wagons { ... on Box { label(prefix: $p) } } }',
  'query($p: String) { wagons { ... on Box { label(prefix: $p) colour } } }',
];

describe('our executor', () => {
  const { supergraph } = compose([
    { name: 'yard', sdl: YARD },
    { name: 'scale', sdl: SCALE },
  ]);
  let stock: ApolloServer;
  let gateway: Gateway;
  beforeAll(async () => {
    process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
    const ways = Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [name, embeddedTransport(schema)] as const),
    );
    const theirs = new ApolloGateway({
      supergraphSdl: supergraph,
      buildService: ({ name }) => ({
        process: async ({ request: { query = '', variables = {}, operationName } }) => {
          const asked = { kind: 'mutation', query, variables, operationName, body: '' } as const;
          return (await ways[name]?.execute(asked, undefined)) as never;
        },
      }),
    });
    stock = new ApolloServer({ gateway: theirs, introspection: true });
    await stock.start();
    gateway = await openGateway({
      supergraphSdl: supergraph,
      transports: ways,
      port: 0,
      identities: { find: () => undefined },
      anonymous: 'refused',
      requestKey: Buffer.alloc(32),
      clock: systemClock,
      log: silentLog,
    });
  });
  afterAll(async () => {
    await stock.stop();
    await gateway.close();
  });

  test.each(OPERATIONS)('answers as @apollo/gateway does: %s', async (query) => {
    const { body } = await stock.executeOperation({ query });
    if (body.kind !== 'single') throw new Error('in parts');
    const ours = await gateway.execute({ query }, undefined);
    expect(ours.data).toBeDefined();
    expect(JSON.stringify(ours.data)).toBe(JSON.stringify(body.singleResult.data));
  });
});
