import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { sandboxCertificates } from '../../../plugins/peers/certificates.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { tlsPolicyWith } from '../../../plugins/sdk/tls.ts';
import { never, whole } from '../host/house.ts';
import { enterFhirHouse, type FhirHouse } from './house.ts';

const HOUR_MS = 3_600_000;

describe('who a FHIR service is and who we are', () => {
  let house: FhirHouse;
  beforeAll(async () => {
    house = await enterFhirHouse();
  });
  afterAll(() => house.leave());

  const check = (config: { readonly [name: string]: Json } = {}) => house.host.check(house.endpoint(config), never());

  test('a check says what was negotiated', async () => {
    expect(await check()).toEqual({
      baseUrl: `${house.front.baseUrl}/`,
      fhirVersion: '4.0.1',
      conditionalCreate: 'claimed',
      tls: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_AES_(128|256)_GCM/),
      certificate: expect.stringMatching(/^([0-9A-F]{2}:){31}/),
      certificateSubject: 'CN=Waybill sandbox',
      certificateIssuer: 'CN=Waybill sandbox authority',
      certificateNotBefore: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      certificateNotAfter: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      publicKey: expect.stringMatching(/^sha256\/[A-Za-z0-9+/]{43}=$/),
    });
  });

  test('an authority may be named as a file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ca-'));
    const ca = join(directory, 'ca.pem');
    await writeFile(ca, house.certificates.authority);
    expect((await check({ ca })).fhirVersion).toBe('4.0.1');
    await rm(directory, { recursive: true });
    const told = { code: 'CONFIG_INVALID', message: expect.stringContaining(ca) };
    await expect(check({ ca })).rejects.toMatchObject(told);
  });

  test('a certificate of another authority is refused, and what to do is said', async () => {
    const { authority } = await sandboxCertificates(systemClock, 'Somebody else');
    const told = { code: 'PEER_NOT_TRUSTED', retry: 'permanent', message: expect.stringContaining('name it as ca') };
    await expect(check({ ca: authority })).rejects.toMatchObject(told);
    const { ca: _, ...config } = house.endpoint().config as { ca: string };
    await expect(house.host.check({ ...house.endpoint(), config }, never())).rejects.toMatchObject(told);
  });

  test('a certificate made out to another name is refused', async () => {
    const other = await house.another({ host: '127.0.0.2' });
    const told = { code: 'PEER_NOT_TRUSTED', message: expect.stringContaining('name its certificate is made out to') };
    await expect(check({ baseUrl: other.baseUrl })).rejects.toMatchObject(told);
    await other.close();
  });

  test.each([
    ['suite', { ciphers: 'TLS_CHACHA20_POLY1305_SHA256', minVersion: 'TLSv1.3' as const }],
    ['suite of TLS 1.2', { ciphers: 'ECDHE-ECDSA-AES128-SHA', maxVersion: 'TLSv1.2' as const }],
    ['curve', { ecdhCurve: 'X25519' }],
  ])('a service with no approved %s is refused', async (_what, tls) => {
    const other = await house.another({ tls });
    await expect(check({ baseUrl: other.baseUrl })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await other.close();
  });

  test('a service with only an older suite is spoken with while that is allowed, and the check says so', async () => {
    const suite = 'ECDHE-ECDSA-AES128-SHA';
    const other = await house.another({ tls: { ciphers: suite, maxVersion: 'TLSv1.2' } });
    const { baseUrl } = other;
    const allowed = (name: string, hours: number) =>
      check({
        baseUrl,
        olderAlgorithms: { allowed: [name], until: new Date(Date.now() + hours * HOUR_MS).toISOString() },
      });
    expect(await allowed(suite, 1)).toMatchObject({ tls: 'TLSv1.2', olderAlgorithms: suite });
    await expect(allowed('ECDHE-ECDSA-AES256-SHA', 1)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(allowed(suite, -1)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(allowed('RC4-SHA', 1)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await other.close();
  });

  test('a service that has only TLS 1.1 is refused, also where the suite it would use is allowed', async () => {
    const suite = 'ECDHE-ECDSA-AES128-SHA';
    const eleven = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: `${suite}:@SECLEVEL=0` } as const;
    const other = await house.another({ tls: eleven });
    const { hostname: host, port } = new URL(other.baseUrl);
    const at = { host, port: Number(port), ca: house.certificates.authority };
    const careless = connect({ ...eleven, ...at });
    await once(careless, 'secureConnect');
    expect(careless.getProtocol()).toBe('TLSv1.1');
    careless.destroy();
    // By the policy itself, not only by the level of security that OpenSSL was built with.
    const policy = tlsPolicyWith([suite]);
    const strict = connect({ ...policy, ciphers: `${policy.ciphers}:@SECLEVEL=0`, ...at });
    await expect(once(strict, 'secureConnect')).rejects.toMatchObject({ code: expect.stringContaining('ERR_SSL_') });
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    for (const config of [{}, { olderAlgorithms: { allowed: [suite], until } }]) {
      const told = { code: 'UNSUPPORTED', message: expect.stringContaining('enable TLS 1.2') };
      await expect(check({ baseUrl: other.baseUrl, ...config })).rejects.toMatchObject(told);
    }
    await other.close();
  });

  test('an open connection over an older suite is cut when that is no longer allowed', async () => {
    const suite = 'ECDHE-ECDSA-AES128-SHA';
    let aheadMs = 0;
    const ended = await enterFhirHouse({}, { ...systemClock, now: () => new Date(Date.now() + aheadMs) });
    const { baseUrl, close } = await ended.another({ tls: { ciphers: suite, maxVersion: 'TLSv1.2' } });
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    const target = await ended.host.target(
      ended.endpoint({ baseUrl, olderAlgorithms: { allowed: [suite], until } }),
      never(),
    );
    const none = { code: 'ITEM_NOT_FOUND' };
    const ask = () => whole(target.read('Patient/none', 0, never()));
    await expect(ask()).rejects.toMatchObject(none);
    aheadMs = 2 * HOUR_MS;
    const said = () => ask().catch(({ code }: { readonly code: string }) => code);
    let last = await said();
    while (last === none.code) last = await said();
    expect(last).toBe('UNSUPPORTED');
    await target.close();
    await close();
    await ended.leave();
  });

  test('a service that is down is unavailable; one that answers 403 denies access', async () => {
    await expect(check({ baseUrl: 'https://127.0.0.1:1/fhir' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    house.front.plant(() => true, { kind: 'answer', status: 403 });
    await expect(check()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });

  test('a redirect is not followed, because the token would travel with it', async () => {
    house.front.plant(() => true, { kind: 'answer', status: 307, headers: { location: 'https://elsewhere.example/' } });
    await expect(check()).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('redirects') });
  });

  test('another version of FHIR is refused by name', async () => {
    const body = JSON.stringify({ resourceType: 'CapabilityStatement', fhirVersion: '5.0.0' });
    house.front.plant(() => true, { kind: 'answer', status: 200, body });
    await expect(check()).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('5.0.0') });
  });

  const server = (...resource: readonly object[]) => [
    { mode: 'client', resource: [{ conditionalCreate: true }] },
    { mode: 'server', resource },
  ];
  test.each([
    ['of no type', 'not claimed', server({ type: 'Patient', conditionalCreate: false }, { type: 'Binary' })],
    [
      'of some types',
      'claimed for 1 of 2 types',
      server({ type: 'Patient', conditionalCreate: true }, { type: 'Group' }),
    ],
    ['of nothing it knows', 'not claimed', undefined],
    ['in no way that FHIR has', 'not claimed', [null, { mode: 'server', resource: 'Patient' }]],
  ])('a service that says %s that it creates nothing twice has a check say so', async (_what, said, rest) => {
    const body = JSON.stringify({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', rest });
    house.front.plant(() => true, { kind: 'answer', status: 200, body });
    expect(await check()).toMatchObject({ conditionalCreate: said });
  });

  test('an address without TLS is refused before anything is sent', async () => {
    const refusals = await house.host.validate(house.endpoint({ baseUrl: 'http://127.0.0.1/fhir' }), 'target');
    expect(refusals).toEqual([expect.objectContaining({ field: ['config', 'baseUrl'] })]);
  });
});
