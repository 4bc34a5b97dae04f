/** Entities of other subgraphs that validation points at or adds to. */
import 'reflect-metadata';
import { Directive, Field, ID, ObjectType } from 'type-graphql';

@Directive('@key(fields: "id")')
@ObjectType('Migration')
export class Migration {
  @Field(() => ID)
  readonly id: string = '';
}

@Directive('@key(fields: "id")')
@ObjectType('Batch')
export class Batch {
  @Field(() => ID)
  readonly id: string = '';
}

@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('Dataset')
export class Dataset {
  @Field(() => ID)
  readonly id: string = '';
}

@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('Item')
export class Item {
  @Field(() => ID)
  readonly id: string = '';
}
