/** Runs the real command line in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of the standard output, when it is JSON. */
  readonly json: Summary | undefined;
}

export interface Summary {
  readonly migration: string;
  readonly outcome: string;
  readonly datasets: readonly ({ readonly name: string } & Readonly<Record<Count, number>> & {
      readonly acknowledged?: number;
    })[];
  readonly records: Readonly<Record<string, number>>;
  readonly exceptions: readonly {
    readonly id: string;
    readonly category: string;
    readonly severity: string;
    readonly dataset: string;
    readonly sourceId: string | null;
    readonly targetId: string | null;
    readonly field: string | null;
  }[];
  readonly bytes: number;
  readonly seconds: number;
  readonly evidence: string | null;
  readonly checkpoint: string | null;
}

type Count = 'eligible' | 'verified' | 'excluded' | 'quarantined' | 'failed';

export interface RunOptions {
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the output so far once it holds a match of `pattern`; rejects when the process ends without one. */
  said(pattern: RegExp): Promise<string>;
}

/** Starts `waybill ARGS`; `environment` is added to a clean one. */
export function startWaybill(args: readonly string[], options: RunOptions): Running {
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'waybill.mjs'), ...args], {
    cwd: options.directory,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const each of listeners) each();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const each of listeners) each();
  });
  const ended = once(child, 'close').then(
    ([code]): Ended => ({ code: code as number | null, stdout, stderr, json: lastJson(stdout) }),
  );
  const said = (pattern: RegExp): Promise<string> =>
    new Promise((fulfil, reject) => {
      const look = () => {
        if (!pattern.test(stdout + stderr)) return;
        listeners.delete(look);
        fulfil(stdout + stderr);
      };
      listeners.add(look);
      look();
      void ended.then(({ code }) =>
        reject(new Error(`ended with ${code} before it said ${pattern}:\n${stdout}\n${stderr}`)),
      );
    });
  return { process: child, ended, said };
}

export function runWaybill(args: readonly string[], options: RunOptions): Promise<Ended> {
  return startWaybill(args, options).ended;
}

function lastJson(stdout: string): Summary | undefined {
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  return last.startsWith('{') ? (JSON.parse(last) as Summary) : undefined;
}

/** The environment that points the command line at the database of a place. */
export function databaseSettings({ url }: { readonly url: string | undefined }): Readonly<Record<string, string>> {
  return url === undefined ? {} : { WAYBILL_DATABASE_URL: url };
}
