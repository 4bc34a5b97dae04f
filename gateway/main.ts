/** The gateway: one graph over all subgraphs, over HTTP and WebSocket. */
import type { Actor } from '../kernel/actor.ts';
import { Fault } from '../kernel/fault.ts';
import type { HttpDoor, HttpDoorParts } from './apollo.ts';
import { GRAPHQL_PATH, type GatewayOptions, HOST_DEFAULT } from './config.ts';
import { deduplicated } from './deduplicate.ts';
import { documentReader } from './documents.ts';
import { Executor } from './executor/executor.ts';
import { loadSupergraph } from './executor/supergraph.ts';
import { openReadiness } from './health.ts';
import { GUEST, openBearers } from './identity.ts';
import { LIMITS, limitRules } from './limits.ts';
import { openMask } from './masking.ts';
import { answer, openOperations, type OperationAnswer, type OperationRequest } from './operation.ts';
import { createHttpServer, drain, listen } from './server.ts';
import { openSocketDoor } from './sockets.ts';
import { openSubscriptions } from './subscriptions.ts';
import type { SubgraphTransport } from './transport.ts';

export type { GatewayOptions } from './config.ts';
export { type IdentityKey, type IdentityReader, type KnownIdentity, mintToken } from './identity.ts';
export type { OperationAnswer, OperationRequest } from './operation.ts';
export { remoteTransport } from './remote.ts';
export { embeddedTransport, type SubgraphTransport } from './transport.ts';

export interface Gateway {
  /** Where the graph is, for example http://127.0.0.1:4000/graphql. */
  readonly url: string;
  readonly port: number;
  /** A query or mutation without a network, under the same rules. Failures are errors of the answer. */
  execute(request: OperationRequest, actor: Actor | undefined): Promise<OperationAnswer>;
  counts(): GatewayCounts;
  /** Lets requests finish, ends the streams, and closes the transports. */
  close(): Promise<void>;
}

/** What a gateway says of itself, for metrics. */
export interface GatewayCounts {
  readonly sockets: number;
  /** Subscriptions held at subgraphs, and those who watch them. */
  readonly upstream: number;
  readonly viewers: number;
  readonly events: number;
  /** States that came too fast: for a slow client, or for the gateway itself. */
  readonly dropped: number;
  /** Reads spared because the same one was under way. */
  readonly readsShared: number;
}

/** Opens a gateway. Fails with SUBGRAPH_UNKNOWN when a subgraph has no transport, and with PORT_IN_USE. */
export async function openGateway(o: GatewayOptions): Promise<Gateway> {
  const limits = { ...LIMITS, ...o.limits };
  const supergraph = loadSupergraph(o.supergraphSdl);
  let readsShared = 0;
  const transports = transportsOf(supergraph.subgraphs, o.transports, () => {
    readsShared++;
  });
  const { clock, log } = o;
  const mask = openMask(log);
  const rules = limitRules(limits, o.introspection ?? 'allowed');
  const executor = new Executor(supergraph, transports);
  const operations = openOperations(documentReader(supergraph.schema, rules, limits.tokensMax), executor, limits);
  const subscriptions = openSubscriptions({ supergraph, executor, transports, mask, clock });
  const bearers = openBearers(o.identities, clock);
  const guest = o.anonymous === 'reader' ? GUEST : undefined;
  const bearer = bearers.read;
  const door = httpDoor({ supergraphSdl: o.supergraphSdl, operations, rules, limits, mask });
  const readiness = openReadiness(transports);
  const server = createHttpServer({ door, mask, limits, guest, bearer, readiness, metrics: o.metrics });
  const { schema } = supergraph;
  const origins = o.origins ?? [];
  const parts = { schema, operations, subscriptions, mask, limits, origins, clock, log, bearer, guest };
  const sockets = openSocketDoor(server, parts);
  const host = o.host ?? HOST_DEFAULT;
  const port = await listen(server, o.port, host);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}${GRAPHQL_PATH}`,
    port,
    execute: (request, actor) => answer(operations, request, actor, mask),
    counts: () => ({
      ...subscriptions.counts(),
      sockets: sockets.open(),
      dropped: Object.values(transports).reduce((sum, way) => sum + way.dropped(), sockets.dropped()),
      readsShared,
    }),
    async close() {
      await Promise.all([drain(server), sockets.close()]);
      await door.close();
      await Promise.all(Object.values(transports).map((transport) => transport.close()));
    },
  };
}

/** Opens at the first request: Apollo's packages take longer to load than most commands to run, and ask in process. */
function httpDoor(parts: HttpDoorParts): HttpDoor {
  let opening: Promise<HttpDoor> | undefined;
  const open = () => (opening ??= import('./apollo.ts').then(({ openHttpDoor }) => openHttpDoor(parts)));
  return {
    answer: async (request, actor) => (await open()).answer(request, actor),
    close: async () => (await opening)?.close(),
  };
}

function transportsOf(
  names: readonly string[],
  given: GatewayOptions['transports'],
  shared: () => void,
): Record<string, SubgraphTransport> {
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length > 0) {
    throw new Fault({
      code: 'SUBGRAPH_UNKNOWN',
      retry: 'permanent',
      message: `the supergraph has subgraphs the gateway was given no way to: ${missing.join(', ')}`,
    });
  }
  return Object.fromEntries(Object.entries(given).map(([name, way]) => [name, deduplicated(way, shared)]));
}
