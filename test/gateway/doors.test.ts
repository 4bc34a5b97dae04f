/** Who is let in, and what everybody is told: the same at the HTTP door and at the WebSocket door. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from 'node:net';
import WebSocket from 'ws';
import { mintToken, openGateway, remoteTransport } from '../../gateway/main.ts';
import { fixedClock, systemClock } from '../../kernel/clock.ts';
import { generateSigningKey, signRequest } from '../../kernel/signature.ts';
import { type Facts, type Log, silentLog } from '../../runtime/log.ts';
import { openToyHouse, REQUEST_KEY, type ToyHouse } from '../federation/support/house.ts';
import { until, watch } from '../federation/support/watcher.ts';

const ASK = { query: '{ whoami }' };

/** Resolves with the code and reason a socket was closed with. */
function closing(url: string, authorization: string | undefined, origin?: string): Promise<[number, string]> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', origin ? { origin } : {});
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })));
  return new Promise((resolve, reject) => {
    socket.on('close', (code, reason) => resolve([code, String(reason)]));
    socket.on('error', reject);
    socket.on('message', (data) => String(data).includes('connection_ack') && resolve([0, 'admitted']));
  });
}

describe('an identity', () => {
  let house: ToyHouse;
  beforeAll(async () => {
    house = await openToyHouse('embedded');
  });
  afterAll(() => house.close());

  test('is asked for: without one every operation is refused at both doors', async () => {
    const { status, body } = await house.post(ASK);
    expect(status).toBe(401);
    expect(body.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    const watcher = watch(house.client(undefined), ASK.query);
    expect(await watcher.ended).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  test.each([
    ['not a token', async () => 'Bearer nonsense'],
    ['another scheme', async () => `Basic ${await house.token('olga')}`],
    ['a stranger', () => bearer({ id: 'mallory', privateKey: generateSigningKey().privateKey }, 600)],
    ['somebody else’s key', () => bearer({ id: 'olga', privateKey: generateSigningKey().privateKey }, 600)],
    ['a life of more than a day', async () => `Bearer ${await house.token('olga', 25 * 60 * 60)}`],
    [
      'a changed letter',
      async () => `Bearer ${(await house.token('olga')).replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))}`,
    ],
  ])('is not taken from a token with %s', async (_, make) => {
    const authorization = await make();
    expect((await house.post(ASK, { authorization })).status).toBe(401);
    expect(await closing(house.gateway.url, authorization)).toEqual([4403, 'Token refused']);
  });

  test('is not taken from an expired token, and the client learns why', async () => {
    const authorization = `Bearer ${await house.token('olga', -1)}`;
    const { status, body } = await house.post(ASK, { authorization });
    expect([status, body.errors?.[0]?.message]).toEqual([401, 'Token expired']);
    expect(await closing(house.gateway.url, authorization)).toEqual([4403, 'Token expired']);
  });

  test('ends with its token: the socket is closed when it expires', async () => {
    const client = house.client(await house.token('olga', 2));
    const watcher = watch(client, 'subscription { batchProgress(batchId: "b-1") { moved } }');
    await Promise.race([watcher.answer(1), watcher.ended]);
    expect(await watcher.ended).toMatchObject({ code: 4403, reason: 'Token expired' });
    await until(() => house.toys.transfer.progress.listeners === 0);
  });

  test('is looked up at every request: a role taken away counts at once', async () => {
    const key = generateSigningKey();
    let roles: readonly ('operator' | 'reviewer')[] | undefined = ['operator'];
    const identities = { find: (id: string) => roles && { id, roles, publicKey: key.publicKey } };
    const own = await openToyHouse('embedded', { identities });
    const authorization = await bearer({ id: 'ann', privateKey: key.privateKey }, 600);
    expect((await own.post(ASK, { authorization })).body.data).toEqual({ whoami: 'user ann operator' });
    roles = ['reviewer'];
    expect((await own.post(ASK, { authorization })).body.data).toEqual({ whoami: 'user ann reviewer' });
    roles = undefined;
    expect((await own.post(ASK, { authorization })).status).toBe(401);
    await own.close();
  });

  test('does not open the WebSocket door to pages of other origins', async () => {
    const { url } = house.gateway;
    await expect(closing(url, undefined, 'https://elsewhere.example')).rejects.toThrow('403');
    expect(await closing(url, `Bearer ${await house.token('olga')}`, new URL(url).origin)).toEqual([0, 'admitted']);
  });
});

async function bearer(key: { readonly id: string; readonly privateKey: string }, ttlSeconds: number): Promise<string> {
  return `Bearer ${await mintToken(key, systemClock, ttlSeconds)}`;
}

describe('a subgraph', () => {
  test('answers nobody but the gateway', async () => {
    const house = await openToyHouse('remote');
    const url = house.subgraphUrl('transfer');
    const body = JSON.stringify({ query: '{ whoami }', variables: {} });
    const ask = (signature: string) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'waybill-request': signature },
        body,
      });
    const olga = { type: 'user', id: 'olga', roles: ['operator'] } as const;
    const now = new Date();
    expect((await ask('')).status).toBe(401);
    expect((await ask(signRequest(Buffer.alloc(32, 8), olga, body, now))).status).toBe(401);
    expect((await ask(signRequest(REQUEST_KEY, olga, `${body} `, now))).status).toBe(401);
    expect((await ask(signRequest(REQUEST_KEY, olga, body, new Date(now.getTime() - 120_000)))).status).toBe(401);
    expect((await ask(signRequest(REQUEST_KEY, olga, body, now))).status).toBe(200);
    await house.close();
  });

  test('that has another request key is told apart from one that is down, for queries and for streams', async () => {
    const house = await openToyHouse('remote');
    const key = generateSigningKey();
    const names = ['inventory', 'transfer', 'validation', 'audit'] as const;
    const ways = names.map((name) => [
      name,
      remoteTransport(house.subgraphUrl(name), Buffer.alloc(32, 9), systemClock),
    ]);
    const gateway = await openGateway({
      supergraphSdl: house.supergraphSdl,
      transports: Object.fromEntries(ways),
      port: 0,
      identities: { find: (id) => ({ id, roles: ['operator'], publicKey: key.publicKey }) },
      anonymous: 'reader',
      requestKey: REQUEST_KEY,
      clock: systemClock,
      log: silentLog,
    });
    const refused = { code: 'REQUEST_SIGNATURE_REFUSED', retry: 'permanent', subgraph: 'transfer' };
    const answer = await gateway.execute(ASK, undefined);
    expect(answer.errors).toMatchObject([{ extensions: refused }]);
    const { createClient } = await import('graphql-ws');
    const client = createClient({ url: gateway.url.replace('http', 'ws'), webSocketImpl: WebSocket });
    const watcher = watch(client, 'subscription { batchProgress(batchId: "b-1") { moved } }');
    expect(await watcher.ended).toMatchObject([{ extensions: refused }]);
    await client.dispose();
    await gateway.close();
    await house.close();
  });
});

