/** SFTP get with a digest of every byte, beside other clients of one OpenSSH server; memory of one huge file. */
import { createHash, hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost } from '../plugins/host/index.ts';
import type { Source } from '../plugins/sdk/index.ts';
import type { Figure } from './figure.ts';
import { type Cost, medianCost } from './rounds.ts';
import { costOf, cpuOf, endpointOf, inWorld, layOut, rcloneConfig, type World } from './sftp/world.ts';

const ROUNDS = 5;
const SMALL = { folder: 'small', sizeBytes: 20 * 1024, atOnce: 16 } as const;
const LARGE = { name: 'get 2 x 256 MiB', folder: 'large', count: 2, sizeBytes: 256 * 1024 * 1024, atOnce: 2 } as const;
const HUGE_BYTES = 1024 * 1024 * 1024;

interface FileSet {
  readonly name: string;
  readonly folder: 'small' | 'large';
  readonly count: number;
  readonly sizeBytes: number;
  readonly atOnce: number;
}

interface House extends World {
  readonly host: ConnectorHost;
  readonly rclone: string;
}

/** What a peer is called, where it is, and the command that brings a folder; none of them makes a digest. */
const PEERS: readonly {
  readonly name: string;
  readonly path: string;
  command(house: House, from: string, to: string): readonly string[];
}[] = [
  {
    name: 'rclone',
    path: '/usr/bin/rclone',
    command: ({ rclone }, from, to) => ['rclone', 'copy', `bench:${from}`, to, '--config', rclone, '--transfers', '8'],
  },
  {
    name: 'OpenSSH sftp',
    path: '/usr/bin/sftp',
    command: ({ server }, from, to) => [
      ...['sftp', '-q', '-r', '-P', String(server.port), ...sshOptions(server.userKeyPath)],
      ...[`${server.user}@127.0.0.1:${from}`, to],
    ],
  },
  {
    name: 'lftp',
    path: '/usr/bin/lftp',
    command: ({ server }, from, to) => [
      ...['lftp', '-c'],
      `set sftp:connect-program "ssh -a -x ${sshOptions(server.userKeyPath).join(' ')}"; ` +
        `open -p ${server.port} -u ${server.user}, sftp://127.0.0.1; mirror --parallel=8 ${from} ${to}`,
    ],
  },
];

function sshOptions(key: string): readonly string[] {
  return ['-i', key, '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes'];
}

/** `full`: the small files as many as the goal says. */
export function run(full: boolean): Promise<readonly Figure[]> {
  return inWorld(async (world) => {
    const host = await openConnectorHost({
      packages: ['@waybill/connector-sftp'],
      spoolDirectory: join(world.directory, 'spool'),
      environment: () => undefined,
      log: () => {},
      clock: systemClock,
    });
    const house = { ...world, host, rclone: await rcloneConfig(world) };
    try {
      const { crypto } = await host.check(endpointOf(house, '.'), new AbortController().signal);
      const count = full ? 5_000 : 2_000;
      const small = { ...SMALL, count, name: `get ${count.toLocaleString('en')} x 20 KiB` };
      return [
        ...(await compare(house, small, crypto ?? 'unknown')),
        ...(await compare(house, LARGE, crypto ?? 'unknown')),
        await memoryOfHugeFile(house),
      ];
    } finally {
      await host.close();
    }
  });
}

/** All in turn, so that whatever else the machine does meets all of them. */
async function compare(house: House, set: FileSet, crypto: string): Promise<readonly Figure[]> {
  const from = join(house.directory, set.folder);
  await layOut(from, set);
  const ours: Cost[] = [];
  const theirs = PEERS.filter(({ path }) => existsSync(path)).map((peer) => ({ ...peer, costs: [] as Cost[] }));
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await costOf(house, () => get(house, set)));
    for (const { command, costs } of theirs) {
      const landing = join(house.directory, 'landing');
      costs.push(await costOf(house, () => cpuOf(command(house, from, landing))));
      await rm(landing, { recursive: true });
    }
  }
  await rm(from, { recursive: true });
  const us = medianCost(ours);
  const name = `${set.name} with digest (${crypto} crypto)`;
  const beside = theirs.flatMap(({ name: peer, costs }) =>
    figuresBeside(set, name, us, { peer, ...medianCost(costs) }),
  );
  const absent = PEERS.filter(({ path }) => !existsSync(path)).map(({ name: peer }) => `${peer} is not installed`);
  return [
    ...beside,
    ...absent.map((peer) => ({ name, value: us.seconds, unit: 's', cpuSeconds: us.cpuSeconds, peer })),
  ];
}

function figuresBeside(
  set: FileSet,
  name: string,
  us: Cost,
  them: Cost & { readonly peer: string },
): readonly Figure[] {
  const { peer } = them;
  const [wall, cpu] = set.folder === 'small' ? ['<= 0.45 x', '<= 0.3 x'] : ['<= 0.7 x', '<= 0.6 x'];
  const isGoal = peer === 'rclone';
  return [
    {
      ...{ name, value: us.seconds, unit: 's', cpuSeconds: us.cpuSeconds, ratio: us.seconds / them.seconds, peer },
      goal: isGoal ? wall : undefined,
    },
    {
      ...{ name: `${set.name}, CPU of both ends`, value: us.cpuSeconds, unit: 's' },
      ...{ ratio: us.cpuSeconds / them.cpuSeconds, peer, goal: isGoal ? cpu : undefined },
    },
  ];
}

async function get(house: House, set: FileSet): Promise<number> {
  const began = process.cpuUsage();
  const signal = new AbortController().signal;
  const source = await house.host.source(endpointOf(house, set.folder), signal);
  const paths: string[] = [];
  for await (const item of source.list(signal)) paths.push(item.path);
  if (paths.length !== set.count) throw new Error(`${paths.length} of ${set.count} files are listed`);
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

async function memoryOfHugeFile(house: House): Promise<Figure> {
  await mkdir(join(house.directory, 'huge'));
  const path = join(house.directory, 'huge', 'sparse');
  await writeFile(path, '');
  const file = await open(path, 'r+');
  await file.truncate(HUGE_BYTES);
  await file.close();
  const signal = new AbortController().signal;
  const source = await house.host.source(endpointOf(house, 'huge'), signal);
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
