/** A stranger's connector as its user comes by it: packed, installed, approved by two people, named in a plan. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { isolationHere } from '../../plugins/host/isolate/tried.ts';
import { packageDigest, type ConformanceReport } from '../../plugins/sdk/conformance.ts';
import { temporaryFolders } from '../support/places.ts';
import { runWaybill } from '../support/waybill.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const EXAMPLE = join(ROOT, 'examples', 'webdav');
const LINES_MAX = 150;
const PASSWORD = 'a-password-of-this-test';
/** Several at once, into folders that nobody has made yet. */
const FILES = ['a/1.txt', 'a/2.txt', 'a/b/3.txt', 'a/b/4.txt', 'c/5.txt'];
const freshFolder = temporaryFolders();
const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
const run = (cwd: string, program: string, ...args: readonly string[]) =>
  promisify(execFile)(program, args, {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, PATH },
  });
const npmInstall = (cwd: string, ...packages: readonly string[]) =>
  run(cwd, 'npm', 'install', '--offline', '--no-audit', '--no-fund', ...packages);

/** Of the example's own tests. */
interface Apache {
  readonly root: string;
  readonly port: number;
  readonly certificates: { readonly authority: string };
  allow(user: string, password: string): Promise<void>;
  stop(): Promise<void>;
}
interface ApacheModule {
  readonly skipped: string | undefined;
  startApache(): Promise<Apache>;
}
const { skipped, startApache } = (await import(
  pathToFileURL(join(EXAMPLE, 'conformance', 'apache.js')).href
)) as ApacheModule;

test('the example of a connector is one file of less than 150 lines', () => {
  expect(readFileSync(join(EXAMPLE, 'index.js'), 'utf8').split('\n').length).toBeLessThan(LINES_MAX);
});

