import 'reflect-metadata';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { Arg, Ctx, Directive, Field, ID, ObjectType, Query, Resolver, Root, Subscription } from 'type-graphql';
import WebSocket from 'ws';
import type { Actor } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import { signRequest } from '../../kernel/signature.ts';
import { openTopic, type Topic } from '../../runtime/progress.ts';
import { silentLog } from '../../runtime/log.ts';
import {
  BigIntScalar,
  DateTime,
  type RequestContext,
  requireRole,
  Sha256Scalar,
  UserError,
} from '../../runtime/request.ts';
import {
  buildFederatedSchema,
  type FederatedSchema,
  type ServedSubgraph,
  serveSubgraph,
} from '../../runtime/subgraph.ts';
import { AT } from './parcels.ts';

@Directive('@key(fields: "id")')
@ObjectType('Parcel')
class ParcelType {
  @Field(() => ID)
  id = '';

  @Field(() => BigIntScalar)
  sizeBytes = 0;

  @Field(() => DateTime)
  takenAt = new Date(AT);

  @Field(() => Sha256Scalar, { nullable: true })
  digest: string | null = null;

  @Field(() => [UserError])
  errors: UserError[] = [];
}

@Resolver(() => ParcelType)
class Parcels {
  constructor(
    readonly house: string,
    readonly topic: Topic<ParcelType>,
  ) {}

  @Query(() => String)
  whoami(@Ctx() context: RequestContext): string {
    return `${context.actor?.id ?? 'nobody'} at ${this.house}`;
  }

  @Query(() => ParcelType)
  parcel(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): ParcelType {
    requireRole(context, 'operator', 'reviewer');
    return Object.assign(new ParcelType(), { id, sizeBytes: 2 ** 40 });
  }

  @Query(() => String)
  broken(@Arg('how', () => String) how: string): string {
    if (how === 'fault') throw new Fault({ code: 'STORE_BUSY', retry: 'transient', message: 'busy', subject: 's' });
    throw new Error('a secret of the inside');
  }

  @Subscription(() => ParcelType, {
    subscribe: ({ context }) =>
      (context as { topic?: Topic<ParcelType> }).topic?.subscribe({ snapshot: async () => undefined }) ??
      SOURCE.subscribe({ snapshot: async () => Object.assign(new ParcelType(), { id: 'snapshot' }) }),
  })
  parcelMoved(@Root() parcel: ParcelType): ParcelType {
    return parcel;
  }
}

const SOURCE = openTopic<ParcelType>();
const KEY = Buffer.alloc(32, 7);
const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator'] };

const build = (house: string): Promise<FederatedSchema> =>
  buildFederatedSchema({
    name: 'transfer',
    resolvers: [Parcels as never],
    references: { Parcel: ({ id }: { id: string }) => Object.assign(new ParcelType(), { id, sizeBytes: 7 }) },
    container: () => new Parcels(house, SOURCE),
  });

