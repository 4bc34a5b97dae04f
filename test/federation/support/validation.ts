/** A toy validation: exceptions with a cursor, and what it adds to batches. */
import 'reflect-metadata';
import { GraphQLError } from 'graphql';
import {
  Arg,
  Directive,
  Field,
  FieldResolver,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { buildFederatedSchema } from '../../../runtime/subgraph.ts';
import { type Live, openLive } from './live.ts';

@Directive('@key(fields: "id")')
@ObjectType()
class Batch {
  @Field(() => ID)
  readonly id: string = '';
}

@ObjectType()
class Verdict {
  @Field(() => Int)
  readonly matched: number = 0;

  @Field(() => Int)
  readonly differs: number = 0;
}

@ObjectType()
class Raised {
  @Field(() => ID)
  readonly id: string = '';

  @Field(() => String)
  readonly cursor: string = '';

  @Field(() => String)
  readonly category: string = '';

  @Field(() => Batch)
  readonly batch: Batch = new Batch();
}

export class ValidationToy {
  readonly raised: Raised[] = [];
  readonly live: Live<Raised> = openLive();
  verdictsRead = 0;

  raise(batchId: string): void {
    const cursor = String(this.raised.length + 1);
    const batch = Object.assign(new Batch(), { id: batchId });
    const one = Object.assign(new Raised(), { id: `exc-${cursor}`, cursor, category: 'truncation', batch });
    this.raised.push(one);
    this.live.publish(one);
  }

  after(since: string | undefined): Raised[] {
    return this.raised.filter(({ cursor }) => Number(cursor) > Number(since ?? 0));
  }
}

@Resolver(() => Batch)
class ValidationResolver {
  readonly toy: ValidationToy;

  constructor(toy: ValidationToy) {
    this.toy = toy;
  }

  @Query(() => [Raised])
  exceptions(): Raised[] {
    return this.toy.raised;
  }

  @FieldResolver(() => Verdict, { nullable: true })
  verdict(@Root() { id }: Batch): Verdict {
    this.toy.verdictsRead++;
    if (id === 'b-13') throw new GraphQLError('thirteen is refused', { extensions: { code: 'BATCH_REFUSED' } });
    return Object.assign(new Verdict(), { matched: Number(id.slice(2)), differs: 1 });
  }

  /** Promises a value and has none for some. */
  @FieldResolver(() => String)
  promised(@Root() { id }: Batch): string | null {
    return id === 'b-1' ? null : 'kept';
  }
}

function raisedResolver(toy: ValidationToy) {
  @Resolver()
  class RaisedResolver {
    @Subscription(() => Raised, {
      subscribe: ({ args }) => toy.live.stream(toy.after(args['since'] as string | undefined)),
    })
    exceptionRaised(
      @Root() raised: Raised,
      @Arg('since', () => String, { nullable: true }) _since: string | undefined,
    ): Raised {
      return raised;
    }
  }
  return RaisedResolver;
}

export function buildValidation(toy: ValidationToy) {
  const raised = raisedResolver(toy);
  return buildFederatedSchema({
    name: 'validation',
    resolvers: [ValidationResolver, raised],
    references: { Batch: ({ id }: { id: string }) => Object.assign(new Batch(), { id }) },
    container: (type) => (type === raised ? new raised() : new ValidationResolver(toy)),
  });
}
