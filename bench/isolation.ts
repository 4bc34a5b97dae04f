/** A connector in a process of its own against the same one in ours: 1 GiB that is read, and 100,000 items listed. */
import { createHash } from 'node:crypto';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isolatedConnector } from '../plugins/host/isolate/connector.ts';
import { ISOLATION_LEVELS, isAtLeast, type IsolationLevel } from '../plugins/host/isolate/level.ts';
import { SCAN, type ScannedTarget } from '../plugins/host/isolate/rooms.ts';
import { isolationHere } from '../plugins/host/isolate/tried.ts';
import type { Connector, ConnectorContext, Source } from '../plugins/sdk/index.ts';
import type { Figure } from './figure.ts';
import { type Cost, inTurn } from './rounds.ts';

const SIZE_BYTES = 1024 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const ITEMS = 100_000;

/** Makes bytes and items of nothing, so that what is measured is the way between the two processes. */
const CODE = `
const chunk = new Uint8Array(${CHUNK_BYTES}).fill(7);
async function* read() {
  for (let at = 0; at < ${SIZE_BYTES}; at += ${CHUNK_BYTES}) yield chunk.slice();
}
export default {
  apiVersion: 1, id: 'bench', title: 'Bench', version: '1.0.0', roles: ['source', 'target'], secrets: [],
  capabilities: { resumeRead: true, listing: true, shapes: [], remoteDigest: false, concurrencyMax: 4 },
  config: { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) } },
  check: async () => ({}),
  openSource: async () => ({
    async *list() {
      for (let at = 0; at < ${ITEMS}; at++) yield { path: 'folder/item-' + at, sizeBytes: at };
    },
    read,
    close: async () => {},
  }),
  openTarget: async () => ({ read, close: async () => {} }),
};`;

const never = new AbortController().signal;
const CONTEXT: ConnectorContext = {
  secret: () => '',
  spool: { write: async () => 0, read: async function* () {}, remove: async () => {} },
  log: () => {},
  now: () => new Date(),
};

export async function run(): Promise<readonly Figure[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'waybill-bench-')));
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'bench', type: 'module' }));
    await writeFile(join(folder, 'index.js'), CODE);
    const entry = pathToFileURL(join(folder, 'index.js')).href;
    const { default: near } = (await import(entry)) as { readonly default: Connector };
    const here = (await isolationHere()).level;
    const figures: Figure[] = [];
    for (const level of ISOLATION_LEVELS.filter((each) => isAtLeast(here, each))) {
      const far = await isolatedConnector({ folder, entry, level });
      figures.push(...(await compare(level, await opened(near), await opened(far))));
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Opened {
  readonly source: Source;
  readonly target: ScannedTarget;
}

async function compare(level: IsolationLevel, near: Opened, far: Opened): Promise<readonly Figure[]> {
  const bytes = await inTurn({
    near: () => digest(near.source.read('item', 0, never)),
    far: () => digest(far.source.read('item', 0, never)),
  });
  const back = await inTurn({ near: () => digest(scanned(near)), far: () => digest(scanned(far)) });
  const items = await inTurn({ near: () => list(near.source), far: () => list(far.source) });
  await Promise.all([near, far].flatMap(({ source, target }) => [source.close(), target.close()]));
  return [
    gibibyte(`1 GiB with digest out of a process of its own, ${level}`, bytes),
    gibibyte(`1 GiB read back with digest from a process of its own, ${level}`, back),
    {
      ...{
        name: `100 k items listed by a process of its own, ${level}`,
        value: ITEMS / items.far.seconds,
        unit: 'items/s',
      },
      ...{ ratio: items.far.seconds / items.near.seconds, peer: 'in-process', goal: '>= 150,000 items/s' },
      cpuSeconds: items.far.cpuSeconds,
    },
  ];
}

function gibibyte(name: string, { near, far }: Readonly<Record<'near' | 'far', Cost>>): Figure {
  return {
    ...{ name, value: far.seconds, unit: 's' },
    ...{ ratio: far.seconds / near.seconds, peer: 'in-process', goal: '<= 1.35 x' },
    // What the other process used is not in it.
    cpuSeconds: far.cpuSeconds,
  };
}

async function opened(connector: Connector): Promise<Opened> {
  const source = await connector.openSource?.({}, CONTEXT, never);
  const target = await connector.openTarget?.({}, CONTEXT, never);
  if (source === undefined || target === undefined) throw new Error('it is not both');
  return { source, target };
}

/** As it is read back: each chunk is digested before the next is asked for. */
function scanned({ target }: Opened): AsyncIterable<Uint8Array> {
  return (target[SCAN] ?? target.read)('item', 0, never);
}

async function digest(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const running = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of bytes) {
    running.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  running.digest();
  if (sizeBytes !== SIZE_BYTES) throw new Error(`${sizeBytes} bytes of 1 GiB arrived`);
}

async function list(source: Source): Promise<void> {
  let items = 0;
  for await (const _ of source.list(never)) items += 1;
  if (items !== ITEMS) throw new Error(`${items} of ${ITEMS} items were listed`);
}
