/** One process for one opened connector: started with little, watched, and ended when it does not stop. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import type { Duplex } from 'node:stream';
import { Link, type Services } from './link.ts';

/** V8's heap, and everything the process holds. */
const HEAP_MAX_MIB = 256;
const MEMORY_MAX_BYTES = 768 * 1024 * 1024;
const LOOK_EVERY_MS = 250;
const PAGE_BYTES = 4096;
const HERE = import.meta.dirname;
const ROOT = join(HERE, '..', '..', '..');
/** What the process may know of its surroundings. */
const ENVIRONMENT = { LANG: 'C.UTF-8', TZ: 'UTC' };

/** How far a third-party connector is kept apart; said in every summary and logged at every start. */
export const ISOLATION = 'child-process' as const;

export interface IsolatedPackage {
  /** Its folder, without symlinks. */
  readonly folder: string;
  /** URL of its entry module. */
  readonly entry: string;
}

export interface IsolatedProcess {
  readonly link: Link;
  /** Fires when it has ended, however. */
  readonly ended: AbortSignal;
  end(): void;
}

/** Starts it; `why` hears how it ended unless it was ended by us. */
export function startIsolated(
  from: IsolatedPackage,
  services: (link: () => Link) => Services,
  why: (reason: string) => void,
): IsolatedProcess {
  const child = spawn(process.execPath, [...permissionsFor(from.folder), join(HERE, 'child.ts'), from.entry], {
    cwd: from.folder,
    env: ENVIRONMENT,
    // Nothing it prints goes anywhere: what it has to say it says through its context.
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = new AbortController();
  const end = (reason?: string): void => {
    if (ended.signal.aborted) return;
    clearInterval(watch);
    if (reason !== undefined) why(reason);
    child.kill('SIGKILL');
    ended.abort();
  };
  const link: Link = new Link(
    child.stdio[3] as Duplex,
    services(() => link),
    ({ message }) => end(message),
  );
  child.once('exit', (code, signal) => end(`it ended by itself (${signal ?? code})`));
  child.once('error', (error: NodeJS.ErrnoException) => end(`it did not start (${error.code ?? error.name})`));
  const watch = setInterval(() => {
    const heldBytes = residentBytes(child);
    if (heldBytes > MEMORY_MAX_BYTES) end(`it held ${heldBytes} bytes of memory`);
  }, LOOK_EVERY_MS);
  watch.unref();
  return { link, ended: ended.signal, end: () => end() };
}

/** It may read its package, what that depends on, and the contract; write, start and load natively it may nothing. */
function permissionsFor(folder: string): readonly string[] {
  const readable = [folder, join(ROOT, 'package.json'), join(ROOT, 'plugins', 'sdk'), HERE, ...dependenciesOf(folder)];
  return [
    '--permission',
    // It opens files without asking for permission.
    '--no-experimental-sqlite',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${HEAP_MAX_MIB}`,
    '--disable-warning=ExperimentalWarning',
  ];
}

function dependenciesOf(folder: string): readonly string[] {
  const found: string[] = [];
  for (let at = dirname(folder); at !== parse(at).root; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules'))) found.push(join(at, 'node_modules'));
  }
  return found;
}

/** Field 2 of /proc/PID/statm, in pages; zero where there is none. */
function residentBytes({ pid }: ChildProcess): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
