/** Who may let a third-party package in, and what it takes to slip past: nothing short of two sound signatures. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { generateSigningKey, signerOf } from '../../../kernel/signature.ts';
import { approvedBytes, openConnectorHost, reviewed, saveLock } from '../../../plugins/host/index.ts';
import type { LockedPackage } from '../../../plugins/host/index.ts';
import { temporaryFolders } from '../../support/places.ts';

const freshFolder = temporaryFolders();
const CAPABILITIES = { resumeRead: false, listing: false, shapes: [], remoteDigest: false, concurrencyMax: 1 };
const people = {
  olga: { ...generateSigningKey(), roles: ['operator'] },
  otto: { ...generateSigningKey(), roles: ['operator'] },
  anna: { ...generateSigningKey(), roles: ['approver'] },
  rita: { ...generateSigningKey(), roles: ['reviewer'] },
};
type Person = keyof typeof people;

let folder: string;
let lockPath: string;
beforeEach(async () => {
  const home = freshFolder();
  lockPath = join(home, 'plugins.lock');
  folder = join(home, 'package');
  mkdirSync(folder);
  const connector = { id: 'third', roles: ['source'], capabilities: CAPABILITIES };
  const waybill = { apiVersion: 1, connectors: [connector] };
  const manifest = { name: 'waybill-connector-third', version: '1.0.0', type: 'module', exports: { '.': './x.mjs' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, waybill }));
  const declared = JSON.stringify({ ...connector, apiVersion: 1, title: 'Third', version: '1.0.0', secrets: [] });
  const config = `{ '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }`;
  const code = `globalThis.ranThird = true;
    export default { ...${declared}, config: ${config}, check: async () => ({}), openSource: async () => ({}) };`;
  writeFileSync(join(folder, 'x.mjs'), code);
});

const open = () =>
  openConnectorHost({
    packages: [folder],
    approvals: { lockPath, find: (id) => people[id as Person] },
    spoolDirectory: join(folder, '..', 'spool'),
    environment: () => undefined,
    log: () => {},
    clock: systemClock,
  });

async function lock(
  by: readonly Person[],
  twist: (locked: LockedPackage) => LockedPackage = (it) => it,
): Promise<void> {
  const found = await reviewed(folder);
  const approvals = by.map((name) => {
    const signature = signerOf(people[name].privateKey).sign(approvedBytes(found));
    return { by: name, signature: Buffer.from(signature).toString('base64') };
  });
  await saveLock(lockPath, { format: 1, packages: [twist({ ...found, approvals })] });
}

const told = (code: string) => expect.objectContaining({ code, subject: 'waybill-connector-third' });

describe('a third-party package', () => {
  test('runs when an operator and an approver signed it', async () => {
    await lock(['olga', 'anna']);
    const host = await open();
    expect(host.list().map(({ id }) => id)).toEqual(['third']);
    await host.close();
  });

  test.each<[string, readonly Person[], string]>([
    ['nobody', [], 'by nobody; let an approver'],
    ['one person', ['anna'], 'by anna; let another person'],
    ['one person twice', ['anna', 'anna'], 'by anna; let another person'],
    ['one operator', ['olga'], 'by olga; let an approver'],
    ['two operators and no approver', ['olga', 'otto'], 'by olga and otto; let an approver'],
    ['an approver and somebody who may not approve', ['anna', 'rita'], 'by anna; let another person'],
  ])('does not run when it was signed by %s, and who has to as well is said', async (_, by, said) => {
    await lock(by);
    await expect(open()).rejects.toEqual(told('CONNECTOR_NOT_APPROVED'));
    await expect(open()).rejects.toThrow(said);
  });

  test('does not run when it is in no lock, and none of its code has run', async () => {
    delete (globalThis as { ranThird?: boolean }).ranThird;
    await expect(open()).rejects.toEqual(told('CONNECTOR_NOT_APPROVED'));
    expect((globalThis as { ranThird?: boolean }).ranThird).toBeUndefined();
  });

  test.each<[string, () => void]>([
    ['a byte of its code', () => writeFileSync(join(folder, 'x.mjs'), `${readFileSync(join(folder, 'x.mjs'))} `)],
    ['a file more', () => writeFileSync(join(folder, 'more.mjs'), '')],
    ['a symlink', () => symlinkSync('/etc/passwd', join(folder, 'link'))],
    ['its version', () => rewrite((text) => text.replace('1.0.0', '1.0.1'))],
    ['what it says it can do', () => rewrite((text) => text.replace('"concurrencyMax":1', '"concurrencyMax":9'))],
  ])('does not run when %s has changed since', async (_, change) => {
    await lock(['olga', 'anna']);
    change();
    await expect(open()).rejects.toEqual(told('CONNECTOR_CHANGED'));
  });

  test.each<[string, (locked: LockedPackage) => LockedPackage]>([
    ['the digest of other bytes', (it) => ({ ...it, sha256: '0'.repeat(64) })],
    ['other capabilities', (it) => ({ ...it, connectors: [] })],
  ])('does not run when the lock was rewritten to %s', async (_, twist) => {
    await lock(['olga', 'anna'], twist);
    await expect(open()).rejects.toEqual(told('CONNECTOR_CHANGED'));
  });

  test('does not run on the signatures of another package', async () => {
    const others = [
      { by: 'olga', signature: 'AAAA' },
      { by: 'anna', signature: 'AAAA' },
    ];
    await lock([], (it) => ({ ...it, approvals: others }));
    await expect(open()).rejects.toEqual(told('CONNECTOR_NOT_APPROVED'));
  });

  test('does not run under a name that somebody else gave his key', async () => {
    await lock(['olga', 'anna'], (it) => ({ ...it, approvals: it.approvals.map((each) => ({ ...each, by: 'anna' })) }));
    await expect(open()).rejects.toEqual(told('CONNECTOR_NOT_APPROVED'));
  });

  test('waits for a lock that can be read', async () => {
    writeFileSync(lockPath, '{');
    await expect(open()).rejects.toMatchObject({ code: 'PLUGINS_LOCK_INVALID' });
  });
});

function rewrite(change: (text: string) => string): void {
  writeFileSync(join(folder, 'package.json'), change(readFileSync(join(folder, 'package.json'), 'utf8')));
}