describe('an error', () => {
  let house: ToyHouse;
  const logged: Facts[] = [];
  const note = (_fact: string, facts: Facts = {}): void => void logged.push(facts);
  const log: Log = { info: note, warn: note, error: note };
  beforeAll(async () => {
    house = await openToyHouse('embedded', { log });
  });
  afterAll(() => house.close());

  const wrong = (how: string) => house.ask('query($how: String!) { goesWrong(how: $how) }', { how });

  test('that nobody foresaw says nothing but a correlation id, which the log has too', async () => {
    const { data, errors } = await wrong('unforeseen');
    expect(data).toEqual({ goesWrong: null });
    expect(errors).toEqual([
      {
        message: 'The server failed; quote the correlation id',
        locations: undefined,
        path: ['goesWrong'],
        extensions: { code: 'INTERNAL', correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/), subgraph: 'transfer' },
      },
    ]);
    const correlationId = errors?.[0]?.extensions?.['correlationId'];
    expect(logged).toContainEqual(expect.objectContaining({ correlationId, error: 'Error', subgraph: 'transfer' }));
    expect(JSON.stringify(logged)).not.toContain('John Doe');
  });

  test('of our own making keeps its code and words, and nothing beside them', async () => {
    expect((await wrong('refused')).errors).toEqual([
      { message: 'not for you', path: ['goesWrong'], extensions: { code: 'FORBIDDEN', subgraph: 'transfer' } },
    ]);
    expect((await wrong('fault')).errors).toMatchObject([
      { message: 'the disk is full', extensions: { code: 'DISK_FULL', retry: 'transient' } },
    ]);
  });

  test('is the same from a subgraph in another process', async () => {
    const remote = await openToyHouse('remote');
    for (const how of ['refused', 'fault', 'unforeseen']) {
      const [near, far] = await Promise.all(
        [house, remote].map((each) => each.ask('query($how: String!) { goesWrong(how: $how) }', { how })),
      );
      const plain = (answer: unknown) =>
        JSON.parse(JSON.stringify(answer).replace(/"correlationId":"[^"]+"/g, '"c":0'));
      expect(plain(far)).toEqual(plain(near));
    }
    await remote.close();
  });

  test.each([
    ['a string for a number', '{ batches(first: "Jane Doe") { id } }'],
    ['a string for an enum', '{ batches(state: "Jane Doe") { id } }'],
    ['an unknown enum value', '{ batches(state: Jane) { id } }'],
    ['a number for a string', '{ goesWrong(how: 19500101) }'],
    ['text that cannot be read', '{ batch(id: "b" "Jane Doe") { id } }'],
    ['text that ends too early', '{ batch(id: "Jane Doe) { id } }'],
    ['names that stand where none belong', '{ batch(id: Jane Doe) }'],
    ['an unterminated block', '{ batch(id: """Jane Doe) { id } }'],
  ])('in a document never repeats its literals: %s', async (_, query) => {
    const http = JSON.stringify(await house.ask(query));
    const socket = JSON.stringify(await watch(house.client(await house.token('olga')), query).ended);
    for (const told of [http, socket]) {
      expect(told).toMatch(/GRAPHQL_(PARSE|VALIDATION)_FAILED/);
      expect(told).not.toMatch(/Jane|Doe|1950/);
    }
  });

  test.each([
    [{ n: 'Jane Doe' }, 'query($n: Int) { batches(first: $n) { id } }'],
    [{ n: ['Jane'] }, 'query($n: String!) { goesWrong(how: $n) }'],
    [{ t: ['Jane', 2] }, 'mutation($t: [Int!]!) { advance(id: "b-1", times: $t) { id } }'],
  ])('in variables never repeats their values: %j', async (variables, query) => {
    const { errors } = await house.ask(query, variables);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(JSON.stringify(errors)).not.toContain('Jane');
  });
});

