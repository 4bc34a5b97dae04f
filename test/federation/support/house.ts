/** A toy house: four small subgraphs behind a gateway, in this process or each behind a real socket. */
import type { GraphQLSchema } from 'graphql';
import { type Client, createClient, type ExecutionResult } from 'graphql-ws';
import WebSocket from 'ws';
import type { GatewayOptions } from '../../../gateway/config.ts';
import { embeddedTransport, type Gateway, mintToken, openGateway, remoteTransport } from '../../../gateway/main.ts';
import type { Role } from '../../../kernel/actor.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { generateSigningKey } from '../../../kernel/signature.ts';
import { silentLog } from '../../../runtime/log.ts';
import { type ServedSubgraph, serveSubgraph } from '../../../runtime/subgraph.ts';
import { compose } from '../../../schema/composition.ts';
import { buildToys, type ToyName, type Toys } from './toys.ts';
import { openWire, type Wire } from './wire.ts';

export const MODES = ['embedded', 'remote'] as const;
export type Mode = (typeof MODES)[number];
export interface ToyHouse {
  readonly gateway: Gateway;
  readonly toys: Toys;
  readonly supergraphSdl: string;
  readonly schemas: Readonly<Record<ToyName, GraphQLSchema>>;
  /** Where a subgraph listens, in the remote house. */
  subgraphUrl(name: ToyName): string;
  /** Breaks the way to a subgraph, and the subgraph with it. Remote only. */
  kill(name: ToyName): Promise<void>;
  restart(name: ToyName): Promise<void>;
  token(id: PersonId, ttlSeconds?: number): Promise<string>;
  /** What POST /graphql answers. */
  post(body: unknown, headers?: Record<string, string>): Promise<Posted>;
  /** As `ask` of an operator. */
  ask(query: string, variables?: Record<string, unknown>, operationName?: string): Promise<ExecutionResult>;
  /** A WebSocket client; it is closed with the house. */
  client(token: string | undefined): Client;
  close(): Promise<void>;
}

export interface Posted {
  readonly status: number;
  readonly body: ExecutionResult;
}

const PEOPLE = { olga: ['operator'], rob: ['reviewer'], eve: ['reviewer', 'operator'] } as const satisfies Record<
  string,
  readonly Role[]
>;
export type PersonId = keyof typeof PEOPLE;

export const REQUEST_KEY: Uint8Array = Buffer.alloc(32, 7);

interface Place {
  readonly schema: GraphQLSchema;
  served: ServedSubgraph | undefined;
  wire: Wire | undefined;
}

export async function openToyHouse(mode: Mode, options: Partial<GatewayOptions> = {}): Promise<ToyHouse> {
  const { toys, built } = await buildToys();
  const names = Object.keys(built) as ToyName[];
  const supergraphSdl = compose(names.map((name) => ({ name, sdl: built[name].sdl }))).supergraph;
  const places = new Map<ToyName, Place>();
  const clock = options.clock ?? systemClock;
  const serve = (name: ToyName, schema: GraphQLSchema): Promise<ServedSubgraph> =>
    serveSubgraph({ name, schema }, { port: 0, key: REQUEST_KEY, clock, log: silentLog });
  const transports: Record<string, ReturnType<typeof embeddedTransport>> = {};
  for (const name of names) {
    const { schema } = built[name];
    const served = mode === 'remote' ? await serve(name, schema) : undefined;
    const wire = served && (await openWire(served.port));
    places.set(name, { schema, served, wire });
    transports[name] = wire
      ? remoteTransport(`http://127.0.0.1:${wire.port}/graphql`, REQUEST_KEY, clock)
      : embeddedTransport(schema);
  }
  const keys = Object.fromEntries(Object.keys(PEOPLE).map((id) => [id, generateSigningKey()]));
  const gateway = await openGateway({
    supergraphSdl,
    transports,
    port: 0,
    anonymous: 'refused',
    requestKey: REQUEST_KEY,
    clock,
    log: silentLog,
    identities: {
      find: (id) => {
        const key = keys[id];
        return key && { id, roles: PEOPLE[id as PersonId], publicKey: key.publicKey };
      },
    },
    ...options,
  });
  const clients: Client[] = [];
  const placeOf = (name: ToyName): Required<{ [K in keyof Place]: NonNullable<Place[K]> }> => {
    const { schema, served, wire } = places.get(name) ?? {};
    if (!schema || !served || !wire) throw new Error(`${name} is not served`);
    return { schema, served, wire };
  };
  const house: ToyHouse = {
    gateway,
    toys,
    supergraphSdl,
    schemas: Object.fromEntries(names.map((name) => [name, built[name].schema])) as Record<ToyName, GraphQLSchema>,
    subgraphUrl: (name) => `http://127.0.0.1:${placeOf(name).served.port}/graphql`,
    async kill(name) {
      const { wire, served } = placeOf(name);
      places.set(name, { schema: built[name].schema, wire, served: undefined });
      await wire.cut();
      await served.close();
    },
    async restart(name) {
      const place = places.get(name);
      if (!place?.wire) throw new Error(`${name} is not served`);
      place.served = await serve(name, place.schema);
      await place.wire.mend(place.served.port);
    },
    token: (id, ttlSeconds = 600) => mintToken({ id, privateKey: keys[id]?.privateKey ?? '' }, clock, ttlSeconds),
    async post(body, headers = {}) {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as ExecutionResult };
    },
    async ask(query, variables, operationName) {
      const authorization = `Bearer ${await house.token('olga')}`;
      return (await house.post({ query, variables, operationName }, { authorization })).body;
    },
    client(token) {
      const client = createClient({
        url: gateway.url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        ...(token !== undefined && { connectionParams: { authorization: `Bearer ${token}` } }),
      });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) await client.dispose();
      await gateway.close();
      for (const { wire, served } of places.values()) {
        await wire?.cut();
        await served?.close();
      }
    },
  };
  return house;
}
