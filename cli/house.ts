/** Opens a house: database, strongroom, the parts asked for, and the gateway in front of them. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  embeddedTransport,
  openGateway,
  remoteTransport,
  type Gateway,
  type SubgraphTransport,
} from '../gateway/main.ts';
import { BANDWIDTH_CHANGED, type BandwidthChanged } from '../kernel/bandwidth.ts';
import { systemClock } from '../kernel/clock.ts';
import { SUBGRAPHS, type SubgraphName } from '../kernel/event.ts';
import { Fault } from '../kernel/fault.ts';
import { Bandwidth } from '../runtime/bandwidth.ts';
import type { Config } from '../runtime/config.ts';
import { type Database, openDatabase } from '../runtime/database.ts';
import { follow } from '../runtime/follow.ts';
import { openKeys, readIdentities } from '../runtime/keys.ts';
import { openLog, type Log } from '../runtime/log.ts';
import { openMetrics, type Metrics } from '../runtime/metrics.ts';
import { openStrongroom } from '../runtime/strongroom.ts';
import {
  runSubgraphs,
  serveSubgraph,
  type OpenSubgraph,
  type RunningSubgraphs,
  type SubgraphContext,
} from '../runtime/subgraph.ts';
import { WAKEUP_TOPICS } from '../runtime/wakeups.ts';
import { PART_PORTS, PARTS } from './parts.ts';

/** `worker` runs the handlers and jobs of every subgraph and serves none. */
export type Part = SubgraphName | 'gateway' | 'worker';

export interface HouseOptions {
  readonly config: Config;
  /** What runs in this process. With all of them nothing but the gateway listens. */
  readonly parts: readonly Part[];
  readonly log?: Log | undefined;
}

