/** A toy transfer: batches, their progress, and a history of several kinds. */
import 'reflect-metadata';
import { GraphQLError } from 'graphql';
import {
  Arg,
  createUnionType,
  Ctx,
  Directive,
  Field,
  FieldResolver,
  Float,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { Fault } from '../../../kernel/fault.ts';
import type { RequestContext } from '../../../runtime/request.ts';
import { buildFederatedSchema } from '../../../runtime/subgraph.ts';
import { type Live, openLive } from './live.ts';

export const BATCH_STATES = { RUNNING: 'running', PAUSED: 'paused' } as const;
export type BatchState = (typeof BATCH_STATES)[keyof typeof BATCH_STATES];
registerEnumType(BATCH_STATES, { name: 'BatchState' });

@Directive('@key(fields: "id", resolvable: false)')
@ObjectType()
class Dataset {
  @Field(() => ID)
  readonly id: string = '';
}

@ObjectType()
class Moved {
  @Field(() => Int)
  readonly items: number = 0;

  @Field(() => Dataset)
  readonly dataset: Dataset = new Dataset();
}

@ObjectType()
class Paused {
  @Field(() => String)
  readonly reason: string = '';
}

const Happening = createUnionType({ name: 'Happening', types: () => [Moved, Paused] as const });

@Directive('@key(fields: "id")')
@ObjectType()
class Batch {
  @Field(() => ID)
  readonly id: string = '';

  @Field(() => BATCH_STATES)
  readonly state: BatchState = BATCH_STATES.RUNNING;

  @Field(() => Int)
  moved = 0;

  @Field(() => Dataset)
  readonly dataset: Dataset = new Dataset();

  @Field(() => [Happening])
  readonly history: readonly (Moved | Paused)[] = [];
}

@ObjectType()
class BatchProgress {
  @Field(() => Batch)
  readonly batch: Batch = new Batch();

  @Field(() => Int)
  readonly moved: number = 0;

  /** When it was published, by the clock of the process. */
  @Field(() => Float)
  readonly atMs: number = 0;
}

export class TransferToy {
  readonly batches = new Map<string, Batch>();
  readonly progress: Live<BatchProgress> = openLive();

  constructor() {
    for (let at = 0; at < 200; at++) {
      const dataset = Object.assign(new Dataset(), { id: `ds-${at % 20}` });
      const history = [
        Object.assign(new Moved(), { items: at, dataset }),
        Object.assign(new Paused(), { reason: 'lunch' }),
      ];
      const state = at % 2 === 0 ? BATCH_STATES.RUNNING : BATCH_STATES.PAUSED;
      this.batches.set(`b-${at}`, Object.assign(new Batch(), { id: `b-${at}`, state, dataset, history }));
    }
  }

  now(id: string): BatchProgress {
    const batch = this.batches.get(id) ?? new Batch();
    const atMs = performance.timeOrigin + performance.now();
    return Object.assign(new BatchProgress(), { batch, moved: batch.moved, atMs });
  }

  advance(id: string): void {
    const batch = this.batches.get(id);
    if (batch) batch.moved++;
    this.progress.publish(this.now(id));
  }
}

@Resolver(() => Batch)
class TransferResolver {
  readonly toy: TransferToy;

  constructor(toy: TransferToy) {
    this.toy = toy;
  }

  @Query(() => [Batch])
  batches(
    @Arg('first', () => Int, { defaultValue: 3 }) first: number,
    @Arg('offset', () => Int, { defaultValue: 0 }) offset: number,
    @Arg('state', () => BATCH_STATES, { nullable: true }) state: BatchState | undefined,
  ): Batch[] {
    const all = [...this.toy.batches.values()].filter((batch) => state === undefined || batch.state === state);
    return all.slice(offset, offset + first);
  }

  @Query(() => Batch, { nullable: true })
  batch(@Arg('id', () => ID) id: string): Batch | undefined {
    return this.toy.batches.get(id);
  }

  @Query(() => String)
  whoami(@Ctx() { actor }: RequestContext): string {
    return actor === undefined ? 'nobody' : `${actor.type} ${actor.id} ${actor.roles.join('+')}`;
  }

  @Query(() => String, { nullable: true })
  goesWrong(@Arg('how', () => String) how: string): string {
    if (how === 'refused') throw new GraphQLError('not for you', { extensions: { code: 'FORBIDDEN', secret: 'x' } });
    if (how === 'fault') throw new Fault({ code: 'DISK_FULL', retry: 'transient', message: 'the disk is full' });
    throw new Error('John Doe, born 1950-01-01, was not found');
  }

  @Mutation(() => Batch, { nullable: true })
  advance(@Arg('id', () => ID) id: string, @Arg('times', () => [Int]) times: readonly number[]): Batch | undefined {
    for (const _ of times) this.toy.advance(id);
    return this.toy.batches.get(id);
  }

  @FieldResolver(() => String)
  label(@Root() { id }: Batch, @Arg('prefix', () => String, { defaultValue: 'batch' }) prefix: string): string {
    return `${prefix} ${id}`;
  }
}

/** The source of a subscription stands in its decorator, so the class is made for the toy it speaks of. */
function progressResolver(toy: TransferToy) {
  @Resolver()
  class ProgressResolver {
    @Subscription(() => BatchProgress, {
      subscribe: ({ args }) => toy.progress.stream([toy.now(String(args['batchId']))]),
    })
    batchProgress(@Root() progress: BatchProgress, @Arg('batchId', () => ID) _batchId: string): BatchProgress {
      return progress;
    }
  }
  return ProgressResolver;
}

export function buildTransfer(toy: TransferToy) {
  const progress = progressResolver(toy);
  return buildFederatedSchema({
    name: 'transfer',
    resolvers: [TransferResolver, progress],
    orphanedTypes: [Dataset],
    references: { Batch: ({ id }: { id: string }) => toy.batches.get(id) ?? null },
    container: (type) => (type === progress ? new progress() : new TransferResolver(toy)),
  });
}
