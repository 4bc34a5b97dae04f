#!/usr/bin/env node
// Starts the command line under the Node this project pins, whatever Node the machine has on its PATH.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
// Without the first V8 collects the whole heap for every 64 MiB of buffers that pass through, which is most of the
// work of moving a large item. Without the second it begins with a heap so small that it marks what was just loaded
// again and again. Without the others it has twice 64 MiB for what is new, and waits until four times what is alive is
// held: memory that saved no time; and it keeps the pages of what it freed. They are read when a process starts, and at
// no other time.
const STREAMING = '--external-memory-accounted-in-global-limit';
const HEAP = [
  '--initial-heap-size=160',
  '--max-semi-space-size=32',
  '--heap-growing-percent=60',
  '--memory-saver-mode',
];
const FLAGS = [STREAMING, ...HEAP];
const require = createRequire(import.meta.url);
const here = fileURLToPath(import.meta.url);
const words = [here, ...process.argv.slice(2)];
const isStreaming = process.execArgv.includes(STREAMING);

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) {
  // The same process, begun again: who watches or kills it notices nothing. Not to be had on Windows.
  if (!isStreaming && process.platform !== 'win32') {
    process.execve(process.execPath, [process.execPath, ...FLAGS, ...process.execArgv, ...words], process.env);
  }
  await import('./typescript.mjs');
  await import('./main.ts');
} else {
  const node = join(dirname(require.resolve('node/package.json')), 'bin', 'node');
  const child = spawn(node, [...FLAGS, ...words], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}
