/** Turns classes with type-graphql decorators into a subgraph schema that a federation gateway understands. */
import 'reflect-metadata';
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import { buildSchema, createResolversMap, type NonEmptyArray } from 'type-graphql';
import type { SubgraphName } from '../kernel/event.ts';
import type { RequestContext } from './request.ts';

/** A class with type-graphql decorators. */
export type ResolverClass = abstract new (...given: never[]) => object;

export interface PubSub {
  publish(topic: string, ...values: unknown[]): void;
  subscribe(topic: string): AsyncIterable<unknown>;
}

export interface FederatedOptions {
  readonly name: SubgraphName;
  readonly resolvers: readonly ResolverClass[];
  /** Types that no resolver returns, for example entities of other subgraphs. */
  readonly orphanedTypes?: readonly ResolverClass[] | undefined;
  /** How an entity is found by its key, by type name. */
  readonly references: Readonly<Record<string, (reference: never, context: RequestContext) => unknown>>;
  /** The instance of a resolver class for this house: several houses may run in one process. */
  readonly container: (type: ResolverClass) => object;
  /** Only for subscriptions by topic; ours bring their own source. */
  readonly pubSub?: PubSub | undefined;
}

export interface FederatedSchema {
  readonly schema: GraphQLSchema;
  readonly sdl: string;
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",
  "@external", "@requires", "@provides", "@tag", "@inaccessible", "@override", "@cost", "@listSize"])

`;

/** type-graphql wants one as soon as there is a subscription, even when each brings its own source. */
const NO_PUBSUB: PubSub = {
  publish() {
    throw new Error('subscriptions of this house bring their own source');
  },
  subscribe() {
    throw new Error('subscriptions of this house bring their own source');
  },
};

/** Builds the executable schema and its SDL. It needs no database: resolvers are asked for when a request comes. */
export async function buildFederatedSchema(options: FederatedOptions): Promise<FederatedSchema> {
  const { resolvers, orphanedTypes = [], references, container, pubSub = NO_PUBSUB } = options;
  const plain = await buildSchema({
    resolvers: [...resolvers] as unknown as NonEmptyArray<() => void>,
    orphanedTypes: [...orphanedTypes] as unknown as (() => void)[],
    container: { get: (type: unknown) => container(type as ResolverClass) },
    pubSub,
    // A subgraph may hold nothing but entities, which is no complete schema by itself.
    skipCheck: true,
    validate: false,
  });
  const sdl = LINK + printSubgraphSchema(plain);
  const map = createResolversMap(plain) as Record<string, Record<string, unknown>>;
  for (const [type, find] of Object.entries(references)) {
    map[type] = { ...map[type], __resolveReference: find };
  }
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: map as never }]);
  return { schema, sdl };
}
