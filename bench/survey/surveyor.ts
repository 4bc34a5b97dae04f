/** Surveys a source without a disk, in a process of its own: `survey FOLDER ITEMS SCOPE`, or `list FOLDER ITEMS`. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { resourceUsage } from 'node:process';
import { graphql } from 'graphql';
import { stringify } from 'yaml';
import { systemClock } from '../../kernel/clock.ts';
import { openConnectorHost } from '../../plugins/host/index.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openDatabase } from '../../runtime/database.ts';
import { openKeys } from '../../runtime/keys.ts';
import { silentLog } from '../../runtime/log.ts';
import { Bandwidth } from '../../runtime/bandwidth.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { openStrongroom } from '../../runtime/strongroom.ts';
import { type OpenSubgraph, runSubgraphs } from '../../runtime/subgraph.ts';
import { inventory } from '../../subgraphs/inventory/main.ts';

export interface Surveyed {
  readonly listed: number;
  readonly inspected: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

const LISTER = join(import.meta.dirname, 'lister');
const CONNECTORS = [LISTER, '@waybill/connector-memory'];
const [, , act, directory = '', items = '0', inspect = 'all'] = process.argv;
const endpoint = { connector: 'bench-lister', config: { items: Number(items) }, secrets: {} };
const environment = (): undefined => undefined;

async function measured(work: () => Promise<{ listed: number; inspected: number }>): Promise<Surveyed> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const counts = await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  return { ...counts, seconds, cpuSeconds: (user + system) / 1e6, peakMb: resourceUsage().maxRSS / 1024 };
}

/** What any listing costs: every item once, through the host. */
async function list(): Promise<Surveyed> {
  const spoolDirectory = join(directory, 'spool');
  const host = await openConnectorHost({
    ...{ packages: CONNECTORS, spoolDirectory, environment, clock: systemClock },
    log: () => undefined,
  });
  const { signal } = new AbortController();
  const source = await host.source(endpoint, signal);
  const surveyed = await measured(async () => {
    let listed = 0;
    for await (const _ of source.list(signal)) listed += 1;
    return { listed, inspected: 0 };
  });
  await source.close();
  await host.close();
  return surveyed;
}

async function survey(): Promise<Surveyed> {
  const database = await openDatabase({ directory, url: undefined, stores: [inventory.store], clock: systemClock });
  const config = loadConfig({ directory, connectors: CONNECTORS, environment: {} });
  const metrics = openMetrics();
  const strongroom = await openStrongroom(directory);
  const house = {
    database,
    strongroom,
    clock: systemClock,
    log: silentLog,
    config,
    metrics,
    bandwidth: new Bandwidth({ clock: systemClock }),
    keys: openKeys(directory),
  };
  const subgraph = await inventory.open({ ...house, random: (bytes) => randomBytes(bytes) });
  const running = runSubgraphs([subgraph], { database, log: silentLog, metrics });
  try {
    await ask(subgraph, DECLARE, { plan: planOf(), policy: stringify({ survey: { inspect } }) });
    await running.settled();
    return await measured(async () => {
      const { migrations } = await ask<{ migrations: { nodes: { id: string }[] } }>(subgraph, FIND);
      await ask(subgraph, SURVEY, { id: migrations.nodes[0]?.id });
      await running.settled();
      const found = await ask<{ migrations: { nodes: Found[] } }>(subgraph, FIND);
      const [run] = found.migrations.nodes[0]?.surveys.nodes ?? [];
      if (run?.state !== 'COMPLETE') throw new Error(`the survey is ${JSON.stringify(run)}`);
      return { listed: run.listed, inspected: run.inspected };
    });
  } finally {
    await running.close();
    await database.close();
  }
}

interface Found {
  readonly id: string;
  readonly surveys: { readonly nodes: readonly { state: string; listed: number; inspected: number }[] };
}

const DECLARE = `mutation($plan: JSON! $policy: String) {
  declareMigration(input: { plan: $plan, policy: $policy }) { userErrors { code message } } }`;
const FIND = '{ migrations { nodes { id surveys { nodes { state listed inspected failure { code reason } } } } } }';
const SURVEY = 'mutation($id: ID!) { surveyMigration(input: { migrationId: $id }) { userErrors { code } } }';

function planOf(): object {
  const dataset = { name: 'results', tier: 'historical-searchable', select: '**', format: 'hl7v2', owner: 'lab' };
  const target = { connector: 'memory', config: { place: 'target' } };
  return { migration: 'bench', source: endpoint, target, datasets: [{ ...dataset, lineage: 'pass-through' }] };
}

async function ask<T>({ schema }: OpenSubgraph, source: string, variableValues: object = {}): Promise<T> {
  const contextValue = { actor: { type: 'user', id: 'bench', roles: ['operator'] } };
  const { data, errors } = await graphql({ schema, source, variableValues: { ...variableValues }, contextValue });
  if (errors !== undefined) throw errors[0] ?? new Error('no error');
  const [answer] = Object.values(data ?? {}) as { userErrors?: readonly object[] }[];
  if ((answer?.userErrors?.length ?? 0) > 0) throw new Error(JSON.stringify(answer?.userErrors));
  return data as T;
}

process.stdout.write(JSON.stringify(await (act === 'survey' ? survey() : list())));
