/** A stranger's first hour, for real: the SDK is packed, a connector is started, installed offline, tested and run. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { packageDigest, type ConformanceReport } from '../../../plugins/sdk/conformance.ts';
import { temporaryFolders } from '../../support/places.ts';
import { startWaybill } from '../../support/waybill.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const CREATE = join(ROOT, 'plugins', 'create', 'create.mjs');
const PACK = join(ROOT, 'plugins', 'sdk', 'pack.mjs');
/** A receiver that refuses, a FHIR server behind a network that breaks, and an SFTP server; all from the packages. */
const HOSTILE_PEERS = String.raw`
import ssh2 from 'ssh2';
import { startTcpProxy } from '@waybill/connector-sdk/conformance';
import { sandboxCertificates } from '@waybill/connector-peers/certificates';
import { startFhirServer } from '@waybill/connector-peers/fhir-server';
import { startMllpReceiver } from '@waybill/connector-peers/mllp-receiver';
import { openMllpSender } from '@waybill/connector-peers/mllp-sender';
import { startSftpServer } from '@waybill/connector-peers/sftp-server';
const receiver = await startMllpReceiver();
receiver.plant({ kind: 'refuse', code: 'AR' });
const sender = await openMllpSender({ port: receiver.port });
const [answer] = await sender.send('MSH|^~\\&|A|B|C|D|20260101||ORU^R01|1|P|2.5.1\r');
const certificates = await sandboxCertificates({ now: () => new Date(performance.timeOrigin) });
const server = await startFhirServer({ certificates, token: 'word', directory: '.' });
const proxy = await startTcpProxy(Number(new URL(server.baseUrl).port));
proxy.cutAtNextAnswer();
await fetch('https://127.0.0.1:' + proxy.port).catch(() => {});
const key = ssh2.utils.generateKeyPairSync('ed25519');
const { hostKey } = await startSftpServer({ root: '.', user: 'mover', authorizedKey: key.public });
console.log('MSA ' + /MSA\|(..)/.exec(answer)[1] + ', cuts ' + proxy.cuts() + ', key ' + hostKey.slice(0, 7));
process.exit();
`;
const freshFolder = temporaryFolders();
const environment = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };

