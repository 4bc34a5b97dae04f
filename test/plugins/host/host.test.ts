import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost } from '../../../plugins/host/index.ts';
import { never } from './house.ts';

const CAPABILITIES = {
  resumeRead: false,
  listing: false,
  shapes: [],
  remoteDigest: false,
  concurrencyMax: 1,
};
const OURS = ['memory', 'sftp', 'https-api', 'hl7-file-drop'].map((name) => `@waybill/connector-${name}`);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'host-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function open(packages: readonly string[], environment: Record<string, string> = {}): Promise<ConnectorHost> {
  return openConnectorHost({
    packages,
    spoolDirectory: join(directory, 'spool'),
    environment: (name) => environment[name],
    log: () => {},
    clock: systemClock,
  });
}

/** Writes a package of a connector that echoes its secret in every error. */
async function packageOf(manifest: object, code: object = {}): Promise<string> {
  const folder = await mkdtemp(join(directory, 'package-'));
  const declared = { id: 'echo', roles: ['source'], capabilities: CAPABILITIES, ...manifest };
  const apiVersion = 'apiVersion' in manifest ? manifest.apiVersion : 1;
  const waybill = { apiVersion, connectors: [declared] };
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ type: 'module', exports: { '.': './x.mjs' }, waybill }),
  );
  const fields = JSON.stringify({
    ...{ apiVersion: 1, id: 'echo', title: 'Echo', version: '1.0.0', roles: ['source'], secrets: ['word'] },
    capabilities: CAPABILITIES,
    ...code,
  });
  const text = `
    const MARK = Symbol.for('waybill.connector-error');
    const fail = (text) => Object.assign(new Error(text), { [MARK]: true, code: 'AUTH_FAILED', retry: 'permanent' });
    export default {
      ...${fields},
      config: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
      check: async (config, context) => { throw fail('refused: ' + context.secret('word')); },
      openSource: async () => ({ close: async () => {} }),
    };`;
  await writeFile(join(folder, 'x.mjs'), text);
  return folder;
}

describe('loading', () => {
  test('every connector of ours agrees with its static manifest', async () => {
    const host = await open(OURS);
    expect(host.list().map(({ id }) => id)).toEqual(['memory', 'sftp', 'https-api', 'hl7-file-drop']);
    await host.close();
  });

  test('a package that is not installed is named', async () => {
    await expect(open(['waybill-connector-nowhere'])).rejects.toMatchObject({
      code: 'CONNECTOR_NOT_FOUND',
      message: expect.stringContaining('waybill-connector-nowhere'),
    });
  });

  test.each([
    ['another apiVersion', { apiVersion: 2 }, {}, 'apiVersion 2'],
    ['code of another apiVersion', {}, { apiVersion: 7 }, 'apiVersion 7'],
    ['another id in the code', {}, { id: 'other' }, 'differ in id'],
    ['other roles in the code', {}, { roles: ['source', 'target'] }, 'differ in roles'],
    [
      'another capability in the code',
      {},
      { capabilities: { ...CAPABILITIES, resumeRead: true } },
      'differ in capability resumeRead',
    ],
    ['a role it does not open', { roles: ['target'] }, { roles: ['target'] }, 'does not open as a source'],
  ])('a package with %s is CONNECTOR_INCOMPATIBLE', async (_what, manifest, code, says) => {
    const folder = await packageOf(manifest, code);
    await expect(open([folder])).rejects.toMatchObject({
      code: 'CONNECTOR_INCOMPATIBLE',
      message: expect.stringContaining(says),
    });
  });

  test('two packages with one id are refused, because a plan could not tell them apart', async () => {
    const packages = [await packageOf({}), await packageOf({})];
    await expect(open(packages)).rejects.toMatchObject({ code: 'CONNECTOR_INCOMPATIBLE' });
  });
});

