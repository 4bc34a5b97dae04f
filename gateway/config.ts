/** What a gateway is opened with. */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { IdentityReader } from './identity.ts';
import type { Limits } from './limits.ts';
import type { SubgraphTransport } from './transport.ts';

export interface GatewayOptions {
  /** The text of schema/supergraph.graphql. */
  readonly supergraphSdl: string;
  /** One for every subgraph of the supergraph, by name. The gateway closes them. */
  readonly transports: Readonly<Record<string, SubgraphTransport>>;
  /** 0 lets the system choose. */
  readonly port: number;
  /** 127.0.0.1 unless told otherwise. */
  readonly host?: string | undefined;
  readonly identities: IdentityReader;
  /** `reader` lets anybody look, as a reviewer; for demonstrations only. */
  readonly anonymous: 'refused' | 'reader';
  /** Shared with the subgraphs. Remote transports sign with it; the gateway itself signs nothing. */
  readonly requestKey: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  /** What GET /metrics answers, in Prometheus text. There is no such page without it. */
  readonly metrics?: (() => string | Promise<string>) | undefined;
  /** `allowed` unless told otherwise. */
  readonly introspection?: 'allowed' | 'refused' | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Origins of other web pages that may open sockets; the gateway's own always may. */
  readonly origins?: readonly string[] | undefined;
}

export const HOST_DEFAULT = '127.0.0.1';
/** The path of queries, mutations, subscriptions and the explorer. */
export const GRAPHQL_PATH = '/graphql';
