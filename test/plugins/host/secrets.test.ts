/** Where secrets are found, and what is said when they are not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxCertificates } from '../../../plugins/peers/certificates.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { resolveSecrets } from '../../../plugins/host/secrets.ts';

describe('a reference to a secret', () => {
  let directory: string;
  let environment: Record<string, string | undefined>;
  let vault: Server;
  /** What the Vault holds at kv/data/waybill/target; the answers before that, each once. */
  let held: unknown;
  const planted: { status: number; body?: string }[] = [];
  const asked: (string | undefined)[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'secrets-'));
    const { authority, certificate, privateKey } = await sandboxCertificates(systemClock, 'Vault');
    vault = createServer({ cert: certificate, key: privateKey }, (request, response) => {
      asked.push(request.headers['x-vault-namespace']?.toString());
      const { status, body } = planted.shift() ?? answerTo(request.url, request.headers['x-vault-token']?.toString());
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => vault.listen(0, '127.0.0.1', resolve));
    await writeFile(join(directory, 'ca.pem'), authority);
    await writeFile(join(directory, 'vault-token'), 'token-1\n');
    await writeFile(join(directory, 'sftp.key'), 'key text\r\n');
    environment = {
      VAULT_ADDR: `https://127.0.0.1:${(vault.address() as AddressInfo).port}`,
      VAULT_TOKEN_FILE: join(directory, 'vault-token'),
      VAULT_CACERT: join(directory, 'ca.pem'),
      CREDENTIALS_DIRECTORY: directory,
      FROM_ENV: 'a value',
    };
    held = { password: 'from the vault', empty: '', number: 5 };
  });
  afterAll(async () => {
    vault.closeAllConnections();
    await new Promise((resolve) => vault.close(resolve));
    await rm(directory, { recursive: true });
  });

  /** As the KV engine, version 2, answers. */
  function answerTo(url: string | undefined, token: string | undefined): { status: number; body: string } {
    if (token !== 'token-1' && token !== 'token-2') return { status: 403, body: '{"errors":["permission denied"]}' };
    if (url !== '/v1/kv/data/waybill/target') return { status: 404, body: '{"errors":[]}' };
    return { status: 200, body: JSON.stringify({ data: { data: held, metadata: { version: 3 } } }) };
  }

  const look = async (reference: string, changed: Record<string, string | undefined> = {}): Promise<unknown> =>
    (await resolveSecrets({ password: reference }, (name) => ({ ...environment, ...changed })[name])).get('password');

  test.each([
    ['env:FROM_ENV', 'a value'],
    ['credential:sftp.key', 'key text'],
    ['vault:kv/waybill/target#password', 'from the vault'],
  ])('%s is looked up', async (reference, value) => {
    expect(await look(reference)).toBe(value);
  });

  test('a file is looked up', async () => {
    expect(await look(`file:${join(directory, 'sftp.key')}`)).toBe('key text');
  });

  test('a secret and the token of the Vault may be rotated: the next opening has the new ones', async () => {
    held = { ...(held as object), password: 'rotated' };
    await writeFile(join(directory, 'vault-token'), 'token-2');
    expect(await look('vault:kv/waybill/target#password', { VAULT_NAMESPACE: 'team' })).toBe('rotated');
    expect(asked.at(-1)).toBe('team');
  });

  test.each([
    ['vault:kv/waybill/other#password', {}, /holds nothing there/],
    ['vault:kv/waybill/target#other', {}, /no text under other/],
    ['vault:kv/waybill/target#empty', {}, /no text under empty/],
    ['vault:kv/waybill/target#number', {}, /no text under number/],
    ['vault:kv/waybill/target#__proto__', {}, /no text under/],
    ['vault:kv/waybill/target#password', { VAULT_TOKEN_FILE: undefined, VAULT_TOKEN: 'wrong' }, /denies it/],
    ['vault:kv/waybill/target#password', { VAULT_TOKEN_FILE: undefined }, /neither VAULT_TOKEN_FILE nor VAULT_TOKEN/],
    ['vault:kv/waybill/target#password', { VAULT_TOKEN_FILE: '/nowhere' }, /VAULT_TOKEN_FILE.*ENOENT/],
    ['vault:kv/waybill/target#password', { VAULT_ADDR: 'http://127.0.0.1:8200' }, /VAULT_ADDR is not an https/],
    ['vault:kv/waybill/target#password', { VAULT_CACERT: '/nowhere' }, /VAULT_CACERT/],
    ['vault:kv/../sys/raw#password', {}, /none of/],
    ['credential:sftp.key', { CREDENTIALS_DIRECTORY: undefined }, /LoadCredential=/],
    ['credential:../sftp.key', {}, /none of/],
    ['env:MISSING', {}, /MISSING is not set/],
    ['file:relative', {}, /none of/],
    ['hunter2', {}, /^(?!.*hunter2)/],
  ])('%s with %j is CONFIG_INVALID, and why is said', async (reference, changed, message) => {
    await expect(look(reference, changed)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      retry: 'permanent',
      message: expect.stringMatching(message),
    });
  });

  test('a sealed or busy Vault is asked again, and is unavailable when it stays so', async () => {
    planted.push({ status: 503 }, { status: 429 });
    expect(await look('vault:kv/waybill/target#password')).toBe('rotated');
    planted.push({ status: 503 }, { status: 503 }, { status: 503 });
    const told = { code: 'UNAVAILABLE', retry: 'transient', message: expect.stringContaining('answers 503') };
    await expect(look('vault:kv/waybill/target#password')).rejects.toMatchObject(told);
    const nobody = { VAULT_ADDR: 'https://127.0.0.1:1' };
    await expect(look('vault:kv/waybill/target#password', nobody)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('a Vault that nobody vouches for is told nothing', async () => {
    const before = asked.length;
    const told = { code: 'CONFIG_INVALID', message: expect.stringContaining('is not trusted') };
    await expect(look('vault:kv/waybill/target#password', { VAULT_CACERT: undefined })).rejects.toMatchObject(told);
    expect(asked).toHaveLength(before);
  });
});
