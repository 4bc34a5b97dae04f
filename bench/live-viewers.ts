/** How late an event with fields of other subgraphs arrives at every viewer, against bare WebSocket writes. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { median } from './rounds.ts';
import { type Child, type Message, startChild } from './federation/child.ts';

const SIZES = [
  { viewers: 500, goal: '<= 43 ms, 0.1 x Hive (426 ms)' },
  { viewers: 10_000, goal: '<= 1.2 x the floor, <= 12 KiB a client' },
] as const;
const ROUNDS = 5;
const EVENTS_PER_ROUND = 4;
const BETWEEN_EVENTS_MS = 300;
const ARRIVAL_WAIT_MS = 20_000;

const SUBSCRIPTION = `subscription { batchProgress(batchId: "b-2") { atMs moved batch {
  id state dataset { name } verdict { matched differs } entries(first: 1) { action } } } }`;

interface Side {
  readonly publisher: Child;
  readonly server: Child;
  readonly viewers: Child;
  readonly p50s: number[];
  readonly p99s: number[];
  readonly bytesPerViewer: number;
  readonly cpuBefore: number;
}

export async function run(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const { viewers, goal } of SIZES) figures.push(...(await measure(viewers, goal)));
  return figures;
}

async function measure(viewers: number, goal: string): Promise<readonly Figure[]> {
  const subgraphs = await startChild('subgraphs');
  const gateway = await startChild('gateway', subgraphs.ready);
  const running: Child[] = [subgraphs, gateway];
  try {
    const ours = await side(subgraphs, gateway, viewers, SUBSCRIPTION, running);
    const { last } = await ours.viewers.ask('arrived', { atLeast: viewers, withinMs: ARRIVAL_WAIT_MS });
    const floor = await startChild('floor', { text: last });
    running.push(floor);
    const bare = await side(floor, floor, viewers, '', running);
    await ours.viewers.ask('take');
    for (let round = 0; round < ROUNDS; round++) {
      for (const each of [ours, bare]) await deliver(each, viewers);
    }
    const [us, them] = [median(ours.p99s), median(bare.p99s)];
    const cpuSeconds = (await gateway.cpuSeconds()) - ours.cpuBefore;
    const peer = `bare WebSocket writes (${them.toFixed(1)} ms)`;
    return [
      { name: `p99 of delivery, ${viewers} viewers`, value: us, unit: 'ms', goal, peer, ratio: us / them, cpuSeconds },
      { name: `p50 of delivery, ${viewers} viewers`, value: median(ours.p50s), unit: 'ms' },
      { name: `memory of the gateway, ${viewers} viewers`, value: ours.bytesPerViewer / 1024, unit: 'KiB a viewer' },
    ];
  } finally {
    await Promise.all(running.map((child) => child.stop()));
  }
}

async function side(publisher: Child, server: Child, count: number, query: string, running: Child[]): Promise<Side> {
  const rss = async (): Promise<number> => Number((await server.ask('rss'))['bytes']);
  const before = await rss();
  const details: Message = { url: server.ready['url'], query, count };
  const viewers = await startChild('viewers', details);
  running.push(viewers);
  const bytesPerViewer = ((await rss()) - before) / count;
  const cpuBefore = await server.cpuSeconds();
  return { publisher, server, viewers, p50s: [], p99s: [], bytesPerViewer, cpuBefore };
}

async function deliver({ publisher, viewers, p50s, p99s }: Side, count: number): Promise<void> {
  for (let event = 1; event <= EVENTS_PER_ROUND; event++) {
    await publisher.ask('publish', { batch: 'b-2' });
    await viewers.ask('arrived', { atLeast: event * count, withinMs: ARRIVAL_WAIT_MS });
    await wait(BETWEEN_EVENTS_MS);
  }
  const { ages } = (await viewers.ask('take')) as { ages: readonly number[] };
  if (ages.length !== EVENTS_PER_ROUND * count)
    throw new Error(`${ages.length} of ${EVENTS_PER_ROUND * count} arrived`);
  const sorted = ages.toSorted((left, right) => left - right);
  p50s.push(sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN);
  p99s.push(sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN);
}
