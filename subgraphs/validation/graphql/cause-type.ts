/** Exceptions of one cause as one line. */
import 'reflect-metadata';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { DateTime, PageInfo } from '../../../runtime/request.ts';
import { Dataset, Migration } from './entity-types.ts';
import { SEVERITY } from './exception-type.ts';

@ObjectType('ExceptionCause', {
  description: 'Exceptions that came of one thing: the same step, code, category and element in one dataset.',
})
export abstract class CauseType {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => ID, { description: 'The same in every dataset and migration.' })
  abstract readonly fingerprint: string;

  @Field(() => String, { description: 'In words.' })
  abstract readonly text: string;

  @Field(() => Migration)
  abstract readonly migration: Migration;

  @Field(() => Dataset, { nullable: true })
  abstract readonly dataset: Dataset | null;

  @Field(() => String)
  abstract readonly category: string;

  @Field(() => String, { description: 'A code of the step that saw it.' })
  abstract readonly code: string;

  @Field(() => String, { nullable: true })
  abstract readonly recordType: string | null;

  @Field(() => String, { nullable: true, description: 'The element, without positions.' })
  abstract readonly path: string | null;

  @Field(() => SEVERITY, { description: 'The worst there was.' })
  abstract readonly severity: string;

  @Field(() => Int, { description: 'Exceptions of it that are open.' })
  abstract readonly open: number;

  @Field(() => Int, { description: 'Exceptions of it, whatever became of them.' })
  abstract readonly total: number;

  @Field(() => DateTime)
  abstract readonly firstSeenAt: string;

  @Field(() => DateTime)
  abstract readonly lastSeenAt: string;

  @Field(() => DateTime, { nullable: true, description: 'Of those that are open.' })
  abstract readonly oldestDueAt: string | null;
}

@ObjectType('ExceptionCauseConnection')
export abstract class CauseConnection {
  @Field(() => [CauseType])
  abstract readonly nodes: readonly CauseType[];

  @Field(() => PageInfo)
  abstract readonly pageInfo: PageInfo;
}
