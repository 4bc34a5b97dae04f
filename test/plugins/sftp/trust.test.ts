import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../../kernel/clock.ts';
import { never, whole } from '../host/house.ts';
import { describeWithOpenssh, enterSftpHouse, type SftpHouse } from './server.ts';

const require = createRequire(import.meta.url);
/** What an installation builds, for the Node that runs it. */
const ADDON = join(dirname(require.resolve('ssh2/package.json')), 'lib/protocol/crypto/build/Release/sshcrypto.node');
const ssh2Crypto = require('ssh2/lib/protocol/crypto.js') as { bindingAvailable: boolean };
const OTHER_PIN = `SHA256:${'A'.repeat(43)}`;

describeWithOpenssh('who an SFTP server is and who we are', () => {
  let house: SftpHouse;
  let root: string;
  beforeAll(async () => {
    house = await enterSftpHouse();
    root = await house.root();
  });
  afterAll(() => house.leave());

  const check = (config: object, secrets?: Record<string, string>) =>
    house.host.check(house.endpoint(root, { ...config }, secrets), never());

  test('a check says what was negotiated: approved algorithms only, and which crypto code is at work', async () => {
    const facts = await check({});
    expect(facts.hostKey).toBe(house.server.hostKey);
    expect(facts.kex).toMatch(/^(ecdh-sha2-nistp|diffie-hellman-group)/);
    expect(facts.cipher).toMatch(/^aes(128|256)-(gcm|ctr)/);
    expect(facts.extensions).toBe('fsync@openssh.com hardlink@openssh.com statvfs@openssh.com');
    expect(facts.crypto).toBe(existsSync(ADDON) ? 'native' : 'javascript');
  });

  test('what works in JavaScript costs more and says so when it is opened; what is native says nothing', async () => {
    const told = async (bindingAvailable: boolean) => {
      jest.replaceProperty(ssh2Crypto, 'bindingAvailable', bindingAvailable);
      house.log.length = 0;
      await (await house.host.source(house.endpoint(root), never())).close();
      const { crypto } = await check({});
      jest.restoreAllMocks();
      return { crypto, isTold: house.log.some(({ fact }) => fact === 'sftp-without-native-crypto') };
    };
    expect(await told(false)).toEqual({ crypto: 'javascript', isTold: true });
    expect(await told(true)).toEqual({ crypto: 'native', isTold: false });
  });

  test('another host key than the pinned one is refused, with the fingerprint seen and what to do', async () => {
    await expect(check({ hostKey: OTHER_PIN })).rejects.toMatchObject({
      code: 'PEER_NOT_TRUSTED',
      retry: 'permanent',
      message: expect.stringMatching(new RegExp(`shows ${house.server.hostKey.replace(/[+]/g, '\\+')}.*administrator`)),
    });
  });

  test('without a pinned host key nothing is trusted, and the fingerprint seen is shown', async () => {
    const endpoint = house.endpoint(root);
    const { hostKey: _, ...config } = endpoint.config as { hostKey: string };
    await expect(house.host.check({ ...endpoint, config }, never())).rejects.toMatchObject({
      code: 'PEER_NOT_TRUSTED',
      message: expect.stringContaining(house.server.hostKey),
    });
  });

  test('one of several pinned host keys is enough, so that a key can be changed', async () => {
    expect((await check({ hostKey: [OTHER_PIN, house.server.hostKey] })).hostKey).toBe(house.server.hostKey);
  });

  test('a key the server does not know, and a wrong password, fail with AUTH_FAILED', async () => {
    const stranger = { privateKey: `file:${house.server.strangerKeyPath}` };
    await expect(check({}, stranger)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    const error = await check({}, { password: 'env:WRONG_PASSWORD' }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'AUTH_FAILED' });
    expect(JSON.stringify([error, (error as Error).stack])).not.toContain('not the password');
  });

  test('an encrypted key opens with its passphrase only', async () => {
    const path = join(house.directory, 'encrypted');
    await copyFile(house.server.userKeyPath, path);
    await promisify(execFile)('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', path]);
    const right = await writeSecret(house, 'right', 'open sesame');
    const wrong = await writeSecret(house, 'wrong', 'open barley');
    expect((await check({}, { privateKey: `file:${path}`, passphrase: right })).peer).toContain('127.0.0.1');
    for (const secrets of [{ privateKey: `file:${path}` }, { privateKey: `file:${path}`, passphrase: wrong }]) {
      const told = { code: 'CONFIG_INVALID', message: expect.stringContaining('passphrase') };
      await expect(check({}, secrets as Record<string, string>)).rejects.toMatchObject(told);
    }
  });

  test('a certificate or a public key in the place of the private key is a setting to correct', async () => {
    const [authority, user] = [join(house.directory, 'authority'), join(house.directory, 'certified')];
    for (const path of [authority, user]) {
      await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', path]);
    }
    await promisify(execFile)('ssh-keygen', ['-q', '-s', authority, '-I', 'mover', '-n', 'mover', `${user}.pub`]);
    for (const path of [`${user}-cert.pub`, `${user}.pub`]) {
      const told = { code: 'CONFIG_INVALID', message: expect.stringContaining('a public key or a certificate') };
      await expect(check({}, { privateKey: `file:${path}` })).rejects.toMatchObject(told);
    }
  });

  test('a server with a host certificate is known by its plain key; a login without one is refused', async () => {
    const [authority, user] = [join(house.directory, 'ca'), join(house.directory, 'by-certificate')];
    const keygen = (args: readonly string[]) => promisify(execFile)('ssh-keygen', args);
    const host = join(house.directory, 'host-key');
    for (const path of [authority, user, host]) await keygen(['-q', '-t', 'ecdsa', '-N', '', '-f', path]);
    await keygen(['-q', '-s', authority, '-h', '-I', 'host', '-n', '127.0.0.1', `${host}.pub`]);
    const certified = [`HostKey ${host}`, `HostCertificate ${host}-cert.pub`, `TrustedUserCAKeys ${authority}.pub`];
    const other = await enterSftpHouse(certified);
    try {
      const at = await other.root();
      const { hostKey } = await other.host.check(other.endpoint(at), never());
      expect(hostKey).toBe(other.server.hostKey);
      await keygen(['-q', '-s', authority, '-I', 'mover', '-n', other.server.user, `${user}.pub`]);
      const alone = other.endpoint(at, {}, { privateKey: `file:${user}` });
      await expect(other.host.check(alone, never())).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    } finally {
      await other.leave();
    }
  });

  test('without any credentials the settings are invalid, and the names of the secrets are given', async () => {
    const told = { code: 'CONFIG_INVALID', message: expect.stringContaining('privateKey or password') };
    await expect(check({}, {})).rejects.toMatchObject(told);
  });

  test('a server that is down is unavailable; a root that is not there is a setting to correct', async () => {
    await expect(check({ port: 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'transient' });
    const told = { code: 'CONFIG_INVALID', message: expect.stringContaining('/no/such/folder') };
    await expect(check({ root: '/no/such/folder' })).rejects.toMatchObject(told);
  });
});

