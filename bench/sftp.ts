/** SFTP get with a digest of every byte, against rclone and one OpenSSH server, and the memory of one huge file. */
import { spawn } from 'node:child_process';
import { hash, createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost } from '../plugins/host/index.ts';
import type { Source } from '../plugins/sdk/index.ts';
import { OPENSSH_SKIPPED, startOpenssh, type OpensshServer } from '../plugins/peers/openssh.ts';
import type { Figure } from './figure.ts';
import { medianCost } from './rounds.ts';

const RCLONE = '/usr/bin/rclone';
const SETS = [
  { name: 'get 2,000 x 20 KiB', folder: 'small', files: 2_000, sizeBytes: 20 * 1024, atOnce: 16, rounds: 5 },
  { name: 'get 2 x 256 MiB', folder: 'large', files: 2, sizeBytes: 256 * 1024 * 1024, atOnce: 2, rounds: 5 },
] as const;
type FileSet = (typeof SETS)[number];
const HUGE_BYTES = 1024 * 1024 * 1024;
const FILES_PER_FOLDER = 100;
const TICKS_PER_SECOND = 100;

interface World {
  readonly directory: string;
  readonly server: OpensshServer;
  readonly host: ConnectorHost;
}

interface Cost {
  readonly seconds: number;
  /** Of client and server together. */
  readonly cpuSeconds: number;
}

export async function run(): Promise<readonly Figure[]> {
  if (OPENSSH_SKIPPED !== undefined) throw new Error(OPENSSH_SKIPPED);
  const directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'waybill-bench-'));
  const server = await startOpenssh({ root: directory });
  const host = await openConnectorHost({
    packages: ['@waybill/connector-sftp'],
    spoolDirectory: join(directory, 'spool'),
    environment: () => undefined,
    log: () => {},
    clock: systemClock,
  });
  const world = { directory, server, host };
  try {
    const { crypto } = await host.check(endpointOf(world, '.'), new AbortController().signal);
    const figures: Figure[] = [];
    for (const set of SETS) figures.push(...(await compare(world, set, crypto ?? 'unknown')));
    return [...figures, await memoryOfHugeFile(world)];
  } finally {
    await host.close();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Both in turns, so that whatever else the machine does meets both. */
async function compare(world: World, set: FileSet, crypto: string): Promise<readonly Figure[]> {
  await layOut(join(world.directory, set.folder), set);
  const [ours, theirs]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < set.rounds; round++) {
    ours.push(await measured(world, () => get(world, set)));
    if (existsSync(RCLONE)) theirs.push(await measured(world, () => rclone(world, set)));
  }
  await rm(join(world.directory, set.folder), { recursive: true });
  const [us, them] = [medianCost(ours), theirs.length === 0 ? undefined : medianCost(theirs)];
  const name = `${set.name} with digest (${crypto} crypto)`;
  if (them === undefined) {
    const peer = 'rclone is not installed';
    return [{ name, value: us.seconds, unit: 's', cpuSeconds: us.cpuSeconds, peer }];
  }
  const isSmall = set.folder === 'small';
  return [
    {
      name,
      value: us.seconds,
      unit: 's',
      cpuSeconds: us.cpuSeconds,
      ratio: us.seconds / them.seconds,
      peer: 'rclone',
      goal: isSmall ? '<= 0.45 x' : '<= 0.7 x',
    },
    {
      name: `${set.name}, CPU of both ends`,
      value: us.cpuSeconds,
      unit: 's',
      ratio: us.cpuSeconds / them.cpuSeconds,
      peer: 'rclone',
      goal: isSmall ? '<= 0.3 x' : '<= 0.6 x',
    },
  ];
}

async function layOut(folder: string, set: FileSet): Promise<void> {
  for (let at = 0; at < set.files; at++) {
    const place = join(folder, String(Math.floor(at / FILES_PER_FOLDER)));
    await mkdir(place, { recursive: true });
    const file = await open(join(place, `file-${at}`), 'w');
    const piece = randomBytes(Math.min(set.sizeBytes, 1024 * 1024));
    for (let left = set.sizeBytes; left > 0; left -= piece.byteLength) await file.writeFile(piece);
    await file.close();
  }
}

