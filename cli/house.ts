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
import { systemClock } from '../kernel/clock.ts';
import { SUBGRAPHS, type SubgraphName } from '../kernel/event.ts';
import { Fault } from '../kernel/fault.ts';
import type { Config } from '../runtime/config.ts';
import { openDatabase, type Database } from '../runtime/database.ts';
import { startDispatcher } from '../runtime/inbox.ts';
import { startWorkers } from '../runtime/jobs.ts';
import { openKeys, readIdentities } from '../runtime/keys.ts';
import { openLog, type Log } from '../runtime/log.ts';
import { openMetrics, type Metrics } from '../runtime/metrics.ts';
import { openStrongroom, type Strongroom } from '../runtime/strongroom.ts';
import { serveSubgraph, type OpenSubgraph, type SubgraphContext } from '../runtime/subgraph.ts';
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
  readonly strongroom: Strongroom;
  readonly database: Database | undefined;
  /** Present when the gateway is one of the parts. */
  readonly gateway: Gateway | undefined;
  /** Where the parts that run on their own listen. */
  readonly addresses: readonly string[];
  close(): Promise<void>;
}

const SUPERGRAPH = join(import.meta.dirname, '..', 'schema', 'supergraph.graphql');

/** Opens what `options` asks for, in order; what was opened is closed again when a later step fails. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { config } = options;
  const served = SUBGRAPHS.filter((name) => options.parts.includes(name));
  const names = options.parts.includes('worker') ? SUBGRAPHS : served;
  const isWhole = served.length === SUBGRAPHS.length && options.parts.includes('gateway');
  if (names.length > 0 && !isWhole && config.databaseUrl === undefined) throw needsServer();
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const log = options.log ?? openLog(systemClock);
    const metrics = openMetrics();
    const strongroom = await openStrongroom(config.directory);
    const keys = openKeys(config.directory);
    const subgraphs: OpenSubgraph[] = [];
    let database: Database | undefined;
    if (names.length > 0) {
      const stores = names.map((name) => PARTS[name].store);
      database = await openDatabase({
        url: config.databaseUrl,
        directory: config.directory,
        stores,
        clock: systemClock,
      });
      closers.push(() => database?.close() ?? Promise.resolve());
      const random = (bytes: number) => randomBytes(bytes);
      const context: SubgraphContext = { database, strongroom, clock: systemClock, random, log, config, metrics, keys };
      for (const name of names) {
        const subgraph = await PARTS[name].open(context);
        closers.push(() => subgraph.close());
        subgraphs.push(subgraph);
      }
      const handlers = Object.fromEntries(subgraphs.map((each) => [each.name, each.handlers]));
      const jobs = Object.fromEntries(subgraphs.map((each) => [each.name, each.jobs]));
      const dispatcher = startDispatcher({ database, handlers, log, metrics });
      closers.push(() => dispatcher.close());
      const workers = startWorkers({ database, jobs, log, metrics });
      closers.push(() => workers.close());
    }
    const alone = isWhole ? [] : subgraphs.filter(({ name }) => served.includes(name));
    const addresses = await serveEach(alone, config, log, closers);
    const gateway = options.parts.includes('gateway')
      ? await gatewayOf(isWhole ? subgraphs : [], config, log, metrics)
      : undefined;
    if (gateway) closers.push(() => gateway.close());
    return { config, strongroom, database, gateway, addresses, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

async function serveEach(
  subgraphs: readonly OpenSubgraph[],
  config: Config,
  log: Log,
  closers: (() => Promise<void>)[],
): Promise<readonly string[]> {
  const addresses: string[] = [];
  for (const subgraph of subgraphs) {
    const port = Number(config.environment(`WAYBILL_${subgraph.name.toUpperCase()}_PORT`) ?? PART_PORTS[subgraph.name]);
    const served = await serveSubgraph(subgraph, { port, key: config.requestKey, clock: systemClock, log });
    closers.push(() => served.close());
    addresses.push(`${subgraph.name} http://127.0.0.1:${served.port}/graphql`);
  }
  return addresses;
}

function gatewayOf(subgraphs: readonly OpenSubgraph[], config: Config, log: Log, metrics: Metrics): Promise<Gateway> {
  const transports: Record<string, SubgraphTransport> = {};
  for (const name of SUBGRAPHS) {
    const here = subgraphs.find((each) => each.name === name);
    const url =
      config.environment(`WAYBILL_${name.toUpperCase()}_URL`) ?? `http://127.0.0.1:${PART_PORTS[name]}/graphql`;
    transports[name] = here ? embeddedTransport(here.schema) : remoteTransport(url, config.requestKey, systemClock);
  }
  return openGateway({
    supergraphSdl: readFileSync(SUPERGRAPH, 'utf8'),
    transports,
    port: config.port,
    identities: { find: (id) => readIdentities(config.directory).get(id) },
    anonymous: config.anonymous,
    requestKey: config.requestKey,
    clock: systemClock,
    log,
    metrics: () => metrics.text(),
  });
}

function needsServer(): Fault {
  return new Fault({
    code: 'DATABASE_REQUIRED',
    retry: 'permanent',
    message: 'parts in processes of their own share a PostgreSQL database: set WAYBILL_DATABASE_URL=postgres://...',
  });
}