describeWithOpenssh('a server with other algorithms', () => {
  test.each([
    ['key exchange', 'KexAlgorithms curve25519-sha256'],
    ['cipher', 'Ciphers chacha20-poly1305@openssh.com'],
  ])('is refused for its %s', async (_what, setting) => {
    const house = await enterSftpHouse([setting]);
    try {
      const endpoint = house.endpoint(await house.root());
      await expect(house.host.check(endpoint, never())).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    } finally {
      await house.leave();
    }
  });
});

describeWithOpenssh('a server that has only older algorithms', () => {
  let house: SftpHouse;
  let root: string;
  beforeAll(async () => {
    house = await enterSftpHouse(['Ciphers aes256-cbc', 'MACs hmac-sha1']);
    root = await house.root();
  });
  afterAll(() => house.leave());

  const HOUR_MS = 3_600_000;
  const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();
  const check = (allowed: readonly string[], until: string) =>
    house.host.check(house.endpoint(root, { olderAlgorithms: { allowed: [...allowed], until } }), never());

  test('is spoken with while each of them is allowed, and the check says which were needed', async () => {
    const allowed = ['ssh-rsa', 'hmac-sha1', 'aes256-cbc'];
    const facts = await check(allowed, inHours(1));
    expect(facts).toMatchObject({ cipher: 'aes256-cbc', mac: 'hmac-sha1', olderAlgorithms: 'aes256-cbc hmac-sha1' });
  });

  test('is refused where one of them is not allowed, and from the hour on when they no longer are', async () => {
    const told = (message: string) => ({ code: 'UNSUPPORTED', message: expect.stringContaining(message) });
    await expect(check(['aes256-cbc'], inHours(1))).rejects.toMatchObject(told('no approved algorithm'));
    const over = inHours(-1);
    await expect(check(['aes256-cbc', 'hmac-sha1'], over)).rejects.toMatchObject(told(`allowed until ${over}`));
  });

  test('is cut off at that instant, also where a connection is open', async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) };
    const ended = await enterSftpHouse(['Ciphers aes256-cbc', 'MACs hmac-sha1'], undefined, clock);
    const at = await ended.root();
    await writeFile(join(at, 'a'), 'x');
    const allowed = { allowed: ['aes256-cbc', 'hmac-sha1'], until: inHours(1) };
    const source = await ended.host.source(ended.endpoint(at, { olderAlgorithms: allowed }), never());
    const read = () => whole(source.read('a', 0, never()));
    expect(String(await read())).toBe('x');
    aheadMs = 2 * HOUR_MS;
    const reading = async (): Promise<void> => {
      for (;;) await read();
    };
    await expect(reading()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await source.close();
    await ended.leave();
  });

  test('is never spoken with by what is broken: such a name is a setting to correct', async () => {
    const told = { code: 'CONFIG_INVALID', message: expect.stringContaining('olderAlgorithms') };
    await expect(check(['3des-cbc'], inHours(1))).rejects.toMatchObject(told);
    await expect(check(['ssh-rsa'], 'next week')).rejects.toMatchObject(told);
  });
});

async function writeSecret(house: SftpHouse, name: string, text: string): Promise<string> {
  await writeFile(join(house.directory, name), text, { mode: 0o600 });
  return `file:${join(house.directory, name)}`;
}
