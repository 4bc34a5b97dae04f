/** How a process is begun so that it stays in: with fewer rights, and where the machine can, behind namespaces. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { IsolationLevel } from './level.ts';
import { seccompFilter } from './seccomp.ts';
import { SHELF_BYTES } from './shelf.ts';

/** Behind the work of the house. */
const NICENESS = '5';
const FILES_OPEN_MAX = 256;
/** Where a file descriptor of a walled process says what the kernel refuses it; bwrap closes it. */
export const FILTER_FD = 4;
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

export interface Begun {
  readonly command: string;
  readonly arguments: readonly string[];
  /** What is written to FILTER_FD. */
  readonly filter?: Buffer | undefined;
  /** Whether there are namespaces around it. */
  readonly isWalled: boolean;
  /** Whether it can write no file longer than a shelf. */
  readonly isLimited: boolean;
}

/** Nice, without core dumps, with few files open and none long, and ended by the kernel with this process, however. */
export function begun(level: IsolationLevel, readable: readonly string[], node: readonly string[]): Begun {
  const filter = level === 'namespaces' ? seccompFilter() : undefined;
  const wall = filter === undefined ? [] : namespaces(readable);
  const limits = prefix('prlimit', '--core=0', `--nofile=${FILES_OPEN_MAX}`, `--fsize=${SHELF_BYTES}`);
  const [command = '', ...rest] = [
    ...prefix('nice', '-n', NICENESS),
    ...limits,
    ...(wall.length === 0 ? prefix('setpriv', '--pdeathsig', 'KILL') : wall),
    process.execPath,
    ...node,
  ];
  return { command, arguments: rest, filter, isWalled: wall.length > 0, isLimited: limits.length > 0 };
}

/** Nothing there is but what it may read, read-only; nothing runs but itself; no network but its own loopback. */
function namespaces(readable: readonly string[]): readonly string[] {
  const wall = prefix('bwrap', '--unshare-user', '--unshare-all', '--disable-userns', '--cap-drop', 'ALL');
  if (wall.length === 0) return [];
  const bound = [...new Set([...loadedLibraries(), process.execPath, ...readable])].filter((path) => existsSync(path));
  return [
    ...wall,
    ...['--die-with-parent', '--new-session', '--hostname', 'connector'],
    // What lies deeper is bound later, into what holds it.
    ...bound.sort((one, other) => one.length - other.length).flatMap((path) => ['--ro-bind', path, path]),
    ...['--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev', '--remount-ro', '/dev', '--remount-ro', '/'],
    ...['--seccomp', String(FILTER_FD), '--'],
  ];
}

/** The tool with its arguments where this machine has it, else nothing. */
function prefix(name: string, ...given: readonly string[]): readonly string[] {
  const path = FOLDERS.map((folder) => join(folder, name)).find((each) => existsSync(each));
  return path === undefined ? [] : [path, ...given];
}

/** The libraries that this Node was loaded with. */
function loadedLibraries(): readonly string[] {
  // Or it would look up the name of every address.
  Object.assign(process.report, { excludeNetwork: true });
  const report: unknown = process.report.getReport();
  const { sharedObjects } = report as { readonly sharedObjects: readonly string[] };
  return sharedObjects.filter((path) => /^\/(usr\/)?lib/.test(path));
}
