/** A subgraph: its schema, its handlers and its jobs, embedded in this process or served to a gateway. */
import type { GraphQLSchema } from 'graphql';
import type { Clock } from '../kernel/clock.ts';
import type { SubgraphName } from '../kernel/event.ts';
import type { Config } from './config.ts';
import type { Database, StoreDefinition } from './database.ts';
import type { HouseKeys } from './keys.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { RequestContext } from './request.ts';
import type { EventHandler, JobHandler } from './store.ts';
import type { Strongroom } from './strongroom.ts';

export interface SubgraphContext {
  readonly database: Database;
  readonly strongroom: Strongroom;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
  readonly config: Config;
  readonly metrics: Metrics;
  readonly keys: HouseKeys;
}

export interface SubgraphDefinition {
  readonly name: SubgraphName;
  readonly store: StoreDefinition;
  /** The schema as text, without a database. */
  sdl(): Promise<string>;
  open(context: SubgraphContext): Promise<OpenSubgraph>;
}

export interface OpenSubgraph {
  readonly name: SubgraphName;
  readonly schema: GraphQLSchema;
  readonly handlers: readonly EventHandler[];
  readonly jobs: readonly JobHandler[];
  close(): Promise<void>;
}

/** A class with type-graphql decorators. */
export type ResolverClass = abstract new (...given: never[]) => object;

export interface FederatedOptions {
  readonly name: SubgraphName;
  readonly resolvers: readonly ResolverClass[];
  /** Types that no resolver returns, for example entities of other subgraphs. */
  readonly orphanedTypes?: readonly ResolverClass[] | undefined;
  /** How an entity is found by its key, by type name. */
  readonly references: Readonly<Record<string, (reference: never, context: RequestContext) => unknown>>;
  /** The instance of a resolver class for this house. */
  readonly container: (type: ResolverClass) => object;
  /** Needed by type-graphql when there are subscriptions; ours bring their own source. */
  readonly pubSub?: PubSub | undefined;
}

export interface PubSub {
  publish(topic: string, ...values: unknown[]): void;
  subscribe(topic: string): AsyncIterable<unknown>;
}

export interface FederatedSchema {
  readonly schema: GraphQLSchema;
  readonly sdl: string;
}

export interface ServeOptions {
  readonly port: number;
  /** Shared with the gateway: nobody else's requests are answered. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ServedSubgraph {
  readonly port: number;
  close(): Promise<void>;
}

/** Builds the executable federation schema of type-graphql classes, and its SDL. */
export declare function buildFederatedSchema(options: FederatedOptions): Promise<FederatedSchema>;

/** Serves a subgraph on loopback: POST /graphql and graphql-ws /graphql, signed by the gateway. */
export declare function serveSubgraph(open: OpenSubgraph, options: ServeOptions): Promise<ServedSubgraph>;