(skipped === undefined ? describe : describe.skip)('a connector of a third party', () => {
  let home: string;
  /** Where npm has installed it, beside nothing but the SDK. */
  let installed: string;
  let report: ConformanceReport;
  let apache: Apache;
  beforeAll(async () => {
    home = freshFolder();
    const [authored, user] = [join(home, 'authored'), join(home, 'user')];
    mkdirSync(user);
    const sdk = (await run(home, process.execPath, join(ROOT, 'plugins', 'sdk', 'pack.mjs'), home)).stdout.trim();
    cpSync(EXAMPLE, authored, { recursive: true, filter: (path) => !path.includes('node_modules') });
    await npmInstall(authored, '--no-save', sdk);
    // Its own tests run before it is packed, against a real Apache, and write the report that goes with it.
    const packed = await run(authored, 'npm', 'pack', '--silent');
    report = JSON.parse(readFileSync(join(authored, 'conformance.json'), 'utf8')) as ConformanceReport;
    await npmInstall(user, sdk, join(authored, packed.stdout.trim().split('\n').at(-1) ?? ''));
    installed = join(user, 'node_modules', 'waybill-connector-webdav');
    apache = await startApache();
    await apache.allow('mover', PASSWORD);
    mkdirSync(join(apache.root, 'import'));
    chmodSync(join(apache.root, 'import'), 0o777);
    writeFileSync(join(home, 'ca.pem'), apache.certificates.authority);
    writeFileSync(join(home, 'password'), PASSWORD, { mode: 0o600 });
    for (const path of FILES) {
      mkdirSync(dirname(join(home, 'outbound', path)), { recursive: true });
      writeFileSync(join(home, 'outbound', path), `the words of ${path}`);
    }
    for (const [name, role] of Object.entries({ olga: 'operator', anna: 'approver' })) {
      await waybill('identity', 'create', name, '--role', role, '--out', `${name}.key`);
    }
  });
  afterAll(() => apache.stop());

  const waybill = (...args: readonly string[]) => {
    const environment = { WAYBILL_CONNECTORS: `@waybill/connector-hl7-file-drop ${installed}`, WAYBILL_DATA: 'data' };
    return runWaybill(args, { directory: home, environment });
  };

  const target = (network: readonly object[]) => ({
    connector: 'webdav',
    config: { baseUrl: `https://127.0.0.1:${apache.port}/import`, user: 'mover', ca: './ca.pem' },
    secrets: { password: 'file:./password' },
    network,
  });

  /** The plan with these places listed at its target; `more` is said of its dataset. */
  function plan(network: readonly object[], more: object = {}): string {
    const notes = { name: 'notes', tier: 'historical-searchable', select: '**', format: 'document', owner: 'him' };
    const written = {
      migration: 'to-a-stranger',
      source: { connector: 'hl7-file-drop', config: { folder: './outbound' } },
      target: target(network),
      datasets: [{ ...notes, lineage: 'pass-through', ...more }],
    };
    writeFileSync(join(home, 'plan.yaml'), stringify(written));
    return 'plan.yaml';
  }

  test('keeps every promise that applies, with nothing installed but the packed SDK', () => {
    expect(report.conforms).toBe(true);
    const excused = report.scenarios.filter((each) => each.result === 'skipped' && /on command/.test(each.because));
    expect(excused.map(({ name }) => name)).toEqual([
      'fault.stored-short',
      'fault.error-in-200',
      'fault.rate-limit',
      'hygiene.telling-peer',
    ]);
  });

  test('has a report that is about what npm installs of it', async () => {
    expect(report.package?.publishedSha256).toBe(await packageDigest(installed));
  });

  test('is approved by two people, who are shown what its report says', async () => {
    const approve = (key: string) => waybill('connector', 'approve', installed, '--as', key);
    expect((await approve('olga.key')).stdout).toMatch(/approved by olga; an approver has to as well\n$/);
    const second = await approve('anna.key');
    expect(second.stdout).toMatch(/conformance by kit .*: \d+ kept, 0 broken.*\n {2}approved by olga, anna\n$/);
  });

  test('reaches no server where the plan lists another port, or nothing, and what to write is said', async () => {
    const written = plan([{ host: '127.0.0.1', port: 1 }], { target: target([]) });
    const { code, stderr } = await waybill('connector', 'check', written);
    const [otherPort, nothing] = [
      /^fault: CONFIG_INVALID: .*not listed; list it .*, as network: \[{ host: 127\.0\.0\.1, port: \d+ }\]/m,
      /^refused: CONFIG_INVALID at network: .*\n.*list its server at the endpoint, as network: \[{ host: /m,
    ];
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(otherPort) });
    expect(stderr).toMatch(nothing);
  });

  test('moves what it is given to its server, and how far it was kept apart and tested is evidence', async () => {
    const written = plan([{ host: '127.0.0.1', port: apache.port }]);
    const people = ['--operator', 'olga.key', '--approver', 'anna.key'];
    const { code, json, stderr } = await waybill('migrate', written, '--json', ...people);
    expect({ code, outcome: json?.outcome, stderr }).toMatchObject({ code: 0, outcome: 'clean' });
    expect(json?.datasets).toMatchObject([{ eligible: FILES.length, verified: FILES.length }]);
    for (const path of FILES) {
      expect(readFileSync(join(apache.root, 'import', path), 'utf8')).toBe(`the words of ${path}`);
    }
    const connections = join(json?.evidence ?? '', 'data', 'connections');
    const { level } = await isolationHere();
    expect(JSON.parse(readFileSync(join(connections, 'target-webdav.json'), 'utf8'))).toMatchObject({
      connector: { id: 'webdav', isolation: level, sha256: report.package?.publishedSha256 },
      conformance: { conforms: true, failed: 0 },
      transport: 'https',
      negotiated: { protocol: 'TLSv1.3', certificateSubject: 'CN=webdav' },
    });
    expect(JSON.parse(readFileSync(join(connections, 'webdav.conformance.json'), 'utf8'))).toEqual(report);
    const log = join(json?.evidence ?? '', 'data', 'audit', 'tile', 'entries');
    const tiles = readdirSync(log, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    const entries = tiles.map(({ name, parentPath }) => readFileSync(join(parentPath, name), 'latin1')).join('');
    expect(entries).toMatch(new RegExp(`"connector-isolated"[^{}]*"${level}"[^{}]*"webdav@0\\.1\\.0"`));
    const verified = await waybill('verify', json?.evidence ?? '');
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^connector webdav 0\.1\.0: kit .* 0 broken/m),
    });
  });

  test('no longer starts when a byte of it has changed since', async () => {
    appendFileSync(join(installed, 'index.js'), '\n');
    const { code, stderr } = await waybill('status');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^fault: CONNECTOR_CHANGED: .*approve it anew/),
    });
  });
});
