/** Cutover's queries, the fields it gives to migrations and batches, and the live view of the gates. */
import 'reflect-metadata';
import { Arg, FieldResolver, ID, Query, Resolver, Root, Subscription } from 'type-graphql';
import { decisionsOf, findCutover, findCutoverOfBatch, gatesOf, votesOn } from '../store/cutover-rows.ts';
import type * as rows from '../store/tables.ts';
import type { CutoverContext } from '../work/context.ts';
import { Batch, Cutover, CutoverDecision, CutoverVote, Gate, Migration } from './types.ts';

const DECISIONS_MAX = 50;
const TOPIC = 'cutover:';

interface Reference {
  readonly id: string;
}

@Resolver(() => Cutover)
export class CutoverQueries {
  readonly #cutovers: CutoverContext;

  constructor(cutovers: CutoverContext) {
    this.#cutovers = cutovers;
  }

  @Query(() => Cutover, { nullable: true })
  cutover(@Arg('migrationId', () => ID) migrationId: string): Promise<rows.Cutover | null> {
    return this.#cutovers.store.read((em) => findCutover(em, { migrationId }));
  }

  @Subscription(() => Cutover, {
    topics: ({ args }) => `${TOPIC}${String((args as { readonly migrationId?: unknown }).migrationId)}`,
    description: 'The cutover first, then whenever a gate says something else, at most two a second.',
  })
  gateChanged(@Root() cutover: rows.Cutover, @Arg('migrationId', () => ID) _migrationId: string): rows.Cutover {
    return cutover;
  }

  @FieldResolver(() => Migration, { nullable: true })
  migration(@Root() { migrationId }: rows.Cutover): Reference {
    return { id: migrationId };
  }

  @FieldResolver(() => [Gate])
  gates(@Root() { id }: rows.Cutover): Promise<readonly rows.Gate[]> {
    return this.#cutovers.store.read((em) => gatesOf(em, id));
  }

  @FieldResolver(() => CutoverDecision, { nullable: true })
  async decision(@Root() cutover: rows.Cutover): Promise<rows.Decision | null> {
    return (await this.decisions(cutover)).find(({ state }) => state === 'recorded') ?? null;
  }

  @FieldResolver(() => CutoverDecision, { nullable: true })
  async proposal(@Root() cutover: rows.Cutover): Promise<rows.Decision | null> {
    return (await this.decisions(cutover)).find(({ state }) => state === 'proposed') ?? null;
  }

  @FieldResolver(() => [CutoverDecision])
  decisions(@Root() { id }: rows.Cutover): Promise<readonly rows.Decision[]> {
    return this.#cutovers.store.read((em) => decisionsOf(em, id, DECISIONS_MAX));
  }
}

@Resolver(() => CutoverDecision)
export class DecisionQueries {
  readonly #cutovers: CutoverContext;

  constructor(cutovers: CutoverContext) {
    this.#cutovers = cutovers;
  }

  @FieldResolver(() => [CutoverVote])
  votes(@Root() { id }: rows.Decision): Promise<readonly rows.Vote[]> {
    return this.#cutovers.store.read((em) => votesOn(em, id));
  }
}

@Resolver(() => Migration)
export class MigrationCutover {
  readonly #cutovers: CutoverContext;

  constructor(cutovers: CutoverContext) {
    this.#cutovers = cutovers;
  }

  @FieldResolver(() => Cutover, { nullable: true })
  cutover(@Root() { id }: Reference): Promise<rows.Cutover | null> {
    return this.#cutovers.store.read((em) => findCutover(em, { migrationId: id }));
  }
}

@Resolver(() => Batch)
export class BatchCutover {
  readonly #cutovers: CutoverContext;

  constructor(cutovers: CutoverContext) {
    this.#cutovers = cutovers;
  }

  @FieldResolver(() => Cutover, { nullable: true })
  cutover(@Root() { id }: Reference): Promise<rows.Cutover | null> {
    return this.#cutovers.store.read((em) => findCutoverOfBatch(em, id));
  }

  @FieldResolver(() => [Gate], { nullable: true })
  gates(@Root() { id }: Reference): Promise<readonly rows.Gate[] | null> {
    return this.#cutovers.store.read(async (em) => {
      const cutover = await findCutoverOfBatch(em, id);
      return cutover && gatesOf(em, cutover.id);
    });
  }
}

/** What a subscriber to a topic sees. */
export function watchTopic(cutovers: CutoverContext, topic: string): AsyncIterableIterator<rows.Cutover> {
  const migrationId = topic.slice(TOPIC.length);
  const snapshot = async (): Promise<rows.Cutover | undefined> =>
    (await cutovers.store.read((em) => findCutover(em, { migrationId }))) ?? undefined;
  return cutovers.live.watch(migrationId, snapshot);
}