describe('the HTTP door', () => {
  let house: ToyHouse;
  beforeAll(async () => {
    house = await openToyHouse('embedded', { metrics: () => 'waybill_up 1\n' });
  });
  afterAll(() => house.close());

  test('refuses what a page of another origin could send unasked', async () => {
    const authorization = `Bearer ${await house.token('olga')}`;
    const text = await house.post(ASK, { authorization, 'content-type': 'text/plain' });
    expect(text.status).toBe(415);
    const url = `${house.gateway.url}?query=${encodeURIComponent(ASK.query)}`;
    expect((await fetch(url, { headers: { authorization } })).status).toBe(400);
    const asked = await fetch(url, { headers: { authorization, 'apollo-require-preflight': '1' } });
    expect(await asked.json()).toEqual({ data: { whoami: 'user olga operator' } });
  });

  test.each(['{"query":', '[]', '"text"', '[{"query":"{ whoami }"}]', '{}'])('refuses the body %s', async (body) => {
    const authorization = `Bearer ${await house.token('olga')}`;
    expect((await house.post(body, { authorization })).status).toBe(400);
  });

  test('keeps no answer in caches, and tells the way', async () => {
    const response = await fetch(new URL('/nowhere', house.gateway.url));
    expect(response.status).toBe(404);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('shows the metrics it was given', async () => {
    expect(await (await fetch(new URL('/metrics', house.gateway.url))).text()).toBe('waybill_up 1\n');
  });

  test('says that its port is taken', async () => {
    await expect(openToyHouse('embedded', { port: house.gateway.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });

  test('closes although a client keeps its connection', async () => {
    const other = await openToyHouse('embedded');
    const socket = connect(other.gateway.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const watcher = watch(
      other.client(await other.token('olga')),
      'subscription { batchProgress(batchId: "b-1") { moved } }',
    );
    await watcher.answer(1);
    socket.destroy();
    await other.gateway.close();
    expect(await watcher.ended).toMatchObject({ code: 1001 });
    expect(other.toys.transfer.progress.listeners).toBe(0);
  });
});

describe('a token', () => {
  test('is good until its end by the clock of the house, not by the clock of the machine', async () => {
    const clock = fixedClock(new Date('2031-05-01T00:00:00Z'));
    const house = await openToyHouse('embedded', { clock });
    const authorization = `Bearer ${await house.token('olga', 60)}`;
    expect((await house.post(ASK, { authorization })).status).toBe(200);
    clock.advance(61_000);
    expect((await house.post(ASK, { authorization })).body.errors?.[0]?.message).toBe('Token expired');
    await house.close();
  });
});
