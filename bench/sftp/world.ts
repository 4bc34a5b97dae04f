/** One OpenSSH server in memory, and what it and everybody who works with it cost. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { OPENSSH_SKIPPED, startOpenssh, type OpensshServer } from '../../plugins/peers/openssh.ts';
import type { Cost } from '../rounds.ts';

const TICKS_PER_SECOND = 100;
const FILES_PER_FOLDER = 100;
const SAID_BYTES_MAX = 64 * 1024;

export interface World {
  readonly directory: string;
  readonly server: OpensshServer;
}

/** Runs `work` beside a server whose files are in memory where the machine has room for that. */
export async function inWorld<T>(work: (world: World) => Promise<T>): Promise<T> {
  if (OPENSSH_SKIPPED !== undefined) throw new Error(OPENSSH_SKIPPED);
  const directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'waybill-bench-'));
  const server = await startOpenssh({ root: directory });
  try {
    return await work({ directory, server });
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

export interface Files {
  readonly count: number;
  readonly sizeBytes: number;
}

/** Random files, a hundred to a folder. */
export async function layOut(folder: string, { count, sizeBytes }: Files): Promise<void> {
  for (let at = 0; at < count; at++) {
    const place = join(folder, String(Math.floor(at / FILES_PER_FOLDER)));
    await mkdir(place, { recursive: true });
    const file = await open(join(place, `file-${at}`), 'w');
    const piece = randomBytes(Math.min(sizeBytes, 1024 * 1024));
    for (let left = sizeBytes; left > 0; left -= piece.byteLength) await file.writeFile(piece);
    await file.close();
  }
}

/** How the sftp connector reaches a folder of the world. */
export function endpointOf({ server, directory }: World, folder: string) {
  const { port, user, hostKey } = server;
  return {
    connector: 'sftp',
    config: { host: '127.0.0.1', port, user, root: join(directory, folder), hostKey },
    secrets: { privateKey: `file:${server.userKeyPath}` },
  };
}

/** An rclone configuration with the server as `bench:`. */
export async function rcloneConfig({ directory, server }: World): Promise<string> {
  const path = join(directory, 'rclone.conf');
  const lines = [
    ...['[bench]', 'type = sftp', 'host = 127.0.0.1', `port = ${server.port}`, `user = ${server.user}`],
    ...[`key_file = ${server.userKeyPath}`, 'disable_hashcheck = true', 'set_modtime = false', ''],
  ];
  await writeFile(path, lines.join('\n'));
  return path;
}

/** CPU seconds of a command and all it waited for. Throws what it said when it ends with a code that is not allowed. */
export async function cpuOf(command: readonly string[], allowed: readonly number[] = [0]): Promise<number> {
  // The shell's `times` says what its children used.
  const child = spawn('bash', ['-c', '"$@" >&2; code=$?; times; exit $code', 'bash', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  let [times, said] = ['', ''];
  child.stdout.on('data', (text) => (times += String(text)));
  child.stderr.on('data', (text) => (said = (said + String(text)).slice(-SAID_BYTES_MAX)));
  const code = await ended;
  if (!allowed.includes(code ?? -1)) throw new Error(`${command[0]} ended with ${code}: ${said.slice(-400)}`);
  const used = [...(times.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return used.reduce((total, [, minutes, seconds]) => total + Number(minutes) * 60 + Number(seconds), 0);
}

/** Wall clock of `work`, which resolves to its own CPU seconds, and the server's CPU on top. */
export async function costOf({ server }: World, work: () => Promise<number>): Promise<Cost> {
  const before = await serverCpu(server.pid);
  const began = performance.now();
  const cpuSeconds = await work();
  const seconds = (performance.now() - began) / 1000;
  return { seconds, cpuSeconds: cpuSeconds + (await serverCpu(server.pid)) - before };
}

/** Of the listener and of every session that has ended; sessions that are ending are waited for. */
async function serverCpu(pid: number): Promise<number> {
  while ((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim() !== '') await turn();
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return fields.slice(11, 15).reduce((total, ticks) => total + Number(ticks), 0) / TICKS_PER_SECOND;
}
