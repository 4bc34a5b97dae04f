/**
 * Writes to a FHIR server over TLS, each looked up before it is written, against bare undici posting the same bytes to
 * the same server; and HTTP/2 against HTTP/1.1.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { systemClock } from '../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost } from '../plugins/host/index.ts';
import type { Parcel, Target } from '../plugins/sdk/index.ts';
import { type FhirBench, startFhirBench, TOKEN } from './fhir/start.ts';
import type { Figure } from './figure.ts';
import { inTurn } from './rounds.ts';

/** Twice as many as connections: while some wait for the disk, others are on their way. */
const AT_ONCE = 16;
const CONNECTIONS = 8;
const SETS = [
  { name: 'records one by one', parcels: 1_000, records: 1, goal: '>= 0.7 x' },
  { name: 'Bundles of 100', parcels: 60, records: 100, goal: '>= 0.85 x' },
] as const;
type RecordSet = (typeof SETS)[number];
/** So that a resource has about 3 KiB. */
const NOTE = 'A line of narrative as it stands in many an observation. '.repeat(48);
const never = new AbortController().signal;

interface Shipment {
  readonly parcel: Parcel;
  readonly bytes: Uint8Array;
  /** The request that the connector makes of it, to its last byte: one that looks first, at the server. */
  readonly transaction: Uint8Array;
}

export async function run(): Promise<readonly Figure[]> {
  // The spool is written durably before anything is sent: on a disk that is the disk's figure, and not ours.
  const directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'waybill-bench-fhir-'));
  const ready = await startFhirBench(directory);
  const host = await openConnectorHost({
    packages: ['@waybill/connector-https-api'],
    spoolDirectory: join(directory, 'spool'),
    environment: () => TOKEN,
    log: () => {},
    clock: systemClock,
  });
  try {
    const figures: Figure[] = [];
    for (const set of SETS) figures.push(await writes(host, ready, set));
    for (const set of SETS) figures.push(await protocols(ready, set));
    return figures;
  } finally {
    await host.close();
    ready.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function writes(host: ConnectorHost, { authority: ca, baseUrl }: FhirBench, set: RecordSet): Promise<Figure> {
  const config = { baseUrl, profile: 'fhir-r4', ca };
  const target = await host.target({ connector: 'https-api', config, secrets: { token: 'env:TOKEN' } }, never);
  const agent = new Agent({ connections: CONNECTIONS, connect: { ca } });
  let round = 0;
  let ready: readonly Shipment[] = [];
  const costs = await inTurn(
    {
      ours: () => atOnce(ready, (shipment) => deliver(target, shipment)),
      bare: () => atOnce(ready, ({ transaction }) => post(agent, baseUrl, transaction)),
    },
    (name) => {
      ready = shipments(set, `${name}-${round++}`);
    },
  );
  await target.close();
  await agent.destroy();
  const count = set.parcels * set.records;
  return {
    name: `${set.name}, looked up before they are written`,
    value: count / costs.ours.seconds,
    unit: 'writes/s',
    cpuSeconds: costs.ours.cpuSeconds,
    ratio: costs.bare.seconds / costs.ours.seconds,
    peer: `bare undici (${Math.round(count / costs.bare.seconds)}/s, CPU ${costs.bare.cpuSeconds.toFixed(2)} s)`,
    goal: set.goal,
  };
}

async function protocols({ authority: ca, bareUrl }: FhirBench, set: RecordSet): Promise<Figure> {
  const agents = {
    h1: new Agent({ connections: CONNECTIONS, allowH2: false, connect: { ca } }),
    h2: new Agent({ connections: 1, pipelining: CONNECTIONS, connect: { ca, allowH2: true, preferH2: true } }),
  };
  const bodies = shipments(set, 'same').map(({ transaction }) => transaction);
  const costs = await inTurn({
    h1: () => atOnce(bodies, (body) => post(agents.h1, bareUrl, body)),
    h2: () => atOnce(bodies, (body) => post(agents.h2, bareUrl, body)),
  });
  await Promise.all([agents.h1.destroy(), agents.h2.destroy()]);
  return {
    name: `${set.name}, undici over HTTP/2`,
    value: set.parcels / costs.h2.seconds,
    unit: 'requests/s',
    cpuSeconds: costs.h2.cpuSeconds,
    ratio: costs.h1.seconds / costs.h2.seconds,
    peer: `HTTP/1.1 (CPU ${costs.h1.cpuSeconds.toFixed(2)} s)`,
  };
}

function shipments({ parcels, records }: RecordSet, round: string): readonly Shipment[] {
  return Array.from({ length: parcels }, (_, at) => {
    const lines = Array.from({ length: records }, (_each, n) => {
      const identifier = [{ system: 'urn:waybill:source', value: `${round}-${at}-${n}` }];
      const resource = { resourceType: 'Observation', identifier, status: 'final', note: [{ text: NOTE }] };
      return `${JSON.stringify(resource)}\n`;
    });
    const bytes = Buffer.from(lines.join(''));
    const transaction = Buffer.from(transactionOf(lines));
    const key = `${round}-${at}`;
    const mediaType = 'application/fhir+ndjson';
    const parcel: Parcel = { key, path: key, shape: 'records', mediaType, sizeBytes: bytes.byteLength };
    return { bytes, transaction, parcel };
  });
}

function transactionOf(lines: readonly string[]): string {
  const entries = lines.map((line) => {
    const [, value = ''] = /"value":"([^"]*)"/.exec(line) ?? [];
    const ifNoneExist = `identifier=${encodeURIComponent(`urn:waybill:source|${value}`)}`;
    const request = JSON.stringify({ method: 'POST', url: 'Observation', ifNoneExist });
    return `{"resource":${line.trimEnd()},"request":${request}}`;
  });
  return `{"resourceType":"Bundle","type":"transaction","entry":[${entries.join(',')}]}`;
}

async function deliver(target: Target, { bytes, parcel }: Shipment): Promise<void> {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  const staged = await target.stage(parcel, chunks(), never);
  const { parts } = await target.commit(parcel, staged, never);
  if (parts === undefined || parts.length === 0) throw new Error('nothing was written');
}

async function post(agent: Agent, url: string, body: Uint8Array): Promise<void> {
  const { origin, pathname } = new URL(url);
  const headers = { 'content-type': 'application/fhir+json', authorization: `Bearer ${TOKEN}` };
  const answer = await agent.request({ origin, path: pathname, method: 'POST', headers, body });
  await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
}

async function atOnce<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await work(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
