/** The kit under node:test, in a process of its own, and the report it leaves. */
import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { packageDigest, SCENARIOS, type ConformanceReport } from '../../../plugins/sdk/conformance.ts';
import { temporaryFolders } from '../../support/places.ts';
import { AS_TYPESCRIPT } from '../../support/typescript.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const freshFolder = temporaryFolders();

/** The memory connector as a package of its own, with a test that node:test runs. */
function packaged(twist = ''): string {
  const folder = join(freshFolder(), 'connector');
  cpSync(join(ROOT, 'plugins', 'memory'), folder, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, 'node.test.ts'),
    `import { describe, test } from 'node:test';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import { harness } from './conformance/harness.ts';
import connector from './index.ts';

${twist}
describeConnector(connector, { runner: { describe, test }, ...harness, writesReport: true });
`,
  );
  return folder;
}

async function runIn(folder: string): Promise<{ code: number; output: string }> {
  const args = [...AS_TYPESCRIPT, '--test', '--test-reporter=tap', 'node.test.ts'];
  const environment = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
  return promisify(execFile)(process.execPath, args, { cwd: folder, env: environment }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, output: stdout }),
  );
}

const reportIn = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'conformance.json'), 'utf8')) as ConformanceReport;

describe('under node:test', () => {
  test('a sound connector passes, and its report names every scenario and the package that was tested', async () => {
    const folder = packaged();
    const { code, output } = await runIn(folder);
    expect({ code, failed: /^# fail (\d+)/m.exec(output)?.[1] }).toEqual({ code: 0, failed: '0' });
    const report = reportIn(folder);
    expect(report).toMatchObject({
      format: 1,
      connector: { id: 'memory', version: '1.0.0' },
      kit: '1.1.0',
      package: { name: '@waybill/connector-memory', version: '1.0.0', sha256: await packageDigest(folder) },
      conforms: true,
    });
    expect(report.scenarios.map(({ name }) => name)).toEqual(SCENARIOS.map(({ name }) => name));
    const unexplained = report.scenarios.filter((each) => each.result === 'skipped' && each.because === '');
    expect(unexplained).toEqual([]);
  });

  test('a broken connector fails, and its report says in what', async () => {
    const folder = packaged(`Object.assign(connector, { version: 'newest' });`);
    expect((await runIn(folder)).code).toBe(1);
    const report = reportIn(folder);
    expect(report.conforms).toBe(false);
    expect(report.scenarios.filter(({ result }) => result === 'failed')).toEqual([
      expect.objectContaining({ name: 'manifest.declares', why: expect.stringContaining('version') }),
    ]);
  });
});

describe('the digest of a package', () => {
  test('changes with any byte of any file, and not with what it depends on or with the report', async () => {
    const folder = packaged();
    const before = await packageDigest(folder);
    writeFileSync(join(folder, 'conformance.json'), '{}');
    expect(await packageDigest(folder)).toBe(before);
    writeFileSync(join(folder, 'more.txt'), '');
    expect(await packageDigest(folder)).not.toBe(before);
  });
});
