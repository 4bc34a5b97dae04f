/** Logging in with an OpenSSH certificate: as whom its authority says, for as long as it says, and never beside it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fixedClock } from '../../../kernel/clock.ts';
import { trustOf } from '../../../subgraphs/inventory/domain/certificate.ts';
import { never, whole } from '../host/house.ts';
import { describeWithOpenssh, enterSftpHouse, type SftpHouse } from './server.ts';

const keygen = (...args: readonly string[]) => promisify(execFile)('ssh-keygen', ['-q', ...args]);

describeWithOpenssh('a login with a certificate', () => {
  let house: SftpHouse;
  let root: string;
  let folder: string;
  let authority: string;
  beforeAll(async () => {
    const before = await enterSftpHouse();
    folder = before.directory;
    authority = join(folder, 'authority');
    await keygen('-t', 'ecdsa', '-N', '', '-f', authority);
    house = await enterSftpHouse([`TrustedUserCAKeys ${authority}.pub`, 'RekeyLimit 256K']);
    root = await house.root();
    closing.push(house, before);
  });
  const closing: SftpHouse[] = [];
  afterAll(async () => {
    for (const each of closing) await each.leave();
  });

  let made = 0;
  /** A fresh key and what the authority signed of it, as secrets. */
  async function certified({ type = ['ecdsa'], by = authority, as = [] as readonly string[] } = {}) {
    const path = join(folder, `user-${made++}`);
    await keygen('-t', ...type, '-N', '', '-f', path);
    const signing = as.length > 0 ? as : ['-n', house.server.user];
    await keygen('-s', by, '-I', 'mover of st-anne', ...signing, `${path}.pub`);
    return { privateKey: `file:${path}`, certificate: `file:${path}-cert.pub` };
  }
  const check = (secrets: Record<string, string>, at = house) => at.host.check(at.endpoint(root, {}, secrets), never());

  test.each([
    ['ECDSA over P-256', ['ecdsa', '-b', '256']],
    ['ECDSA over P-384', ['ecdsa', '-b', '384']],
    ['ECDSA over P-521', ['ecdsa', '-b', '521']],
    ['RSA', ['rsa', '-b', '3072']],
    ['Ed25519', ['ed25519']],
  ])('is taken for a key of %s that the server does not know by itself', async (_name, type) => {
    const secrets = await certified({ type });
    expect(await check(secrets)).toMatchObject({ peer: expect.stringContaining('127.0.0.1') });
    await expect(check({ privateKey: secrets.privateKey })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  test('carries files, over connections that change their keys in between', async () => {
    const secrets = await certified();
    const bytes = Buffer.alloc(3_000_000, 'as it was ');
    await writeFile(join(root, 'long.bin'), bytes);
    const source = await house.host.source(house.endpoint(root, {}, secrets), never());
    expect((await whole(source.read('long.bin', 0, never()))).equals(bytes)).toBe(true);
    await source.close();
  });

  test('is told in a check, with its authority and its end, and the way in is known to end with it', async () => {
    const secrets = await certified({ as: ['-n', house.server.user, '-V', '20200101Z:20990101Z'] });
    const negotiated = await check(secrets);
    expect(negotiated).toMatchObject({
      certificate: expect.stringMatching(/^SHA256:/),
      certificateSubject: 'mover of st-anne',
      certificateIssuer: (await promisify(execFile)('ssh-keygen', ['-lf', `${authority}.pub`])).stdout.split(' ')[1],
      certificateNotAfter: '2099-01-01T00:00:00.000Z',
    });
    const way = { label: 'source', role: 'source', config: {}, secrets: {}, credentials: {}, negotiated } as const;
    expect(trustOf(way)).toContainEqual(
      expect.objectContaining({ kind: 'certificate', name: 'mover of st-anne', notAfter: '2099-01-01T00:00:00.000Z' }),
    );
    expect(await check(await certified())).not.toHaveProperty('certificateNotAfter');
  });

  test('is not tried once it has ended, or before it begins, and says when that is', async () => {
    const secrets = await certified({ as: ['-n', house.server.user, '-V', '20200101Z:20300101Z'] });
    for (const [now, message] of [
      ['2019-12-31T23:00:00Z', /valid from 2020-01-01.*signed again/],
      ['2030-01-02T00:00:00Z', /ended at 2030-01-01.*signed again/],
    ] as const) {
      const then = await enterSftpHouse([], undefined, fixedClock(new Date(now)));
      closing.push(then);
      const told = { code: 'AUTH_FAILED', message: expect.stringMatching(message) };
      await expect(check(secrets, then)).rejects.toMatchObject(told);
    }
  });

  test('is refused for another user, from another authority, and where its key alone would do', async () => {
    const other = join(folder, 'other-authority');
    await keygen('-t', 'ecdsa', '-N', '', '-f', other);
    const refused = { code: 'AUTH_FAILED', message: expect.stringContaining('certificate') };
    await expect(check(await certified({ as: ['-n', 'somebody-else'] }))).rejects.toMatchObject(refused);
    await expect(check(await certified({ by: other }))).rejects.toMatchObject(refused);
    const known = join(folder, `known-${made++}`);
    await writeFile(known, await readFile(house.server.userKeyPath), { mode: 0o600 });
    await writeFile(`${known}.pub`, await readFile(`${house.server.userKeyPath}.pub`));
    await keygen('-s', other, '-I', 'known', '-n', house.server.user, `${known}.pub`);
    const both = { privateKey: `file:${known}`, certificate: `file:${known}-cert.pub` };
    await expect(check(both)).rejects.toMatchObject(refused);
    expect(await check({ privateKey: `file:${known}` })).toHaveProperty('peer');
  });

  test.each([
    ['of another key', async () => ({ certificate: (await certified()).certificate }), 'made for another key'],
    ['of a host', () => certified({ as: ['-h', '-n', '127.0.0.1'] }), 'that of a host'],
    ['that is a public key', async () => ({ certificate: `file:${authority}.pub` }), 'no OpenSSH certificate'],
    ['that is cut short', async () => cut(await certified()), 'is damaged'],
    ['that says to be of another type', async () => renamed(await certified()), 'is damaged'],
  ])('%s is a setting to correct', async (_what, secrets: () => Promise<Record<string, string>>, message) => {
    const told = { code: 'CONFIG_INVALID', message: expect.stringContaining(message) };
    await expect(check({ ...(await certified()), ...(await secrets()) })).rejects.toMatchObject(told);
  });

  test('wants the key of its certificate', async () => {
    const { certificate } = await certified();
    const told = { code: 'CONFIG_INVALID', message: expect.stringContaining('name its privateKey too') };
    await expect(check({ certificate })).rejects.toMatchObject(told);
  });

  type Secrets = Awaited<ReturnType<typeof certified>>;

  async function changed(secrets: Secrets, change: (text: string) => string): Promise<Secrets> {
    const path = secrets.certificate.slice('file:'.length);
    await writeFile(path, change(await readFile(path, 'utf8')));
    return secrets;
  }
  const cut = (secrets: Secrets) => changed(secrets, (text) => text.slice(0, 400));
  const renamed = (secrets: Secrets) => changed(secrets, (text) => text.replace('nistp256-cert', 'nistp384-cert'));
});
