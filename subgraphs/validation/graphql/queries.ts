/** Looking at exceptions and reconciliations, once and live. */
import 'reflect-metadata';
import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { RequestContext } from '../../../runtime/request.ts';
import { batchesOf, findBatch, findMigration } from '../store/copies.ts';
import { countOpen, exceptionOf, findException } from '../store/exceptions.ts';
import { sumOf } from '../work/finish-migration.ts';
import type { House, ReconcileProgress } from '../work/house.ts';
import type { ValidationWatch } from '../work/watch.ts';
import { Batch, Migration } from './entity-types.ts';
import { ExceptionConnection, ExceptionType } from './exception-type.ts';
import { ExceptionFilter, ExceptionOrder } from './inputs.ts';
import { exceptionPage, PAGE_ROWS_DEFAULT } from './pages.ts';
import {
  BatchReconciliationType,
  MigrationReconciliationType,
  ReconciledDispositionsType,
  ReconciliationProgressType,
} from './reconciliation-types.ts';
import { exceptionTopic } from './streams.ts';
import { exceptionView, reconciliationView } from './views.ts';

@Resolver(() => ExceptionType)
export class ExceptionQueries {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @Query(() => ExceptionType, { nullable: true })
  exception(@Arg('id', () => ID) id: string, @Ctx() request: RequestContext): Promise<ExceptionType | null> {
    return this.find(id, request);
  }

  /** Also how the gateway finds an exception by its key. */
  async find(id: string, { actor }: RequestContext): Promise<ExceptionType | null> {
    const row = await this.house.store.read((em) => findException(em, id));
    const onlooker = { actor, now: this.house.clock.now(), key: this.house.keys.record };
    return row === null ? null : exceptionView(exceptionOf(row), onlooker);
  }

  @Query(() => ExceptionConnection)
  exceptions(
    @Ctx() request: RequestContext,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
    @Arg('migrationId', () => ID, { nullable: true }) migrationId?: string,
    @Arg('batchId', () => ID, { nullable: true }) batchId?: string,
    @Arg('filter', () => ExceptionFilter, { nullable: true }) filter?: ExceptionFilter,
    @Arg('orderBy', () => ExceptionOrder, { nullable: true }) orderBy?: ExceptionOrder,
  ): Promise<ExceptionConnection> {
    const within = { migrationId: migrationId ?? undefined, batchId: batchId ?? undefined };
    return exceptionPage(this.house, request, within, { first, after, filter, orderBy });
  }

  @Subscription(() => ReconciliationProgressType, {
    topics: ({ args }) => `${PROGRESS}${(args as { batchId: string }).batchId}`,
    description: 'How far the reconciliation of a batch is, at most two changes a second.',
  })
  reconciliationProgress(
    @Root() progress: ReconcileProgress,
    @Arg('batchId', () => ID) _batchId: string,
  ): ReconciliationProgressType {
    return progress;
  }
}

@Resolver(() => Batch)
export class BatchReconciliations {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @FieldResolver(() => BatchReconciliationType, { nullable: true, description: 'Null until it is reconciled.' })
  async reconciliation(@Root() { id }: Batch): Promise<BatchReconciliationType | null> {
    return reconciliationView(await this.house.store.read((em) => findBatch(em, id)));
  }

  @FieldResolver(() => ReconciliationProgressType, {
    nullable: true,
    description: 'How far its reconciliation is; null where it has not begun since this part was started.',
  })
  reconciliationProgress(@Root() { id }: Batch): ReconciliationProgressType | null {
    return this.house.watchers.progressNow(id) ?? null;
  }

  @FieldResolver(() => ExceptionConnection, { nullable: true })
  exceptions(
    @Root() { id }: Batch,
    @Ctx() request: RequestContext,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
    @Arg('filter', () => ExceptionFilter, { nullable: true }) filter?: ExceptionFilter,
    @Arg('orderBy', () => ExceptionOrder, { nullable: true }) orderBy?: ExceptionOrder,
  ): Promise<ExceptionConnection> {
    return exceptionPage(this.house, request, { batchId: id }, { first, after, filter, orderBy });
  }
}

@Resolver(() => Migration)
export class MigrationReconciliations {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @FieldResolver(() => MigrationReconciliationType, {
    nullable: true,
    description: 'Null until every batch has been reconciled and related to the others.',
  })
  async reconciliation(@Root() { id }: Migration): Promise<MigrationReconciliationType | null> {
    const migration = await this.house.store.read((em) => findMigration(em, id));
    const { report, exceptions } = migration ?? {};
    return report && exceptions ? { report, exceptions } : null;
  }

  @FieldResolver(() => ReconciledDispositionsType, { nullable: true, description: 'Of the batches reconciled so far.' })
  async dispositions(@Root() { id }: Migration): Promise<ReconciledDispositionsType | null> {
    const batches = await this.house.store.read((em) => batchesOf(em, id));
    return batches.some(({ dispositions }) => dispositions != null) ? { acknowledged: 0, ...sumOf(batches) } : null;
  }

  @FieldResolver(() => Int, { nullable: true })
  exceptionsOpen(@Root() { id }: Migration): Promise<number> {
    const now = this.house.clock.now().toISOString();
    return this.house.store.read((em) => countOpen(em, { migrationId: id }, now));
  }
}

const PROGRESS = 'reconciliation-progress:';

/** What a subscriber to a topic sees. */
export function watchTopic(watch: ValidationWatch, topic: string): AsyncIterableIterator<unknown> {
  return exceptionTopic(watch, topic) ?? watch.progress(topic.slice(PROGRESS.length));
}
