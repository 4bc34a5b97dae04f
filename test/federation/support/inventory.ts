/** A toy inventory: datasets and the systems they come from. */
import 'reflect-metadata';
import { Arg, Directive, Field, ID, ObjectType, Query, Resolver } from 'type-graphql';
import { buildFederatedSchema } from '../../../runtime/subgraph.ts';

@ObjectType()
export class System {
  @Field(() => ID)
  readonly id: string = '';

  @Field(() => String)
  readonly name: string = '';
}

@Directive('@key(fields: "id")')
@ObjectType()
export class Dataset {
  @Field(() => ID)
  readonly id: string = '';

  @Field(() => String)
  readonly name: string = '';

  @Field(() => System)
  readonly system: System = new System();
}

export class InventoryToy {
  datasetsRead = 0;

  dataset(id: string): Dataset {
    this.datasetsRead++;
    const system = Object.assign(new System(), { id: `sys-${id}`, name: `System of ${id}` });
    return Object.assign(new Dataset(), { id, name: `Dataset ${id}`, system });
  }
}

@Resolver()
class InventoryResolver {
  readonly toy: InventoryToy;

  constructor(toy: InventoryToy) {
    this.toy = toy;
  }

  @Query(() => Dataset, { nullable: true })
  dataset(@Arg('id', () => ID) id: string): Dataset {
    return this.toy.dataset(id);
  }
}

export function buildInventory(toy: InventoryToy) {
  return buildFederatedSchema({
    name: 'inventory',
    resolvers: [InventoryResolver],
    orphanedTypes: [Dataset],
    references: { Dataset: ({ id }: { id: string }) => toy.dataset(id) },
    container: () => new InventoryResolver(toy),
  });
}
