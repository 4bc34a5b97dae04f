/** A served house between a practice full of faults and its targets, and what people ask of it over the graph. */
import type { Client } from 'graphql-ws';
import { type Demonstration, prepareDemonstration } from '../../demo/demonstration.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Place, TestDialect } from '../support/databases.ts';
import { actor, ask, refusalOf, socketOf } from '../support/graph.ts';
import { type Household, household, type Person, type Served, serve } from '../support/household.ts';
import {
  type BatchAcross,
  BATCHES,
  type Batches,
  type ExceptionAcross,
  EXCEPTIONS,
  type Exceptions,
  MIGRATION,
  type MigrationState,
} from '../support/operations.ts';

const SEED = 5;

export class GraphHouse {
  readonly #place: Place;
  readonly world: Demonstration;
  readonly home: Household;
  readonly served: Served;
  readonly #clients: Client[] = [];
  /** The migration, once it is declared. */
  migrationId = '';

  private constructor(place: Place, world: Demonstration, home: Household, served: Served) {
    this.#place = place;
    this.world = world;
    this.home = home;
    this.served = served;
  }

  static async open(dialect: TestDialect, patients: number): Promise<GraphHouse> {
    const place = await dialect.enter();
    const { directory } = place;
    const options = { directory, clock: systemClock, seed: SEED, patients, faults: 'planted' } as const;
    const world = await prepareDemonstration(options);
    return new GraphHouse(place, world, await household(directory), await serve(place));
  }

  get url(): string {
    return this.served.url;
  }

  /** Mutations of a person, by name. */
  as(person: Person): ReturnType<typeof actor> {
    return actor(this.url, this.home.tokens[person]);
  }

  /** The codes the mutation of a person is refused with. */
  refused(person: Person, mutation: string, input: object): Promise<readonly unknown[]> {
    return refusalOf(this.url, this.home.tokens[person], mutation, input);
  }

  ask<T>(person: Person, query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<T> {
    return ask<T>(this.url, this.home.tokens[person], query, variables);
  }

  /** A socket of a person; closed with the house. */
  socket(person: Person): Client {
    const client = socketOf(this.url, this.home.tokens[person]);
    this.#clients.push(client);
    return client;
  }

  async state(): Promise<MigrationState['migration']> {
    return (await this.ask<MigrationState>('olga', MIGRATION, { id: this.migrationId })).migration;
  }

  async batches(): Promise<readonly BatchAcross[]> {
    return (await this.ask<Batches>('olga', BATCHES, { id: this.migrationId })).batches.nodes;
  }

  async batchOf(dataset: string): Promise<BatchAcross> {
    return found(await this.batches(), dataset, (each) => each.dataset.name);
  }

  async exceptions(person: Person): Promise<readonly ExceptionAcross[]> {
    return (await this.ask<Exceptions>(person, EXCEPTIONS, { id: this.migrationId })).exceptions.nodes;
  }

  async exceptionOf(category: string): Promise<ExceptionAcross> {
    return found(await this.exceptions('rita'), category, (each) => each.category);
  }

  /** A number of the process, as a monitoring system reads it. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(new URL('/metrics', this.url))).text();
    return Number(new RegExp(`^waybill_${name} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.dispose();
    await this.served.stop();
    await this.world.close();
    await this.#place.leave();
  }
}

function found<T>(all: readonly T[], name: string, nameOf: (each: T) => string | null): T {
  const first = all.find((each) => nameOf(each) === name);
  if (first === undefined) throw new Error(`no ${name}; there are ${all.map(nameOf).join(', ')}`);
  return first;
}
