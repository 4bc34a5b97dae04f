/** Through a proxy, and to a pinned key: the proxy sees nothing, and vouches for nobody. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Json } from '../../../kernel/canonical-json.ts';
import { never } from '../host/house.ts';
import { deliver, enterFhirHouse, patients, type FhirHouse } from './house.ts';

const USER = 'mover';
const OTHER_PIN = `sha256/${Buffer.alloc(32).toString('base64')}`;

interface TestProxy {
  readonly url: string;
  /** Where it was asked to lead, and by whom. */
  readonly asked: { readonly where: string; readonly by: string | undefined }[];
  /** Everything that went through, either way. */
  readonly seen: Buffer[];
  /** Answers the next question with this status. */
  refuseWith: number | undefined;
  /** Falls silent before it answers. */
  isSilent: boolean;
  close(): Promise<void>;
}

/** A proxy that asks for a password and leads everywhere. */
async function startProxy(house: FhirHouse, isSecure: boolean): Promise<TestProxy> {
  const { privateKey: key, certificate: cert } = house.certificates;
  const server: Server = isSecure ? createSecureServer({ key, cert }) : createPlainServer();
  const sockets = new Set<Socket>();
  const [asked, seen]: [TestProxy['asked'], Buffer[]] = [[], []];
  server.on('connection', (socket) => sockets.add(socket as Socket));
  server.on('connect', ({ url = '', headers }, socket: Socket) => {
    asked.push({ where: url, by: headers['proxy-authorization'] });
    if (proxy.isSilent) return;
    const status = proxy.refuseWith ?? (headers['proxy-authorization'] === undefined ? 407 : undefined);
    if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(url) ?? [];
    const onward = connect(Number(port), host, () => socket.write('HTTP/1.1 200 Connected\r\n\r\n'));
    sockets.add(onward);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('data', (chunk: Buffer) => {
        seen.push(chunk);
        other.write(chunk);
      });
      one.on('end', () => other.end());
      one.on('close', () => other.destroy()).on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: TestProxy = {
    url: `http${isSecure ? 's' : ''}://127.0.0.1:${port}`,
    asked,
    seen,
    refuseWith: undefined,
    isSilent: false,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

describe.each([
  ['a plain proxy', false],
  ['a proxy over TLS', true],
])('through %s', (_what, isSecure) => {
  let house: FhirHouse;
  let proxy: TestProxy;
  beforeAll(async () => {
    house = await enterFhirHouse({ retriesMax: 0 });
    proxy = await startProxy(house, isSecure);
  });
  afterAll(async () => {
    await house.leave();
    await proxy.close();
  });

  const endpoint = (config: { readonly [name: string]: Json } = {}, secrets = { proxyPassword: 'env:PASSWORD' }) => {
    const plain = house.endpoint({ proxy: { url: proxy.url, user: USER }, ...config });
    return { ...plain, secrets: { ...plain.secrets, ...secrets } };
  };
  const check = (...given: Parameters<typeof endpoint>) => house.host.check(endpoint(...given), never());

  test('everything goes, and nothing of it can be read there', async () => {
    const target = await house.host.target(endpoint(), never());
    await deliver(target, patients(['secret-key-of-a-patient']));
    const { host } = new URL(house.front.baseUrl);
    const by = `Basic ${Buffer.from(`${USER}:${house.server.token}`).toString('base64')}`;
    expect(new Set(proxy.asked.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ where: host, by })]),
    );
    const seen = Buffer.concat(proxy.seen).toString('latin1');
    expect(seen.length).toBeGreaterThan(1_000);
    for (const secret of ['secret-key-of-a-patient', house.server.token]) expect(seen).not.toContain(secret);
    expect(house.front.asked.every(({ headers }) => headers['proxy-authorization'] === undefined)).toBe(true);
  });

  test('the service is known by its own certificate and key, and by no other', async () => {
    const { publicKey = '' } = await check();
    expect(await check({ pins: [OTHER_PIN, publicKey] })).toMatchObject({ publicKey });
    const told = { code: 'PEER_NOT_TRUSTED', message: expect.stringContaining('not pinned') };
    await expect(check({ pins: [OTHER_PIN] })).rejects.toMatchObject(told);
    const other = await house.another({ host: '127.0.0.2' });
    await expect(check({ baseUrl: other.baseUrl })).rejects.toMatchObject({ code: 'PEER_NOT_TRUSTED' });
    await other.close();
  });

  test.each([
    [407, 'AUTH_FAILED'],
    [403, 'ACCESS_DENIED'],
    [502, 'UNAVAILABLE'],
  ])('a proxy that answers %s is named, with what to do', async (status, code) => {
    proxy.refuseWith = status;
    const told = { code, message: expect.stringContaining(`the proxy ${proxy.url}`) };
    await expect(check()).rejects.toMatchObject(told);
    proxy.refuseWith = undefined;
  });

  test('a user without a password is refused before anybody is asked; no user is nobody', async () => {
    const before = proxy.asked.length;
    await expect(check({}, {} as { proxyPassword: string })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(proxy.asked).toHaveLength(before);
    await expect(check({ proxy: { url: proxy.url } })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    expect(proxy.asked.at(-1)?.by).toBeUndefined();
  });

  test('a proxy that is not there, and one that says nothing', async () => {
    const nobody = check({ proxy: { url: proxy.url.replace(/\d+$/, '1') } });
    await expect(nobody).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('proxy') });
    proxy.isSilent = true;
    const stop = new AbortController();
    const before = proxy.asked.length;
    const waiting = house.host.check(endpoint(), stop.signal);
    while (proxy.asked.length === before) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    proxy.isSilent = false;
  });
});

describe('a pinned key', () => {
  let house: FhirHouse;
  beforeAll(async () => {
    house = await enterFhirHouse();
  });
  afterAll(() => house.leave());

  test('is asked for on every connection, not only on the first', async () => {
    const { publicKey = '' } = await house.host.check(house.endpoint(), never());
    const target = await house.host.target(house.endpoint({ pins: [publicKey] }), never());
    await Promise.all(Array.from({ length: 6 }, (_, n) => deliver(target, patients([`pinned-${n}`]))));
    expect(house.server.store.ids('Patient')).toHaveLength(6);
  });

  test('beside an authority that does not vouch for it is not enough', async () => {
    const { publicKey = '' } = await house.host.check(house.endpoint(), never());
    const { ca: _, ...config } = house.endpoint({ pins: [publicKey] }).config as { ca: string };
    const refused = house.host.check({ ...house.endpoint(), config }, never());
    await expect(refused).rejects.toMatchObject({ code: 'PEER_NOT_TRUSTED' });
    const refusals = await house.host.validate(house.endpoint({ pins: ['AA:BB'] }), 'target');
    expect(refusals).toMatchObject([{ field: ['config', 'pins', '0'] }]);
  });
});
