/** Looking at batches, once and live. */
import 'reflect-metadata';
import { GraphQLError } from 'graphql';
import { Arg, FieldResolver, ID, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { BatchPlace } from '../store/batches.ts';
import { findBatch, pageOfBatches, requestOf } from '../store/batches.ts';
import type { TransferContext } from '../work/context.ts';
import type { Progress } from '../work/live.ts';
import { BatchLaunchRequestType, BatchType } from './batch-type.ts';
import { batchView, progressView, requestView } from './batch-view.ts';
import { BatchConnectionType, BatchFilterInput, BatchProgressType } from './surface-types.ts';

const FIRST_DEFAULT = 50;
const FIRST_MAX = 250;

@Resolver(() => BatchType)
export class BatchQueries {
  readonly context: TransferContext;

  constructor(context: TransferContext) {
    this.context = context;
  }

  @Query(() => BatchType, { nullable: true })
  batch(@Arg('id', () => ID) id: string): Promise<BatchType | null> {
    return this.find(id);
  }

  /** Also how the gateway finds a batch by its key. */
  async find(id: string): Promise<BatchType | null> {
    const row = await this.context.store.read((em) => findBatch(em, id));
    return row === null ? null : batchView(row);
  }

  @Query(() => BatchConnectionType)
  async batches(
    @Arg('migrationId', () => ID, { nullable: true }) migrationId?: string,
    @Arg('first', () => Int, { defaultValue: FIRST_DEFAULT }) first: number = FIRST_DEFAULT,
    @Arg('after', () => String, { nullable: true }) after?: string,
    @Arg('filter', () => BatchFilterInput, { nullable: true }) filter?: BatchFilterInput,
  ): Promise<BatchConnectionType> {
    requirePage(first);
    const place = after == null ? undefined : placeOf(after);
    const chosen = {
      migrationId: migrationId ?? undefined,
      states: filter?.state?.in,
      datasetIds: filter?.dataset?.in,
      isRemedy: filter?.remedy ?? undefined,
    };
    const { batches, total } = await this.context.store.read((em) => pageOfBatches(em, chosen, first + 1, place));
    const edges = batches.slice(0, first).map((row) => ({ cursor: cursorOf(row), node: batchView(row) }));
    return Object.assign(new BatchConnectionType(), {
      nodes: edges.map(({ node }) => node),
      edges,
      pageInfo: {
        hasNextPage: batches.length > first,
        hasPreviousPage: place !== undefined,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
      totalCount: total,
    });
  }

  @FieldResolver(() => BatchLaunchRequestType, { nullable: true, description: 'The launch that was asked for last.' })
  async launchRequest(@Root() { id }: BatchType): Promise<BatchLaunchRequestType | null> {
    return this.context.store.read(async (em) => {
      const row = await findBatch(em, id);
      const request = row === null ? undefined : await requestOf(em, row);
      return request === undefined ? null : requestView(request);
    });
  }

  @FieldResolver(() => BatchProgressType, { nullable: true })
  async progress(@Root() { id }: BatchType): Promise<BatchProgressType | null> {
    const row = await this.context.store.read((em) => findBatch(em, id));
    return row === null ? null : progressView(this.context.live.progressOf(row));
  }

  @Subscription(() => BatchProgressType, {
    topics: ({ args }) => progressTopic(`${(args as { batchId?: unknown })['batchId']}`),
    description: 'The state of a batch first, then its changes, at most two a second, the last one always.',
  })
  batchProgress(@Root() progress: Progress, @Arg('batchId', () => ID) _batchId: string): BatchProgressType {
    return progressView(progress);
  }
}

const TOPIC = 'batch-progress:';

export function progressTopic(batchId: string): string {
  return `${TOPIC}${batchId}`;
}

/** What a subscriber to a topic sees. */
export function watchTopic(context: TransferContext, topic: string): AsyncIterableIterator<Progress> {
  const batchId = topic.slice(TOPIC.length);
  return context.live.watch(batchId, async () => {
    const row = await context.store.read((em) => findBatch(em, batchId));
    return row ?? undefined;
  });
}

function requirePage(first: number): void {
  if (first >= 1 && first <= FIRST_MAX) return;
  throw new GraphQLError(`first must be from 1 to ${FIRST_MAX}`, { extensions: { code: 'BAD_USER_INPUT' } });
}

function cursorOf({ tierRank, id }: BatchPlace): string {
  return Buffer.from(`${tierRank} ${id}`).toString('base64url');
}

function placeOf(cursor: string): BatchPlace {
  const [rank, id, ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (rank !== undefined && /^\d{1,3}$/.test(rank) && id !== undefined && rest.length === 0) {
    return { tierRank: Number(rank), id };
  }
  const message = 'after is not a cursor; take one from a page';
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
