/** One process for one opened connector: started with little, watched, and ended when it does not stop. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';
import type { Writable } from 'node:stream';
import type { IsolationLevel } from './level.ts';
import { Link, type Services } from './link.ts';
import { makeShelf, Shelf, SHELF_FD } from './shelf.ts';
import { usageOf } from './usage.ts';
import { begun, FILTER_FD } from './wall.ts';

/** V8's heap, and everything the process holds. */
const HEAP_MAX_MIB = 256;
const MEMORY_MAX_BYTES = 768 * 1024 * 1024;
const LOOK_EVERY_MS = 250;
/** What it may use of the processor while nothing is asked of it, beyond a tenth of a core. */
const SPIN_MAX_MS = 1_000;
const IDLE_SHARE = 0.1;
const HERE = import.meta.dirname;
const ROOT = join(HERE, '..', '..', '..');
/** What the process may know of its surroundings. */
const ENVIRONMENT = { LANG: 'C.UTF-8', TZ: 'UTC' };

export interface IsolatedPackage {
  /** Its folder, without symlinks. */
  readonly folder: string;
  /** URL of its entry module. */
  readonly entry: string;
  readonly level: IsolationLevel;
  /** Fails where its files are no longer those that were approved; asked before each process, if it is there. */
  requireSame?(): Promise<unknown>;
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
  const readable = readableFor(from.folder);
  const start = begun(from.level, readable, [...permissionsFor(readable), join(HERE, 'child.ts'), from.entry]);
  const file = start.isLimited ? makeShelf() : undefined;
  const [shelf, told] = file === undefined ? [] : [new Shelf(file, 'host'), String(SHELF_FD)];
  const child = spawn(start.command, told === undefined ? start.arguments : [...start.arguments, told], {
    cwd: from.folder,
    env: ENVIRONMENT,
    // Nothing it prints goes anywhere: what it has to say it says through its context.
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', start.filter === undefined ? 'ignore' : 'pipe', file ?? 'ignore'],
  });
  if (start.filter !== undefined) (child.stdio[FILTER_FD] as Writable).on('error', () => {}).end(start.filter);
  const ended = new AbortController();
  const end = (reason?: string): void => {
    if (ended.signal.aborted) return;
    clearInterval(watch);
    if (reason !== undefined) why(reason);
    child.kill('SIGKILL');
    // Nobody waits for it to be gone: neither for its end nor for the end of its socket.
    child.unref();
    ended.abort();
    link.close();
  };
  const link: Link = new Link(
    (onread) => readingFrom(child.stdio[3] as Socket, onread),
    services(() => link),
    ({ message }) => end(message),
    shelf,
  );
  child.once('exit', (code, signal) => end(`it ended by itself (${signal ?? code})`));
  child.once('error', (error: NodeJS.ErrnoException) => end(`it did not start (${error.code ?? error.name})`));
  let [usedMs, spunMs] = [0, 0];
  const watch = setInterval(() => {
    const { processorMs, residentBytes } = usageOf(child.pid);
    spunMs = link.isIdle ? Math.max(0, spunMs + processorMs - usedMs - LOOK_EVERY_MS * IDLE_SHARE) : 0;
    usedMs = processorMs;
    if (residentBytes > MEMORY_MAX_BYTES) end(`it held ${residentBytes} bytes of memory`);
    if (spunMs > SPIN_MAX_MS) end('it used the processor while nothing was asked of it');
  }, LOOK_EVERY_MS);
  watch.unref();
  return { link, ended: ended.signal, end: () => end() };
}

/** The same socket, but one that reads where it is told: Node makes those of a new process without. */
function readingFrom(socket: Socket, onread: OnReadOpts): Socket {
  // Node still touches it when the process has ended.
  socket.on('error', () => {});
  const { _handle: handle } = socket as Socket & { readonly _handle?: unknown };
  return new Socket({ handle, onread } as SocketConstructorOpts);
}

/** Its package, what that depends on, and the contract. */
function readableFor(folder: string): readonly string[] {
  return [folder, join(ROOT, 'package.json'), join(ROOT, 'plugins', 'sdk'), HERE, ...dependenciesOf(folder)];
}

/** Read it may; write, start and load natively it may nothing. */
function permissionsFor(readable: readonly string[]): readonly string[] {
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
