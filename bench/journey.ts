/** `npm start`: from the command to the first live event, and how fast the demonstration's items move. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { derivedId } from '../kernel/id.ts';
import { runWaybill, startWaybill } from '../test/support/waybill.ts';
import type { Figure } from './figure.ts';
import { median } from './rounds.ts';

const ROUNDS = 3;
const FIRST_BATCH = derivedId('bat', derivedId('ds', derivedId('mig', 'demonstration'), 'demographics'), '1');
const SUBSCRIPTION = `subscription { batchProgress(batchId: "${FIRST_BATCH}") { seq batch { id dataset { name } } } }`;

export async function run(): Promise<readonly Figure[]> {
  const first: number[] = [];
  const rates: { items: number; bytes: number; seconds: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    first.push(await inPlace(firstLiveEvent));
    rates.push(await inPlace(throughput));
  }
  const typical = rates.sort((left, right) => left.seconds - right.seconds)[Math.floor(ROUNDS / 2)];
  const { items = 0, bytes = 0, seconds = 1 } = typical ?? {};
  return [
    { name: 'npm start to the first live event', value: median(first), unit: 's', goal: '<= 10 s' },
    { name: 'demonstration, all steps and both digests', value: items / seconds, unit: 'items/s' },
    { name: 'demonstration, all steps and both digests', value: bytes / 1_048_576 / seconds, unit: 'MiB/s' },
  ];
}

async function firstLiveEvent(directory: string): Promise<number> {
  const started = performance.now();
  const running = startWaybill(['demo', '--data', join(directory, 'data')], { directory, environment: { PORT: '0' } });
  try {
    const said = await running.said(/http:\/\/[^\s#]+\/graphql/);
    const url = (/http:\/\/[^\s#]+\/graphql/.exec(said)?.[0] ?? '').replace('http', 'ws');
    const client = createClient({ url, webSocketImpl: WebSocket, lazy: false });
    for await (const event of client.iterate({ query: SUBSCRIPTION })) if (event.data) break;
    await client.dispose();
    return (performance.now() - started) / 1000;
  } finally {
    running.process.kill('SIGTERM');
    await running.ended;
  }
}

async function throughput(directory: string): Promise<{ items: number; bytes: number; seconds: number }> {
  const args = ['demo', '--once', '--json', '--data', join(directory, 'data')];
  const { json, stderr } = await runWaybill(args, { directory, environment: { PORT: '0' } });
  if (!json) throw new Error(stderr.slice(-400));
  return {
    items: json.datasets.reduce((sum, { eligible }) => sum + eligible, 0),
    bytes: json.bytes,
    seconds: json.seconds,
  };
}

async function inPlace<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'waybill-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
