/** The example connector is as short as it is said to be, needs the packed SDK only, and keeps the contract. */
import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ConformanceReport } from '../../../plugins/sdk/conformance.ts';
import { temporaryFolders } from '../../support/places.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const EXAMPLE = join(ROOT, 'examples', 'webdav');
const LINES_MAX = 150;
const freshFolder = temporaryFolders();
const run = promisify(execFile);
const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
const environment = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, PATH };

describe('the WebDAV example', () => {
  test('is one file of less than 150 lines', () => {
    expect(readFileSync(join(EXAMPLE, 'index.js'), 'utf8').split('\n').length).toBeLessThan(LINES_MAX);
  });

  const conforming = existsSync('/usr/sbin/apache2') ? test : test.skip;
  conforming(
    'keeps every promise that applies, against a real Apache, with nothing installed but the packed SDK',
    async () => {
      const home = freshFolder();
      const folder = join(home, 'webdav');
      const { stdout } = await run(process.execPath, [join(ROOT, 'plugins', 'sdk', 'pack.mjs'), home], {
        env: environment,
      });
      cpSync(EXAMPLE, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
      const installed = join(folder, 'node_modules', '@waybill');
      mkdirSync(installed, { recursive: true });
      await run('tar', ['xzf', stdout.trim(), '-C', installed]);
      renameSync(join(installed, 'package'), join(installed, 'connector-sdk'));
      await run('npm', ['test'], { cwd: folder, env: environment });
      const report = JSON.parse(readFileSync(join(folder, 'conformance.json'), 'utf8')) as ConformanceReport;
      expect(report.conforms).toBe(true);
      const excused = report.scenarios.filter((each) => each.result === 'skipped' && /on command/.test(each.because));
      expect(excused.map(({ name }) => name)).toEqual([
        'fault.stored-short',
        'fault.error-in-200',
        'fault.rate-limit',
        'hygiene.telling-peer',
      ]);
    },
  );
});
