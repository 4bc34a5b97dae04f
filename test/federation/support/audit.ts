/** A toy audit: entries of batches, and nothing of its own to ask for. */
import 'reflect-metadata';
import { Arg, Directive, Field, FieldResolver, ID, Int, ObjectType, Resolver, Root } from 'type-graphql';
import { buildFederatedSchema } from '../../../runtime/subgraph.ts';

@Directive('@key(fields: "id")')
@ObjectType()
class Batch {
  @Field(() => ID)
  readonly id: string = '';
}

@ObjectType()
class LogEntry {
  @Field(() => Int)
  readonly index: number = 0;

  @Field(() => String)
  readonly action: string = '';
}

@Resolver(() => Batch)
class AuditResolver {
  @FieldResolver(() => [LogEntry], { nullable: true })
  entries(@Root() { id }: Batch, @Arg('first', () => Int, { defaultValue: 2 }) first: number): LogEntry[] {
    return Array.from({ length: first }, (_, index) =>
      Object.assign(new LogEntry(), { index, action: `${id} did ${index}` }),
    );
  }
}

export function buildAudit() {
  return buildFederatedSchema({
    name: 'audit',
    resolvers: [AuditResolver],
    orphanedTypes: [Batch],
    references: { Batch: ({ id }: { id: string }) => Object.assign(new Batch(), { id }) },
    container: () => new AuditResolver(),
  });
}
