/** Questions about surveys, drift and findings. */
import 'reflect-metadata';
import { Arg, Ctx, FieldResolver, ID, Int, Resolver, Root } from 'type-graphql';
import { hasRole } from '../../../kernel/actor.ts';
import type { RequestContext } from '../../../runtime/request.ts';
import { countDrift, pageOfDrift } from '../store/drift-rows.ts';
import { findDataset } from '../store/find.ts';
import { countFindings, pageOfFindings } from '../store/findings.ts';
import type * as findings from '../store/finding-tables.ts';
import type * as surveys from '../store/survey-tables.ts';
import { countSurveys, pageOfSurveys, surveyDatasets } from '../store/surveys.ts';
import type * as rows from '../store/tables.ts';
import type { FindingSource } from '../domain/finding.ts';
import type { InventoryContext } from '../work/context.ts';
import { type Connection, connectionOf, connectionType, PAGE_ROWS_DEFAULT, rowsToRead } from './connection.ts';
import { DriftItem, Finding, FindingSources, SurveyedDataset, SurveyRun } from './survey-types.ts';
import { Obstacle } from './system-types.ts';
import { Dataset, Migration } from './types.ts';

const SurveyRunConnection = connectionType<SurveyRun>('SurveyRun', () => SurveyRun);
const DriftItemConnection = connectionType<DriftItem>('DriftItem', () => DriftItem);
const FindingConnection = connectionType<Finding>('Finding', () => Finding);

@Resolver(() => Migration)
export class MigrationSurveyQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => SurveyRunConnection, { description: 'The newest first.' })
  async surveys(
    @Root() { id }: rows.Migration,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Connection<surveys.SurveyRun>> {
    return this.#inventory.store.read(async (em) => {
      const page = await pageOfSurveys(em, id, rowsToRead(first), after);
      return connectionOf(page, first, await countSurveys(em, id), after);
    });
  }

  @FieldResolver(() => FindingConnection, { description: 'The gravest first.' })
  async findings(
    @Root() { id: migrationId }: rows.Migration,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
    @Arg('datasetId', () => ID, { nullable: true }) datasetId?: string | null,
    @Arg('source', () => FindingSources, { nullable: true }) source?: FindingSource | null,
  ): Promise<Connection<findings.Finding>> {
    const filter = { migrationId, datasetId: datasetId ?? undefined, source: source ?? undefined };
    return this.#inventory.store.read(async (em) => {
      const page = await pageOfFindings(em, filter, rowsToRead(first), after);
      return connectionOf(page, first, await countFindings(em, filter), after);
    });
  }
}

@Resolver(() => SurveyRun)
export class SurveyRunQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => [SurveyedDataset])
  async datasets(@Root() { id }: surveys.SurveyRun): Promise<readonly object[]> {
    const found = await this.#inventory.store.read((em) => surveyDatasets(em, id));
    return found.map(({ contents, ...row }) => {
      const { inspected = 0, structured = 0, unstructured = 0, kinds = {}, hidden = {} } = contents ?? {};
      return { ...row, inspected, structured, unstructured, kinds: counted(kinds), hidden: counted(hidden) };
    });
  }

  @FieldResolver(() => DriftItemConnection, { description: 'What is not as the survey before found it.' })
  async drift(
    @Root() { id }: surveys.SurveyRun,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Connection<surveys.DriftItem>> {
    return this.#inventory.store.read(async (em) => {
      const page = await pageOfDrift(em, id, rowsToRead(first), after);
      return connectionOf(page, first, await countDrift(em, id), after);
    });
  }

  @FieldResolver(() => Obstacle, { nullable: true })
  failure(@Root() { failureCode, failureReason }: surveys.SurveyRun): Obstacle | null {
    return failureCode === null ? null : { code: failureCode, reason: failureReason ?? '' };
  }
}

@Resolver(() => SurveyedDataset)
export class SurveyedDatasetQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => Dataset, { nullable: true })
  dataset(@Root() { datasetId }: surveys.SurveyDataset): Promise<rows.Dataset | null> {
    return this.#inventory.store.read((em) => findDataset(em, datasetId));
  }
}

@Resolver(() => DriftItem)
export class DriftItemQueries {
  @FieldResolver(() => String, { nullable: true })
  path(@Root() { path }: surveys.DriftItem, @Ctx() { actor }: RequestContext): string | null {
    return actor !== undefined && hasRole(actor, 'operator', 'reviewer') ? path : null;
  }
}

@Resolver(() => Finding)
export class FindingQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => Dataset, { nullable: true })
  async dataset(@Root() { datasetId }: findings.Finding): Promise<rows.Dataset | null> {
    return datasetId === null ? null : this.#inventory.store.read((em) => findDataset(em, datasetId));
  }
}

/** The most frequent first. */
function counted(counts: Readonly<Record<string, number | undefined>>): readonly object[] {
  return Object.entries(counts)
    .map(([kind, count = 0]) => ({ kind, count }))
    .sort((left, right) => right.count - left.count || (left.kind < right.kind ? -1 : 1));
}
