/** How far this machine keeps a process apart: tried once, and never guessed. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Readable, Writable } from 'node:stream';
import type { IsolationLevel } from './level.ts';
import { begun, FILTER_FD } from './wall.ts';

export interface Tried {
  readonly level: IsolationLevel;
  /** Why it is no more. */
  readonly lacking?: string | undefined;
}

const TRIAL_MAX_MS = 10_000;
const COMPLAINT_CHARS_MAX = 200;
const HERE = import.meta.dirname;
const TRIAL = join(HERE, 'trial.ts');

let trial: Promise<Tried> | undefined;

/** What this machine enforces. */
export function isolationHere(): Promise<Tried> {
  return (trial ??= tryWall());
}

async function tryWall(): Promise<Tried> {
  const lacking = await whatIsLacking().catch((error: unknown) => {
    return error instanceof Error ? error.message : 'it does not start';
  });
  return lacking === undefined ? { level: 'namespaces' } : { level: 'child-process', lacking };
}

/** What a walled process says that it can do, and whose namespaces it is in. */
interface Said {
  readonly namespaces: Readonly<Record<string, string>>;
  readonly could: readonly string[];
}

async function whatIsLacking(): Promise<string | undefined> {
  const start = begun('namespaces', [TRIAL, join(HERE, '..', '..', '..', 'package.json')], [TRIAL]);
  if (start.filter === undefined) return `no filter of system calls for ${process.platform} on ${process.arch}`;
  if (!start.isWalled) return 'bwrap is not installed';
  // Who is behind the wall can then neither be counted nor ended for what it takes.
  if (!existsSync('/proc/thread-self/children')) return 'the kernel does not tell what a process has started';
  const child = spawn(start.command, start.arguments, {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'pipe'],
    timeout: TRIAL_MAX_MS,
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const failed = new Promise<never>((_, reject) => void child.once('error', reject));
  (child.stdio[FILTER_FD] as Writable).on('error', () => {}).end(start.filter);
  const ended = Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  const [told, complained] = await Promise.race([ended, failed]);
  const complaint = complained.toString('utf8').trim().slice(0, COMPLAINT_CHARS_MAX);
  if (told.byteLength === 0) return complaint || 'it does not start';
  const said = JSON.parse(told.toString('utf8')) as Said;
  const shared = Object.entries(said.namespaces).filter(([name, own]) => own === readlinkSync(`/proc/self/ns/${name}`));
  const could = [...shared.map(([name]) => `it shares the ${name} namespace`), ...said.could];
  return could.length === 0 ? undefined : could.join('; ');
}