/** Runs a program; resolves to how it ended and what it said. */
function run(directory: string, program: string, ...args: readonly string[]) {
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  return promisify(execFile)(program, args, { cwd: directory, env: { ...environment, PATH } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}

describe('a connector that a stranger starts', () => {
  let folder: string;
  beforeAll(async () => {
    const home = freshFolder();
    const packed = await run(home, process.execPath, PACK, home);
    expect(packed.stderr.replace(/^npm (warn|notice).*\n/gm, '')).toBe('');
    const created = await run(home, process.execPath, CREATE, 'ledger', '--sdk', `file:${packed.stdout.trim()}`);
    expect(created).toMatchObject({ code: 0, stderr: '' });
    folder = join(home, 'waybill-connector-ledger');
    expect((await run(folder, 'npm', 'install', '--offline', '--no-audit', '--no-fund')).code).toBe(0);
  });

  test('installs the packed SDK and nothing else', () => {
    expect(
      readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8').match(/"node_modules\//g),
    ).toHaveLength(1);
    expect(existsSync(join(folder, 'node_modules', '@waybill', 'connector-sdk', 'index.js'))).toBe(true);
  });

  test('passes its own tests at once, and its report is about this very package', async () => {
    expect(await run(folder, 'npm', 'test')).toMatchObject({ code: 0 });
    const report = JSON.parse(readFileSync(join(folder, 'conformance.json'), 'utf8')) as ConformanceReport;
    expect(report).toMatchObject({ connector: { id: 'ledger' }, conforms: true });
    expect(report.package?.sha256).toBe(await packageDigest(folder));
  });

  test('has types that the compiler accepts, for its code and its harness', async () => {
    const typescript = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = join(ROOT, 'node_modules', '@types');
    const settings = ['--noEmit', '--strict', '--checkJs', '--allowJs', '--module', 'nodenext', '--typeRoots', types];
    const files = ['index.js', join('conformance', 'harness.js')];
    const checked = await run(folder, process.execPath, typescript, ...settings, '--types', 'node', ...files);
    expect(checked).toMatchObject({ code: 0, stdout: '' });
  });

  test('is tested by the command line too, which says what it broke', async () => {
    const sound = await startWaybill(['connector', 'test', folder], { directory: folder }).ended;
    expect(sound).toMatchObject({ code: 0, stderr: '' });
    expect(sound.stdout).toMatch(/^ledger 0\.1\.0: \d+ kept, 0 broken, \d+ do not apply$/m);
    const code = readFileSync(join(folder, 'index.js'), 'utf8');
    writeFileSync(join(folder, 'index.js'), code.replace('if (bytes !== undefined && there', 'if (false && there'));
    const broken = await startWaybill(['connector', 'test', folder], { directory: folder }).ended;
    writeFileSync(join(folder, 'index.js'), code);
    expect(broken.code).toBe(2);
    expect(broken.stdout).toMatch(/^✗ commit\.conflict: .*\n {4}equal size: expected a failure/m);
  });

  test('may be tested against the hostile servers, which are a package of their own', async () => {
    const packed = await run(folder, process.execPath, PACK, folder, join(ROOT, 'plugins', 'peers'));
    const installed = join(folder, 'node_modules', '@waybill', 'connector-peers');
    mkdirSync(installed, { recursive: true });
    const archive = String(packed.stdout.trim().split('\n').at(-1));
    await run(folder, 'tar', 'xzf', archive, '--strip-components=1', '-C', installed);
    rmSync(archive);
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const name of Object.keys(dependencies).map((each) => each.split('/')[0] ?? '')) {
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const trial = await run(folder, process.execPath, '--input-type=module', '--eval', HOSTILE_PEERS);
    expect(trial).toMatchObject({ code: 0, stderr: '', stdout: 'MSA AR, cuts 1, key SHA256:\n' });
  });

  test('is loaded once two people have approved it, and no longer when a byte of it changes', async () => {
    const directory = freshFolder();
    const waybill = (...args: readonly string[]) =>
      startWaybill(args, { directory, environment: { WAYBILL_CONNECTORS: folder, WAYBILL_DATA: directory } }).ended;
    for (const [name, role] of [
      ['olga', 'operator'],
      ['anna', 'approver'],
    ] as const) {
      await waybill('identity', 'create', name, '--role', role, '--out', `${name}.key`, '--data', directory);
    }
    expect(await waybill('connector', 'list')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('NOT_APPROVED'),
    });
    const first = await waybill('connector', 'approve', folder, '--as', 'olga.key');
    expect(first.stdout).toMatch(
      /conformance by kit 1\.1\.0: \d+ kept, 0 broken[^]*approved by olga; an approver has to as well/,
    );
    expect((await waybill('connector', 'list')).stderr).toContain('CONNECTOR_NOT_APPROVED');
    expect((await waybill('connector', 'approve', folder, '--as', 'anna.key')).stdout).toMatch(
      /approved by olga, anna\n$/,
    );
    expect((await waybill('connector', 'list')).stdout).toMatch(/^ledger +0\.1\.0 +source, target/m);
    writeFileSync(join(folder, 'index.js'), `${readFileSync(join(folder, 'index.js'), 'utf8')}\n`);
    const changed = await waybill('connector', 'list');
    expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining('CONNECTOR_CHANGED') });
  });
});

describe('what cannot be started or tested is refused', () => {
  test.each([
    ['a name with a blank', 'two words', 3],
    ['no name', '', 3],
  ])('%s', async (_, name, code) => {
    expect(await run(freshFolder(), process.execPath, CREATE, name)).toMatchObject({ code });
  });

  test('a folder that is there already', async () => {
    const home = freshFolder();
    expect((await run(home, process.execPath, CREATE, 'twice')).code).toBe(0);
    const again = await run(home, process.execPath, CREATE, 'twice');
    expect(again).toMatchObject({ code: 3, stderr: expect.stringContaining('is there already') });
  });

  test('a package that does not say how it is tested', async () => {
    const home = freshFolder();
    writeFileSync(join(home, 'package.json'), '{}');
    const refused = await startWaybill(['connector', 'test', home], { directory: home }).ended;
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('CONNECTOR_NOT_TESTABLE') });
  });
});
