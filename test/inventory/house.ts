/** An inventory subgraph at work: a real store, strongroom and host, with the memory connector as its source. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { graphql } from 'graphql';
import { type Actor, type Role } from '../../kernel/actor.ts';
import type { BandwidthRules, Connection, Traffic } from '../../kernel/bandwidth.ts';
import type { Json } from '../../kernel/canonical-json.ts';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import type { AuditEntry, EventType, WaybillEvent } from '../../kernel/event.ts';
import { memoryPlace, type MemoryPlace } from '../../plugins/memory/index.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { Database } from '../../runtime/database.ts';
import { openKeys } from '../../runtime/keys.ts';
import { openLog } from '../../runtime/log.ts';
import { Bandwidth, type BandwidthOptions } from '../../runtime/bandwidth.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { auditRows, eventsAfter, START } from '../../runtime/outbox.ts';
import { openStrongroom, type Strongroom } from '../../runtime/strongroom.ts';
import { type OpenSubgraph, type RunningSubgraphs, runSubgraphs } from '../../runtime/subgraph.ts';
import { inventory } from '../../subgraphs/inventory/main.ts';
import type { Place } from '../support/databases.ts';

export const person = (id: string, ...roles: Role[]): Actor => ({ type: 'user', id, roles });
export const OLGA: Actor = person('olga', 'operator');
export const ANNA: Actor = person('anna', 'approver');

const ROWS_MAX = 1000;
const EVENT_TYPES: readonly EventType[] = [
  'inventory.migration-declared.v1',
  'inventory.dataset-surveyed.v1',
  'inventory.dataset-profiled.v1',
  'inventory.migration-surveyed.v1',
  'inventory.readiness-changed.v1',
  'inventory.fact-confirmed.v1',
  'inventory.policy-approved.v1',
  'inventory.expiry-near.v1',
  'inventory.bandwidth-changed.v1',
];

/** Keeps what connections were opened with. */
class Watched extends Bandwidth {
  readonly #opened: Traffic[];

  constructor(options: BandwidthOptions, opened: Traffic[]) {
    super(options);
    this.#opened = opened;
  }

  override connection(route: string, rules: BandwidthRules): Connection {
    this.#opened.push({ route, rules });
    return super.connection(route, rules);
  }
}

export class House {
  readonly source: MemoryPlace;
  readonly target: MemoryPlace;
  readonly names: { readonly source: string; readonly target: string };
  readonly said: string[] = [];

  private constructor(
    readonly database: Database,
    readonly strongroom: Strongroom,
    readonly subgraph: OpenSubgraph,
    readonly running: RunningSubgraphs,
    /** What every opened source shares its bandwidth with. */
    readonly opened: readonly Traffic[],
  ) {
    const name = randomBytes(6).toString('hex');
    this.names = { source: `source-${name}`, target: `target-${name}` };
    this.source = memoryPlace(this.names.source);
    this.target = memoryPlace(this.names.target);
  }

  static async open(
    place: Place,
    clock: Clock = systemClock,
    connectors: readonly string[] = ['@waybill/connector-memory'],
  ): Promise<House> {
    const database = await place.open([inventory.store], clock);
    const strongroom = await openStrongroom(place.directory);
    const said: string[] = [];
    const log = openLog(clock, (line) => said.push(line));
    const metrics = openMetrics();
    const { directory } = place;
    const config = loadConfig({ directory, connectors, environment: {} });
    const random = (bytes: number): Uint8Array => randomBytes(bytes);
    const keys = openKeys(directory);
    const opened: Traffic[] = [];
    const subgraph = await inventory.open({
      ...{ database, strongroom, clock, random, log, config, metrics, keys },
      bandwidth: new Watched({ clock }, opened),
    });
    const house = new House(
      database,
      strongroom,
      subgraph,
      runSubgraphs([subgraph], { database, log, metrics }),
      opened,
    );
    house.said.push(...said);
    return house;
  }

  /** A plan from the memory of this house to the memory of this house. */
  plan(datasets: readonly Json[], change: Readonly<Record<string, Json>> = {}): Json {
    const end = (place: string): Json => ({ connector: 'memory', config: { place } });
    const { source, target } = this.names;
    return { migration: 'st-anne', source: end(source), target: end(target), datasets, ...change };
  }

  /** What the one field of `query` answers; throws when it fails. `actor` null is nobody in particular. */
  async ask(
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
    actor: Actor | null = OLGA,
  ): Promise<unknown> {
    const { schema } = this.subgraph;
    const result = await graphql({
      schema,
      source: query,
      variableValues: variables,
      contextValue: { actor: actor ?? undefined },
    });
    if (result.errors !== undefined) throw result.errors[0] ?? new Error('no error');
    return JSON.parse(JSON.stringify(Object.values(result.data ?? {})[0] ?? null)) as unknown;
  }

  /** The code of the error that the query fails with. */
  async refused(query: string, variables: Readonly<Record<string, unknown>>, actor: Actor | null) {
    const { schema } = this.subgraph;
    const contextValue = { actor: actor ?? undefined };
    const result = await graphql({ schema, source: query, variableValues: variables, contextValue });
    return result.errors?.[0]?.extensions['code'];
  }

  async events(): Promise<readonly WaybillEvent[]> {
    const wanted = new Map(EVENT_TYPES.map((type) => [type, START]));
    return (await eventsAfter(this.database.platform, wanted, ROWS_MAX)).map(({ event }) => event);
  }

  async audit(): Promise<readonly AuditEntry[]> {
    const rows = await auditRows(this.database, START, ROWS_MAX);
    return rows.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as AuditEntry);
  }

  async close(): Promise<void> {
    await this.running.close();
  }
}

/** The part of an answer at `path`, for example `datasets.nodes.0.id`. */
export function at<T = string>(answer: unknown, path: string): T {
  const parts = path.split('.');
  return parts.reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], answer) as T;
}

const ajv = new Ajv({ allowUnionTypes: true });

/** What the published schema of an event says against its payload; null when it fits. */
export function problemsWith({ type, payload }: Pick<WaybillEvent, 'type' | 'payload'>): unknown {
  const path = new URL(`../../schema/events/${type}.json`, import.meta.url);
  const schema = JSON.parse(readFileSync(path, 'utf8')) as { $id: string };
  const validate = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
  return validate(payload) ? null : validate.errors;
}
