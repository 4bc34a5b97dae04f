/** What became of every field of an item, as the graph shows it: places and keyed digests, never values. */
import 'reflect-metadata';
import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType()
export abstract class ExplainedMap {
  @Field(() => String)
  abstract readonly name: string;

  @Field(() => String)
  abstract readonly version: string;
}

@ObjectType({ description: 'A source value by where it stands.' })
export abstract class ExplainedSource {
  @Field(() => String)
  abstract readonly path: string;

  @Field(() => String)
  abstract readonly position: string;

  @Field(() => String, { description: 'Keyed (HMAC-SHA-256), by the key of the house.' })
  abstract readonly digest: string;
}

@ObjectType({ description: 'A target element and what it was made of.' })
export abstract class ExplainedField {
  @Field(() => String)
  abstract readonly target: string;

  @Field(() => String, { description: 'The transformation: copy, date, code, ...' })
  abstract readonly transform: string;

  @Field(() => String, { description: 'Where the rule stands in the map.' })
  abstract readonly rule: string;

  @Field(() => [ExplainedSource])
  abstract readonly sources: readonly ExplainedSource[];

  @Field(() => String, { nullable: true, description: 'Of the value written; null where the rule complained.' })
  abstract readonly digest: string | null;

  @Field(() => Boolean, { description: 'It took the place of what another rule had written.' })
  abstract readonly overwrote: boolean;
}

@ObjectType()
export abstract class ExplainedProblem {
  @Field(() => String)
  abstract readonly code: string;

  @Field(() => String)
  abstract readonly position: string;
}

@ObjectType()
export abstract class ExplainedRecord {
  @Field(() => String)
  abstract readonly type: string;

  @Field(() => String, { nullable: true, description: 'The source key; null for roles that see no patients.' })
  abstract readonly key: string | null;

  @Field(() => [ExplainedSource], { description: 'What the key was made of.' })
  abstract readonly identity: readonly ExplainedSource[];

  @Field(() => [ExplainedField])
  abstract readonly fields: readonly ExplainedField[];

  @Field(() => [ExplainedProblem])
  abstract readonly problems: readonly ExplainedProblem[];
}

@ObjectType()
export abstract class LeftBehind {
  @Field(() => String)
  abstract readonly path: string;

  @Field(() => Int)
  abstract readonly count: number;

  @Field(() => String, { nullable: true, description: 'Why it is excluded; null where it is lost.' })
  abstract readonly reason: string | null;
}

@ObjectType({ description: 'What the lineage map of its dataset makes of an item, rule by rule.' })
export abstract class LineageExplanation {
  @Field(() => ExplainedMap)
  abstract readonly map: ExplainedMap;

  @Field(() => [ExplainedRecord])
  abstract readonly records: readonly ExplainedRecord[];

  @Field(() => [LeftBehind])
  abstract readonly leftBehind: readonly LeftBehind[];

  @Field(() => Boolean, { description: 'The item makes more records than are shown; ask for one by its key.' })
  abstract readonly cut: boolean;
}
