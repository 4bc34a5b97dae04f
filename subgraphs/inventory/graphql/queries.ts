/** Inventory's queries, and the fields that need another row. */
import 'reflect-metadata';
import { GraphQLError } from 'graphql';
import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { hasRole } from '../../../kernel/actor.ts';
import { type RequestContext } from '../../../runtime/request.ts';
import { readyUntil } from '../domain/readiness.ts';
import {
  countDatasets,
  countItems,
  countMigrations,
  findDataset,
  findItem,
  findMigration,
  endpointsThrough,
  findSystemOf,
  systemsOf,
  pageOfDatasets,
  pageOfItems,
  pageOfMigrations,
} from '../store/find.ts';
import { approvalOf, exclusionsOf } from '../store/migration-rows.ts';
import { readinessLines } from '../store/readiness-rows.ts';
import type * as rows from '../store/tables.ts';
import type { InventoryContext } from '../work/context.ts';
import { type Connection, connectionOf, connectionType, PAGE_ROWS_DEFAULT, rowsToRead } from './connection.ts';
import { Endpoint, Obstacle, System } from './system-types.ts';
import { Dataset, DatasetLineage, Exclusion, Item, Migration, Readiness, Survey } from './types.ts';

const MigrationConnection = connectionType<Migration>('Migration', () => Migration);
const DatasetConnection = connectionType<Dataset>('Dataset', () => Dataset);
const ItemConnection = connectionType<Item>('Item', () => Item);

@Resolver(() => Migration)
export class MigrationQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @Query(() => Migration, { nullable: true, description: 'By id or by name.' })
  async migration(
    @Arg('id', () => ID, { nullable: true }) id?: string | null,
    @Arg('name', () => String, { nullable: true }) name?: string | null,
  ): Promise<rows.Migration | null> {
    const by = typeof id === 'string' ? { id } : { name: name ?? '' };
    if ((typeof id === 'string') === (typeof name === 'string')) {
      throw new GraphQLError('give either id or name', { extensions: { code: 'BAD_USER_INPUT' } });
    }
    return this.#inventory.store.read((em) => findMigration(em, by));
  }

  @Query(() => MigrationConnection, { description: 'The newest first.' })
  async migrations(
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Connection<rows.Migration>> {
    return this.#inventory.store.read(async (em) => {
      const page = await pageOfMigrations(em, rowsToRead(first), after);
      return connectionOf(page, first, await countMigrations(em), after);
    });
  }

  @FieldResolver(() => Survey)
  survey(@Root() migration: rows.Migration): Survey {
    const { surveyState, items, bytes, unclaimedItems, unclaimedBytes, surveyFinishedAt } = migration;
    const { surveyFailureCode: code, surveyFailureReason: reason } = migration;
    const failure = code === null ? null : { code, reason: reason ?? '' };
    return {
      state: surveyState,
      items,
      bytes,
      unclaimedItems,
      unclaimedBytes,
      finishedAt: surveyFinishedAt,
      failure,
    };
  }

  @FieldResolver(() => Readiness)
  async readiness(@Root() migration: rows.Migration): Promise<Readiness> {
    const { id, isReady, factsRevision, evaluatedRevision, evaluatedAt } = migration;
    const isPending = evaluatedRevision < factsRevision;
    const lines = await this.#inventory.store.read((em) => readinessLines(em, id));
    const expiresAt = isReady ? readyUntil(lines) : null;
    const isExpired = expiresAt !== null && expiresAt < this.#inventory.clock.now().toISOString();
    const state = isPending || isExpired ? 'pending' : isReady ? 'ready' : 'blocked';
    return { ready: state === 'ready', state, evaluatedAt, expiresAt, lines };
  }

  @FieldResolver(() => DatasetConnection, { description: 'In the order of the plan.' })
  async datasets(
    @Root() { id }: rows.Migration,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Connection<rows.Dataset>> {
    return this.#inventory.store.read(async (em) => {
      const page = await pageOfDatasets(em, id, rowsToRead(first), after);
      return connectionOf(page, first, await countDatasets(em, id), after);
    });
  }

  @FieldResolver(() => [System])
  systems(@Root() { id }: rows.Migration): Promise<readonly rows.System[]> {
    return this.#inventory.store.read((em) => systemsOf(em, id));
  }
}

@Resolver(() => Dataset)
export class DatasetQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @Query(() => Dataset, { nullable: true })
  dataset(@Arg('id', () => ID) id: string): Promise<rows.Dataset | null> {
    return this.#inventory.store.read((em) => findDataset(em, id));
  }

  @FieldResolver(() => DatasetLineage)
  async lineage(@Root() dataset: rows.Dataset): Promise<DatasetLineage> {
    const approval = await this.#inventory.store.read((em) => approvalOf(em, dataset));
    return {
      reference: dataset.lineageReference,
      digest: dataset.lineage,
      state: approval?.state ?? 'draft',
      proposedBy: approval?.proposedBy ?? null,
      approvedBy: approval?.approvedBy ?? null,
      approvedAt: approval?.approvedAt ?? null,
    };
  }

  @FieldResolver(() => [Exclusion])
  exclusions(@Root() { id }: rows.Dataset): Promise<readonly rows.Exclusion[]> {
    return this.#inventory.store.read((em) => exclusionsOf(em, [id]));
  }

  @FieldResolver(() => System, { nullable: true })
  target(@Root() { targetId }: rows.Dataset): Promise<rows.System | null> {
    return this.#inventory.store.read((em) => findSystemOf(em, targetId));
  }

  @FieldResolver(() => Migration, { nullable: true })
  migration(@Root() { migrationId }: rows.Dataset): Promise<rows.Migration | null> {
    return this.#inventory.store.read((em) => findMigration(em, { id: migrationId }));
  }
}

@Resolver(() => Item)
export class ItemQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @Query(() => Item, { nullable: true })
  item(@Arg('id', () => ID) id: string): Promise<rows.Item | null> {
    return this.#inventory.store.read((em) => findItem(em, id));
  }

  @Query(() => ItemConnection, { description: 'Sorted by path.' })
  async items(
    @Arg('datasetId', () => ID) datasetId: string,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Connection<rows.Item>> {
    return this.#inventory.store.read(async (em) => {
      const page = await pageOfItems(em, datasetId, rowsToRead(first), after);
      return connectionOf(page, first, await countItems(em, datasetId), after);
    });
  }

  @FieldResolver(() => String, { nullable: true })
  path(@Root() { path }: rows.Item, @Ctx() { actor }: RequestContext): string | null {
    return actor !== undefined && hasRole(actor, 'operator', 'reviewer') ? path : null;
  }

  @FieldResolver(() => Dataset, { nullable: true })
  dataset(@Root() { datasetId }: rows.Item): Promise<rows.Dataset | null> {
    return this.#inventory.store.read((em) => findDataset(em, datasetId));
  }
}

@Resolver(() => System)
export class SystemQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => [Endpoint])
  endpoints(@Root() { id }: rows.System): Promise<readonly rows.Endpoint[]> {
    return this.#inventory.store.read((em) => endpointsThrough(em, id));
  }
}

@Resolver(() => Endpoint)
export class EndpointQueries {
  @FieldResolver(() => Obstacle, { nullable: true })
  problem(@Root() { problemCode, problemReason }: rows.Endpoint): Obstacle | null {
    return problemCode === null ? null : { code: problemCode, reason: problemReason ?? '' };
  }
}