describe('a subgraph', () => {
  let built: FederatedSchema;
  const served: ServedSubgraph[] = [];

  beforeAll(async () => {
    built = await build('one');
  });
  afterEach(async () => {
    for (const each of served.splice(0)) await each.close();
  });

  const serve = async (schema = built.schema): Promise<number> => {
    const open = { name: 'transfer' as const, schema, handlers: [], jobs: [], close: async () => {} };
    const server = await serveSubgraph(open, { port: 0, key: KEY, clock: systemClock, log: silentLog });
    served.push(server);
    return server.port;
  };
  const post = async (port: number, body: string, signature: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'waybill-request': signature },
      body,
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const ask = async (port: number, query: string, actor: Actor | undefined = OLGA) => {
    const body = JSON.stringify({ query });
    return (await post(port, body, signRequest(KEY, actor, body, systemClock.now()))).body;
  };

  test('prints a federation SDL that says which types are entities and which are shared', () => {
    expect(built.sdl).toContain('https://specs.apollo.dev/federation/v2.9');
    expect(built.sdl).toMatch(/type Parcel\s+@key\(fields: "id"\)/);
    expect(built.sdl).toMatch(/type UserError\s+@shareable/);
  });

  test('answers the gateway in the name of whoever asked', async () => {
    const port = await serve();
    expect(await ask(port, '{whoami}')).toEqual({ data: { whoami: 'olga at one' } });
    const body = JSON.stringify({ query: '{whoami}' });
    const anonymous = await post(port, body, signRequest(KEY, undefined, body, systemClock.now()));
    expect(anonymous.body).toEqual({ data: { whoami: 'nobody at one' } });
  });

  test('finds entities by their keys, with scalars as JSON', async () => {
    const port = await serve();
    const query =
      '{_entities(representations: [{__typename: "Parcel", id: "p"}]) {... on Parcel {id sizeBytes takenAt}}}';
    expect(await ask(port, query)).toEqual({ data: { _entities: [{ id: 'p', sizeBytes: 7, takenAt: AT }] } });
    expect(await ask(port, '{parcel(id: "q") {sizeBytes}}')).toEqual({ data: { parcel: { sizeBytes: 2 ** 40 } } });
  });

  test('keeps houses in one process apart', async () => {
    const two = await build('two');
    expect(await ask(await serve(two.schema), '{whoami}')).toEqual({ data: { whoami: 'olga at two' } });
    expect(await ask(await serve(), '{whoami}')).toEqual({ data: { whoami: 'olga at one' } });
  });

  test('answers nobody but the gateway: no, wrong, old or borrowed signatures are refused with 401', async () => {
    const port = await serve();
    const body = JSON.stringify({ query: '{whoami}' });
    const now = systemClock.now();
    const bad = [
      '',
      'nonsense',
      signRequest(Buffer.alloc(32, 8), OLGA, body, now),
      signRequest(KEY, OLGA, `${body} `, now),
      signRequest(KEY, OLGA, body, new Date(now.getTime() - 3_600_000)),
    ];
    for (const signature of bad) expect((await post(port, body, signature)).status).toBe(401);
  });

  test('says which role an act needs, and tells nothing of an error it did not foresee', async () => {
    const port = await serve();
    const nobody = await ask(port, '{parcel(id: "q") {id}}', { ...OLGA, roles: ['auditor'] });
    expect(nobody).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    const fault = await ask(port, '{broken(how: "fault")}');
    expect(fault).toMatchObject({
      errors: [{ message: 'busy', extensions: { code: 'STORE_BUSY', retry: 'transient', subject: 's' } }],
    });
    const defect = await ask(port, '{broken(how: "defect")}');
    expect(defect).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL' } }] });
    expect(JSON.stringify(defect)).not.toContain('secret');
  });

  test('streams to the gateway, snapshot first, then what happens', async () => {
    const port = await serve();
    const query = 'subscription {parcelMoved {id}}';
    const client = createClient({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
    const signature = signRequest(KEY, OLGA, JSON.stringify({ query, variables: {} }), systemClock.now());
    const stream = client.iterate({ query, variables: {}, extensions: { waybillRequest: signature } });
    expect((await stream.next()).value).toEqual({ data: { parcelMoved: { id: 'snapshot' } } });
    SOURCE.publish(Object.assign(new ParcelType(), { id: 'moved' }));
    expect((await stream.next()).value).toEqual({ data: { parcelMoved: { id: 'moved' } } });
    await stream.return?.();
    await client.dispose();
  });

  test('closes a socket with 4403 when an operation on it is not signed', async () => {
    const port = await serve();
    const client = createClient({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
    const closed = new Promise<number>((resolve) => {
      client.on('closed', (event) => resolve((event as { code: number }).code));
    });
    const stream = client.iterate({ query: 'subscription {parcelMoved {id}}', extensions: { waybillRequest: 'x.y' } });
    await expect(stream.next()).rejects.toBeDefined();
    expect(await closed).toBe(4403);
    await client.dispose();
  });

  test('says so when its port is taken', async () => {
    const port = await serve();
    const open = { name: 'transfer' as const, schema: built.schema, handlers: [], jobs: [], close: async () => {} };
    const again = serveSubgraph(open, { port, key: KEY, clock: systemClock, log: silentLog });
    await expect(again).rejects.toMatchObject({ code: 'PORT_NOT_FREE' });
  });
});