export interface House {
  readonly config: Config;
  /** Present when the gateway is one of the parts. */
  readonly gateway: Gateway | undefined;
  /** Where the parts that run on their own listen. */
  readonly addresses: readonly string[];
  /** Calls `listener` when something was told or done here, until the answer is called. A hint, as wake-ups are. */
  onNews(listener: () => void): () => void;
  /** What gave up for good and needs a person: a parked job or a stopped handler, as `code: what`. */
  troubles(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Four processes move bytes where parts run in processes of their own: inventory, transfer, validation, worker. */
const SHARE_OF_A_PART = 0.25;
const SUPERGRAPH = join(import.meta.dirname, '..', 'schema', 'supergraph.graphql');

/** Opens what `options` asks for, in order; what was opened is closed again when a later step fails. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { config, parts } = options;
  const served = SUBGRAPHS.filter((name) => parts.includes(name));
  const names = parts.includes('worker') ? SUBGRAPHS : served;
  const isWhole = served.length === SUBGRAPHS.length && parts.includes('gateway');
  if (names.length > 0 && !isWhole && config.databaseUrl === undefined) throw needsServer();
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const ground = { config, log: options.log ?? openLog(systemClock), metrics: openMetrics(), closers };
    const share = config.bandwidthShare ?? (isWhole ? 1 : SHARE_OF_A_PART);
    const crew = names.length > 0 ? await openCrew(names, share, ground) : undefined;
    const subgraphs = crew?.subgraphs ?? [];
    const alone = isWhole ? [] : subgraphs.filter(({ name }) => served.includes(name));
    const addresses = await serveEach(alone, ground);
    const gateway = parts.includes('gateway') ? await gatewayOf(isWhole ? subgraphs : [], ground) : undefined;
    if (gateway) closers.push(() => gateway.close());
    const onNews = (listener: () => void) => newsOf(crew?.database, listener);
    return { config, gateway, addresses, onNews, troubles: () => troublesOf(crew?.running), close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/** What every part stands on. */
interface Ground {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly closers: (() => Promise<void>)[];
}

interface Crew {
  readonly database: Database;
  readonly subgraphs: readonly OpenSubgraph[];
  readonly running: RunningSubgraphs;
}

async function openCrew(names: readonly SubgraphName[], share: number, ground: Ground): Promise<Crew> {
  const { config, log, metrics, closers } = ground;
  const { directory, databaseUrl: url } = config;
  const stores = names.map((name) => PARTS[name].store);
  const database = await openDatabase({ url, directory, stores, clock: systemClock });
  closers.push(() => database.close());
  const strongroom = await openStrongroom(directory);
  const keys = openKeys(directory);
  const random = (bytes: number) => randomBytes(bytes);
  const bandwidth = new Bandwidth({ clock: systemClock, share });
  const change = (payload: unknown): void => {
    const { migrationId, bandwidth: rules, inForceSince: since } = payload as BandwidthChanged;
    bandwidth.order(migrationId, { rules, since });
  };
  closers.push(await follow({ database, log, type: BANDWIDTH_CHANGED, tell: ({ payload }) => change(payload) }));
  const machine = { clock: systemClock, random, log, metrics, bandwidth };
  const context: SubgraphContext = { ...machine, database, strongroom, config, keys };
  const subgraphs: OpenSubgraph[] = [];
  try {
    for (const name of names) subgraphs.push(await PARTS[name].open(context));
  } catch (error) {
    for (const subgraph of subgraphs) await subgraph.close().catch(() => undefined);
    throw error;
  }
  const running = runSubgraphs(subgraphs, { database, log, metrics });
  closers.push(() => running.close());
  return { database, subgraphs, running };
}

function newsOf(database: Database | undefined, listener: () => void): () => void {
  const leaves = WAKEUP_TOPICS.map((topic) => database?.platform.wakeups.on(topic, listener));
  return () => {
    for (const leave of leaves) leave?.();
  };
}

async function troublesOf(running: RunningSubgraphs | undefined): Promise<readonly string[]> {
  if (!running) return [];
  const [parked, stopped] = await Promise.all([running.workers.parked(), running.dispatcher.stopped()]);
  return [
    ...parked.map(({ kind, code, message }) => `${code}: the job ${kind} gave up: ${message}`),
    ...stopped.map(({ handler, code }) => `${code}: the handler ${handler} has stopped`),
  ];
}

async function serveEach(subgraphs: readonly OpenSubgraph[], ground: Ground): Promise<readonly string[]> {
  const { config, log, closers } = ground;
  const addresses: string[] = [];
  for (const subgraph of subgraphs) {
    const port = Number(config.environment(`WAYBILL_${subgraph.name.toUpperCase()}_PORT`) ?? PART_PORTS[subgraph.name]);
    const served = await serveSubgraph(subgraph, { port, key: config.requestKey, clock: systemClock, log });
    closers.push(() => served.close());
    addresses.push(`${subgraph.name} http://127.0.0.1:${served.port}/graphql`);
  }
  return addresses;
}

async function gatewayOf(subgraphs: readonly OpenSubgraph[], { config, log, metrics }: Ground): Promise<Gateway> {
  const transports: Record<string, SubgraphTransport> = {};
  for (const name of SUBGRAPHS) {
    const here = subgraphs.find((each) => each.name === name);
    const url =
      config.environment(`WAYBILL_${name.toUpperCase()}_URL`) ?? `http://127.0.0.1:${PART_PORTS[name]}/graphql`;
    transports[name] = here ? embeddedTransport(here.schema) : remoteTransport(url, config.requestKey, systemClock);
  }
  const gateway: Gateway = await openGateway({
    supergraphSdl: readFileSync(SUPERGRAPH, 'utf8'),
    transports,
    port: config.port,
    identities: { find: (id) => readIdentities(config.directory).get(id) },
    anonymous: config.anonymous,
    requestKey: config.requestKey,
    clock: systemClock,
    log,
    metrics: () => {
      for (const [name, value] of Object.entries(gateway.counts())) metrics.gauge(`gateway_${name}`, value);
      return metrics.text();
    },
  });
  return gateway;
}

function needsServer(): Fault {
  return new Fault({
    code: 'DATABASE_REQUIRED',
    retry: 'permanent',
    message: 'parts in processes of their own share a PostgreSQL database: set WAYBILL_DATABASE_URL=postgres://...',
  });
}
