#!/usr/bin/env node
// Starts the command line under the Node this project pins, whatever Node the machine has on its PATH.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_MAJOR_MIN = 24;
const require = createRequire(import.meta.url);
const here = fileURLToPath(import.meta.url);

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) {
  const { register } = await import('tsx/esm/api');
  // The compiler's settings are this project's, not those of the folder the command is run in.
  register({ tsconfig: join(dirname(here), '..', 'tsconfig.json') });
  await import(pathToFileURL(join(dirname(here), 'main.ts')).href);
} else {
  const node = join(dirname(require.resolve('node/package.json')), 'bin', 'node');
  const child = spawn(node, [here, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}