async function get(world: World, set: FileSet): Promise<number> {
  const began = process.cpuUsage();
  const signal = new AbortController().signal;
  const source = await world.host.source(endpointOf(world, set.folder), signal);
  const paths: string[] = [];
  for await (const item of source.list(signal)) paths.push(item.path);
  if (paths.length !== set.files) throw new Error(`${paths.length} of ${set.files} files are listed`);
  const readers = Array.from({ length: set.atOnce }, async () => {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) await digest(source, path, signal);
  });
  await Promise.all(readers);
  await source.close();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

async function digest(source: Source, path: string, signal: AbortSignal): Promise<string> {
  let only: Uint8Array | undefined;
  let running: ReturnType<typeof createHash> | undefined;
  for await (const chunk of source.read(path, 0, signal)) {
    if (running === undefined && only === undefined) {
      only = chunk;
      continue;
    }
    running ??= createHash('sha256').update(only ?? '');
    running.update(chunk);
  }
  return running === undefined ? hash('sha256', only ?? Buffer.alloc(0), 'hex') : running.digest('hex');
}

async function rclone(world: World, set: FileSet): Promise<number> {
  const { server, directory } = world;
  const landing = join(directory, 'landing');
  const options = [
    ...['copy', `:sftp:${join(directory, set.folder)}`, landing, '--config', '/dev/null', '--transfers', '8'],
    ...['--sftp-host', '127.0.0.1', '--sftp-port', String(server.port), '--sftp-user', server.user],
    ...['--sftp-key-file', server.userKeyPath, '--sftp-disable-hashcheck', '--sftp-set-modtime=false'],
  ];
  // The shell's `times` says what its children used.
  const child = spawn('bash', ['-c', '"$0" "$@" && times', RCLONE, ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  for await (const text of child.stdout) said += String(text);
  await rm(landing, { recursive: true });
  const used = [...(said.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return used.reduce((total, [, minutes, seconds]) => total + Number(minutes) * 60 + Number(seconds), 0);
}

/** Wall clock of `work`, which resolves to its own CPU seconds, and the server's CPU on top. */
async function measured(world: World, work: () => Promise<number>): Promise<Cost> {
  const before = await serverCpu(world.server.pid);
  const began = performance.now();
  const cpuSeconds = await work();
  const seconds = (performance.now() - began) / 1000;
  return { seconds, cpuSeconds: cpuSeconds + (await serverCpu(world.server.pid)) - before };
}

/** Of the listener and of every session that has ended; sessions that are ending are waited for. */
async function serverCpu(pid: number): Promise<number> {
  while ((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim() !== '') await turn();
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return fields.slice(11, 15).reduce((total, ticks) => total + Number(ticks), 0) / TICKS_PER_SECOND;
}

async function memoryOfHugeFile(world: World): Promise<Figure> {
  await mkdir(join(world.directory, 'huge'));
  const path = join(world.directory, 'huge', 'sparse');
  await writeFile(path, '');
  const file = await open(path, 'r+');
  await file.truncate(HUGE_BYTES);
  await file.close();
  const signal = new AbortController().signal;
  const source = await world.host.source(endpointOf(world, 'huge'), signal);
  const before = process.memoryUsage.rss();
  let most = before;
  let received = 0;
  for await (const chunk of source.read('sparse', 0, signal)) {
    received += chunk.byteLength;
    most = Math.max(most, process.memoryUsage.rss());
  }
  await source.close();
  if (received !== HUGE_BYTES) throw new Error(`${received} bytes of 1 GiB arrived`);
  return { name: 'RSS growth while 1 GiB is read', value: (most - before) / 1e6, unit: 'MB', goal: '<= 64' };
}

function endpointOf({ server, directory }: World, folder: string) {
  const { port, user, hostKey } = server;
  return {
    connector: 'sftp',
    config: { host: '127.0.0.1', port, user, root: join(directory, folder), hostKey },
    secrets: { privateKey: `file:${server.userKeyPath}` },
  };
}
