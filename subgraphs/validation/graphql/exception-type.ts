/** An exception as the graph shows it. */
import 'reflect-metadata';
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime, PageInfo } from '../../../runtime/request.ts';
import { Batch, Dataset, Item, Migration } from './entity-types.ts';

export const SEVERITY = { P1: 'P1', P2: 'P2', P3: 'P3', P4: 'P4' } as const;
registerEnumType(SEVERITY, {
  name: 'Severity',
  description: 'P1 patient safety, P2 clinical or financial harm, P3 visible defect, P4 cosmetic.',
});
export const EXCEPTION_STATE = { OPEN: 'open', ASSIGNED: 'assigned', CLOSED: 'closed' } as const;
registerEnumType(EXCEPTION_STATE, { name: 'ExceptionState', description: 'Closed by a waiver lasts until it ends.' });
export const CLOSED_BY = { RECHECK: 'recheck', WAIVER: 'waiver' } as const;
registerEnumType(CLOSED_BY, { name: 'ExceptionClosedBy', description: 'There is no third way.' });

@Directive('@key(fields: "id")')
@ObjectType('Exception', { description: 'The data disagrees: queued, owned, and closed only by looking again.' })
export abstract class ExceptionType {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String, { description: 'For example missing-record or truncation.' })
  abstract readonly category: string;

  @Field(() => SEVERITY)
  abstract readonly severity: string;

  @Field(() => EXCEPTION_STATE)
  abstract readonly state: string;

  @Field(() => Migration)
  abstract readonly migration: Migration;

  @Field(() => Dataset, { nullable: true })
  abstract readonly dataset: Dataset | null;

  @Field(() => Batch, { nullable: true })
  abstract readonly batch: Batch | null;

  @Field(() => Item, { nullable: true })
  abstract readonly item: Item | null;

  @Field(() => String, { nullable: true, description: 'The type of the record, where it is about one.' })
  abstract readonly recordType: string | null;

  @Field(() => String, { nullable: true, description: 'A keyed digest for everybody but operators and reviewers.' })
  abstract readonly sourceId: string | null;

  @Field(() => String, { nullable: true, description: 'A keyed digest where it could name a document, as sourceId.' })
  abstract readonly targetId: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly field: string | null;

  @Field(() => String, { description: 'Where in the item; empty for the whole of it.' })
  abstract readonly position: string;

  @Field(() => String, { description: 'What was seen; never a value.' })
  abstract readonly note: string;

  @Field(() => String, { description: 'A code of the step that saw it.' })
  abstract readonly code: string;

  @Field(() => String, { nullable: true })
  abstract readonly owner: string | null;

  @Field(() => DateTime)
  abstract readonly raisedAt: string;

  @Field(() => DateTime)
  abstract readonly dueAt: string;

  @Field(() => CLOSED_BY, { nullable: true })
  abstract readonly closedBy: string | null;

  @Field(() => DateTime, { nullable: true })
  abstract readonly closedAt: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When the waiver that closed it ends.' })
  abstract readonly waivedUntil: string | null;
}

@ObjectType('ExceptionEdge')
export abstract class ExceptionEdge {
  @Field(() => String)
  abstract readonly cursor: string;

  @Field(() => ExceptionType)
  abstract readonly node: ExceptionType;
}

@ObjectType('ExceptionConnection')
export abstract class ExceptionConnection {
  @Field(() => [ExceptionType])
  abstract readonly nodes: readonly ExceptionType[];

  @Field(() => [ExceptionEdge])
  abstract readonly edges: readonly ExceptionEdge[];

  @Field(() => PageInfo)
  abstract readonly pageInfo: PageInfo;

  @Field(() => Int)
  abstract readonly totalCount: number;
}

@ObjectType('ExceptionEvent', { description: 'An exception that was raised, and its place in the order of commits.' })
export abstract class ExceptionEvent {
  @Field(() => Int, { description: 'Give the last one seen as `since` to go on after it.' })
  abstract readonly seq: number;

  @Field(() => ExceptionType)
  abstract readonly exception: ExceptionType;
}