describe('settings', () => {
  let host: ConnectorHost;
  beforeEach(async () => {
    host = await open(OURS);
  });
  afterEach(() => host.close());

  test('an unknown connector is refused with the list of those there are', async () => {
    const refusals = await host.validate({ connector: 'fax', config: {}, secrets: {} }, 'source');
    expect(refusals).toEqual([
      expect.objectContaining({
        code: 'CONNECTOR_UNKNOWN',
        field: ['connector'],
        remedy: 'use one of: memory, sftp, https-api, hl7-file-drop; or name its package in WAYBILL_CONNECTORS',
      }),
    ]);
  });

  test('every wrong field is named, with what is allowed', async () => {
    const config = { host: 'h', port: 70_000, user: 'u', root: 'relative', hostKey: 'md5:aa', extra: 1 };
    const refusals = await host.validate({ connector: 'sftp', config, secrets: {} }, 'source');
    expect(refusals.map(({ field }) => field?.join('.')).sort()).toEqual([
      'config',
      'config.hostKey',
      'config.port',
      'config.root',
    ]);
    const text = JSON.stringify(refusals);
    for (const allowed of ['65535', 'absolute path', 'SHA256:', 'extra']) expect(text).toContain(allowed);
  });

  test('a secret that is no reference, or that nobody uses, is refused without being repeated', async () => {
    const secrets = { password: 'hunter2-in-the-clear', pin: 'env:PIN' };
    const config = { host: 'h', user: 'u', root: '/r' };
    const refusals = await host.validate({ connector: 'sftp', config, secrets }, 'source');
    expect(refusals.map(({ field }) => field?.join('.'))).toEqual(['secrets.password', 'secrets.pin']);
    expect(JSON.stringify(refusals)).not.toContain('hunter2');
  });

  test('a role a connector does not have is refused', async () => {
    const reading = await open([await packageOf({})]);
    const refusals = await reading.validate({ connector: 'echo', config: {}, secrets: {} }, 'target');
    expect(refusals).toEqual([expect.objectContaining({ field: ['connector'] })]);
    await reading.close();
  });

  test('good settings are not refused, and nothing is looked up for that', async () => {
    const config = { host: 'h', user: 'u', root: '/r' };
    const secrets = { privateKey: 'file:/nowhere/at/all', passphrase: 'env:NOT_SET' };
    expect(await host.validate({ connector: 'sftp', config, secrets }, 'target')).toEqual([]);
  });
});

describe('secrets', () => {
  test.each([
    ['env:NOT_SET', 'NOT_SET'],
    ['file:/nowhere/at/all', '/nowhere/at/all'],
  ])('a missing secret %s fails with CONFIG_INVALID and says where it was looked for', async (reference, place) => {
    const host = await open([await packageOf({})]);
    const endpoint = { connector: 'echo', config: {}, secrets: { word: reference } };
    await expect(host.source(endpoint, never())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      subject: 'word',
      message: expect.stringContaining(place),
    });
  });

  test('a secret that a connector puts in an error is blotted out', async () => {
    const host = await open([await packageOf({})], { WORD: 'open sesame' });
    const endpoint = { connector: 'echo', config: {}, secrets: { word: 'env:WORD' } };
    const error = (await host.check(endpoint, never()).catch((thrown: Error) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'AUTH_FAILED', message: 'refused: [secret]' });
    expect(`${error.stack}${(error.cause as Error).stack}`).not.toContain('sesame');
  });

  test('a secret in a file loses the line ending its editor added, and nothing else', async () => {
    const host = await open([await packageOf({})]);
    await mkdir(join(directory, 'secrets'));
    const path = join(directory, 'secrets', 'word');
    await writeFile(path, 'two words \n');
    const endpoint = { connector: 'echo', config: {}, secrets: { word: `file:${path}` } };
    const error = (await host.check(endpoint, never()).catch((thrown: Error) => thrown)) as Error;
    expect(error.message).toBe('refused: [secret]');
  });
});
