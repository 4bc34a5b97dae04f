#!/usr/bin/env node
// Starts the command line under the Node this project pins, whatever Node the machine has on its PATH.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants } from 'node:os';

const NODE_MAJOR_MIN = 24;
const require = createRequire(import.meta.url);
const main = join(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), 'main.ts');

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) {
  const { register } = await import('tsx/esm/api');
  register();
  await import(main);
} else {
  const node = join(dirname(require.resolve('node/package.json')), 'bin', 'node');
  const child = spawn(node, [import.meta.filename ?? new URL(import.meta.url).pathname, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}
