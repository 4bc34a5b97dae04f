/** Cold `npm ci` in a fresh clone with an empty cache: seconds and megabytes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Figure } from './figure.ts';

const ROOT = resolve(import.meta.dirname, '..');

export async function run(): Promise<readonly Figure[]> {
  const place = mkdtempSync(join(tmpdir(), 'waybill-bench-'));
  try {
    const clone = join(place, 'waybill');
    ended(spawnSync('git', ['clone', '-q', ROOT, clone]));
    const started = performance.now();
    ended(spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--cache', join(place, 'cache')], { cwd: clone }));
    const seconds = (performance.now() - started) / 1000;
    const size = spawnSync('du', ['-sm', join(clone, 'node_modules')], { encoding: 'utf8' }).stdout;
    return [
      { name: 'cold npm ci', value: seconds, unit: 's', goal: '<= 60 s' },
      { name: 'node_modules', value: Number.parseInt(size, 10), unit: 'MB', goal: '<= 450 MB' },
    ];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function ended({ status, stderr }: { readonly status: number | null; readonly stderr: Buffer }): void {
  if (status !== 0) throw new Error(stderr.toString().slice(-400));
}
