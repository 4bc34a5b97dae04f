/** How a service is convinced: tokens asked for, renewed in the middle of work, and refused; our own certificate. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxCertificates } from '../../../plugins/peers/certificates.ts';
import { systemClock } from '../../../kernel/clock.ts';
import type { EndpointSettings } from '../../../plugins/host/index.ts';
import { accessOf } from '../../../plugins/https-api/access.ts';
import type { FhirFront } from '../../../plugins/peers/fhir-front.ts';
import type { ConnectorContext } from '../../../plugins/sdk/index.ts';
import { never } from '../host/house.ts';
import { deliver, document, enterFhirHouse, patients, type FhirHouse } from './house.ts';
import { CLIENT, startSmartService, type SmartService } from './smart.ts';

const inPem = ({ privateKey, publicKey }: KeyPairKeyObjectResult) => ({
  privateKey: `${privateKey.export({ type: 'pkcs8', format: 'pem' })}`,
  publicKey: `${publicKey.export({ type: 'spki', format: 'pem' })}`,
});
const keys = {
  ES384: inPem(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  RS384: inPem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
};

describe('a service that gives tokens', () => {
  let house: FhirHouse;
  let directory: string;
  const services: SmartService[] = [];

  beforeAll(async () => {
    house = await enterFhirHouse();
    directory = await mkdtemp(join(tmpdir(), 'secrets-'));
    await writeFile(join(directory, 'secret'), `${CLIENT.secret}\n`);
    for (const [name, { privateKey }] of Object.entries(keys)) await writeFile(join(directory, name), privateKey);
  });
  afterAll(async () => {
    for (const service of services) await service.close();
    await house.leave();
    await rm(directory, { recursive: true });
  });

  const signing = (algorithm: keyof typeof keys) => ({
    ...{ publicKey: keys[algorithm].publicKey, algorithm },
    auth: { type: 'smart-backend', clientId: CLIENT.id, keyId: 'key-1', algorithm, scope: 'system/*.rs' },
    secrets: () => ({ privateKey: `file:${join(directory, algorithm)}` }),
  });
  const kinds = {
    'client-credentials': {
      ...{ publicKey: undefined, algorithm: undefined },
      auth: { type: 'client-credentials', clientId: CLIENT.id },
      secrets: () => ({ clientSecret: `file:${join(directory, 'secret')}` }),
    },
    'smart-backend': signing('ES384'),
    'smart-backend with an RSA key': signing('RS384'),
  } as const;

  async function enter(kind: keyof typeof kinds): Promise<{ service: SmartService; endpoint: EndpointSettings }> {
    const { auth, secrets, publicKey, algorithm } = kinds[kind];
    const { certificates, server } = house;
    const service = await startSmartService({ certificates, server, publicKey, algorithm });
    services.push(service);
    const config = { baseUrl: service.baseUrl, auth: { ...auth, tokenUrl: service.tokenUrl } };
    return { service, endpoint: { ...house.endpoint(config), secrets: secrets() } };
  }

  test.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s: one token serves many requests', async (kind) => {
    const { service, endpoint } = await enter(kind);
    const target = await house.host.target(endpoint, never());
    await Promise.all([1, 2, 3].map((n) => deliver(target, patients([`${kind}-${n}`]))));
    expect({ given: service.given(), wrongs: service.wrongs }).toEqual({ given: 1, wrongs: [] });
  });

  test('a token taken back in the middle of the work is renewed, and nothing is written twice', async () => {
    const { service, endpoint } = await enter('smart-backend');
    const target = await house.host.target(endpoint, never());
    const [first, second, third] = ['before', 'after', 'document'].map((name) => `taken-back-${name}`);
    await deliver(target, patients([first ?? '']));
    service.takeBack();
    house.log.length = 0;
    const receipt = await deliver(target, patients([second ?? '']));
    expect(receipt.parts).toHaveLength(1);
    // What is whole in memory is sent again at once; only a stream has to begin anew.
    expect(house.log).toEqual([]);
    service.takeBack();
    await deliver(target, document(third ?? '', 'bytes that stream'));
    expect(service.given()).toBe(3);
    expect(house.server.store.find('Patient', 'urn:waybill:source', second ?? '')).toHaveLength(1);
    expect(house.server.store.find('DocumentReference', 'urn:waybill:source', third ?? '')).toHaveLength(1);
  });

  test('a token that ends while an export is prepared and read is renewed, and nothing is read twice', async () => {
    const { service, endpoint } = await enter('smart-backend');
    for (let n = 0; n < 20; n++) house.server.store.create({ resourceType: 'Condition', n });
    Object.assign(house.server.exports.manners, { perFile: 5, polls: 3 });
    const config = { ...(endpoint.config as object), types: ['Condition'], export: { level: 'system' } };
    // Kick-off and polls take five, so that one ends before the manifest and one among the files.
    for (const [at, requests] of [3, 7].entries()) {
      const source = await house.host.source({ ...endpoint, config }, never());
      service.takeBackAfter(requests);
      const paths: string[] = [];
      for await (const { path } of source.list(never())) paths.push(path);
      expect(new Set(paths).size).toBe(20);
      expect(paths).toHaveLength(20);
      expect(service.given()).toBe(2 * (at + 1));
      expect(house.server.exports.jobs).toHaveLength(at + 1);
    }
  });

  test('a wrong secret is said, with the code of the service and without its prose', async () => {
    const { endpoint } = await enter('client-credentials');
    await writeFile(join(directory, 'wrong'), 'another');
    const wrong = { ...endpoint, secrets: { clientSecret: `file:${join(directory, 'wrong')}` } };
    const refused = house.host.check(wrong, never());
    await expect(refused).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringMatching(/invalid_client/),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringMatching(/nobody|another/) });
  });

  test.each([
    ['is busy', 503, '', 'UNAVAILABLE'],
    ['answers with something else', 200, '<html>', 'UNSUPPORTED'],
    ['gives a token of another kind', 200, '{"access_token":"x","token_type":"mac"}', 'UNSUPPORTED'],
    ['gives a token that is no token', 200, '{"access_token":"x\\r\\ny: z","token_type":"bearer"}', 'UNSUPPORTED'],
  ])('a token endpoint that %s', async (_what, status, body, code) => {
    const { service, endpoint } = await enter('client-credentials');
    service.answerNext(status, body);
    await expect(house.host.check(endpoint, never())).rejects.toMatchObject({ code });
  });

  test('a key that is none is refused by name, without being repeated', async () => {
    const { endpoint } = await enter('smart-backend');
    const wrong = { ...endpoint, secrets: { privateKey: `file:${join(directory, 'secret')}` } };
    const told = { code: 'CONFIG_INVALID', message: expect.stringMatching(/^(?!.*p@ss).*privateKey/s) };
    await expect(house.host.check(wrong, never())).rejects.toMatchObject(told);
  });

  test('a key that is not one for the algorithm is refused, and both are named', async () => {
    const { endpoint } = await enter('smart-backend with an RSA key');
    const wrong = { ...endpoint, secrets: { privateKey: `file:${join(directory, 'ES384')}` } };
    const told = { code: 'CONFIG_INVALID', message: expect.stringMatching(/privateKey .*for RS384/) };
    await expect(house.host.check(wrong, never())).rejects.toMatchObject(told);
  });

  test('a missing secret is refused before anything is asked', async () => {
    const { endpoint } = await enter('smart-backend');
    const told = { code: 'CONFIG_INVALID', message: expect.stringContaining('privateKey') };
    await expect(house.host.check({ ...endpoint, secrets: {} }, never())).rejects.toMatchObject(told);
  });
});

describe('a token near its end', () => {
  test('is renewed before it ends, once for all who wait', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    let asked = 0;
    const context = { secret: () => 'x', now: () => new Date(now) } as unknown as ConnectorContext;
    const auth = { type: 'client-credentials', tokenUrl: 'https://ehr.example/token', clientId: 'c' } as const;
    const access = accessOf({ baseUrl: 'https://ehr.example', auth }, context, async () => {
      asked += 1;
      return { status: 200, text: `{"access_token":"t${asked}","token_type":"bearer","expires_in":1200}` };
    });
    expect(await Promise.all([1, 2, 3].map(() => access.authorization()))).toEqual([
      'Bearer t1',
      'Bearer t1',
      'Bearer t1',
    ]);
    now += 1_139_000;
    expect(await access.authorization()).toBe('Bearer t1');
    now += 2_000;
    expect(await access.authorization()).toBe('Bearer t2');
  });
});

describe('a service that asks for a certificate', () => {
  let house: FhirHouse;
  let front: FhirFront;
  let directory: string;

  beforeAll(async () => {
    house = await enterFhirHouse();
    const ours = await sandboxCertificates(systemClock, 'Waybill');
    front = await house.another({ tls: { requestCert: true, rejectUnauthorized: true, ca: ours.authority } });
    directory = await mkdtemp(join(tmpdir(), 'client-'));
    await writeFile(join(directory, 'cert.pem'), ours.certificate);
    await writeFile(join(directory, 'key.pem'), ours.privateKey);
  });
  afterAll(async () => {
    await front.close();
    await house.leave();
    await rm(directory, { recursive: true });
  });

  test('sees ours, and says so when there is none or half of one', async () => {
    const { secrets, ...endpoint } = house.endpoint({ baseUrl: front.baseUrl });
    const own = {
      clientCertificate: `file:${join(directory, 'cert.pem')}`,
      clientKey: `file:${join(directory, 'key.pem')}`,
    };
    const check = (named: Record<string, string>) =>
      house.host.check({ ...endpoint, secrets: { ...secrets, ...named } }, never());
    expect((await check(own)).fhirVersion).toBe('4.0.1');
    await expect(check({})).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    await expect(check({ clientKey: own.clientKey })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const swapped = { clientCertificate: own.clientKey, clientKey: own.clientCertificate };
    await expect(check(swapped)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
