/**
 * A whole migration from SFTP to SFTP by the command line (survey, manifest, both digests, read-back, reconciliation,
 * audit, evidence) beside `rclone copy` and `rclone check --download` on the same OpenSSH server; and of documents
 * from SFTP to a FHIR server, beside the same work of rclone.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startFhirBench, TOKEN } from './fhir/start.ts';
import type { Figure } from './figure.ts';
import { type Cost, medianCost } from './rounds.ts';
import { costOf, cpuOf, endpointOf, type Files, inWorld, layOut, rcloneConfig, type World } from './sftp/world.ts';

const RCLONE = '/usr/bin/rclone';
const TOKEN_NAME = 'BENCH_TOKEN';
const ROUNDS = 5;
const MIB = 1024 * 1024;
const WAYBILL = join(import.meta.dirname, '..', 'cli', 'waybill.mjs');

interface FileSet {
  readonly name: string;
  readonly parts: readonly Files[];
}

const SETS: readonly FileSet[] = [
  { name: '2 x 64 MiB', parts: [{ count: 2, sizeBytes: 64 * MIB }] },
  { name: '1,000 x 20 KiB', parts: [{ count: 1_000, sizeBytes: 20 * 1024 }] },
];
/** As large as the goal says. */
const FULL: readonly FileSet[] = [
  { name: '4 x 256 MiB', parts: [{ count: 4, sizeBytes: 256 * MIB }] },
  { name: '5,000 x 20 KiB', parts: [{ count: 5_000, sizeBytes: 20 * 1024 }] },
  {
    name: 'mixed (2,500 x 20 KiB, 2 x 256 MiB)',
    parts: [
      { count: 2_500, sizeBytes: 20 * 1024 },
      { count: 2, sizeBytes: 256 * MIB },
    ],
  },
];

/** `full`: at the size of the goal. */
export function run(full: boolean): Promise<readonly Figure[]> {
  return inWorld(async (world) => {
    const figures: Figure[] = [];
    for (const set of full ? FULL : SETS) figures.push(...(await compare(world, set, 'SFTP')));
    const documents = { count: full ? 5_000 : 1_000, sizeBytes: 20 * 1024 };
    const name = `${documents.count.toLocaleString('en')} x 20 KiB`;
    return [...figures, ...(await compare(world, { name, parts: [documents] }, 'FHIR'))];
  });
}

type Kind = 'SFTP' | 'FHIR';

/** Both in turn, so that whatever else the machine does meets both. */
async function compare(world: World, set: FileSet, kind: Kind): Promise<readonly Figure[]> {
  const source = join(world.directory, 'source');
  for (const [at, files] of set.parts.entries()) await layOut(join(source, `part-${at}`), files);
  const [ours, theirs]: [Cost[], Cost[]] = [[], []];
  const config = await rcloneConfig(world);
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await costOf(world, () => (kind === 'SFTP' ? toSftp(world) : toFhir(world))));
    if (existsSync(RCLONE)) theirs.push(await costOf(world, () => rclone(world, config)));
  }
  await rm(source, { recursive: true });
  const us = medianCost(ours);
  const value = { name: `SFTP to ${kind}, ${set.name}`, value: us.seconds, unit: 's', cpuSeconds: us.cpuSeconds };
  if (theirs.length === 0) return [{ ...value, peer: 'rclone is not installed' }];
  const [them, peer] = [medianCost(theirs), 'rclone copy + check --download'];
  return [
    { ...value, ratio: us.seconds / them.seconds, peer, goal: '<= 0.7 x' },
    {
      ...{
        name: `SFTP to ${kind}, ${set.name}, CPU of ${kind === 'SFTP' ? 'both ends' : 'us and OpenSSH'}`,
        value: us.cpuSeconds,
        unit: 's',
      },
      ...{ ratio: us.cpuSeconds / them.cpuSeconds, peer, goal: '<= 0.6 x' },
    },
  ];
}

async function toSftp(world: World): Promise<number> {
  const target = join(world.directory, 'target');
  await mkdir(target);
  const used = await migrate(world, endpointOf(world, 'target'));
  await rm(target, { recursive: true });
  return used;
}

/** Into a server of its own each time: what is there already would not be written. */
async function toFhir(world: World): Promise<number> {
  const directory = await mkdtemp(join(world.directory, 'fhir-'));
  const server = await startFhirBench(directory);
  try {
    const config = { baseUrl: server.baseUrl, profile: 'fhir-r4', ca: server.authority };
    return await migrate(world, { connector: 'https-api', config, secrets: { token: `env:${TOKEN_NAME}` } });
  } finally {
    server.stop();
    await rm(directory, { recursive: true });
  }
}

async function migrate(world: World, target: object): Promise<number> {
  const [data, plan] = [join(world.directory, 'data'), join(world.directory, 'plan.json')];
  const files = { name: 'files', tier: 'historical-searchable', select: '**', format: 'bytes', owner: 'bench' };
  await writeFile(
    plan,
    JSON.stringify({
      migration: 'bench',
      source: endpointOf(world, 'source'),
      target,
      datasets: [{ ...files, lineage: 'pass-through' }],
      policy: join(world.directory, 'policy.json'),
    }),
  );
  await writeFile(
    join(world.directory, 'policy.json'),
    JSON.stringify({ survey: { inspect: 'none' }, transfer: { concurrency: 16 }, validation: { concurrency: 16 } }),
  );
  const used = await cpuOf([
    'env',
    `${TOKEN_NAME}=${TOKEN}`,
    'node',
    WAYBILL,
    'migrate',
    plan,
    '--data',
    data,
    '--json',
  ]);
  await rm(data, { recursive: true });
  return used;
}

async function rclone({ directory }: World, config: string): Promise<number> {
  const [from, to] = [`bench:${join(directory, 'source')}`, `bench:${join(directory, 'target')}`];
  const options = ['--config', config, '--transfers', '8', '--checkers', '8'];
  const copied = await cpuOf(['rclone', 'copy', from, to, ...options]);
  const checked = await cpuOf(['rclone', 'check', '--download', from, to, ...options]);
  await rm(join(directory, 'target'), { recursive: true });
  return copied + checked;
}
