/** An exception as the graph shows it. */
import 'reflect-metadata';
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime, PageInfo } from '../../../runtime/request.ts';
import type { ActionName } from '../domain/exception.ts';
import { Batch, Dataset, Item, Migration } from './entity-types.ts';

export const SEVERITY = { P1: 'P1', P2: 'P2', P3: 'P3', P4: 'P4' } as const;
registerEnumType(SEVERITY, {
  name: 'Severity',
  description: 'P1 patient safety, P2 clinical or financial harm, P3 visible defect, P4 cosmetic.',
});
export const EXCEPTION_STATE = { OPEN: 'open', OWNED: 'owned', CLOSED: 'closed' } as const;
registerEnumType(EXCEPTION_STATE, {
  name: 'ExceptionState',
  description: 'OWNED: somebody was named. Closed by a waiver lasts until it ends.',
});
export const CLOSED_BY = { RECHECK: 'recheck', WAIVER: 'waiver' } as const;
registerEnumType(CLOSED_BY, { name: 'ExceptionClosedBy', description: 'There is no third way.' });

export const RECHECK_FOUND = { AGREES: 'agrees', DISAGREES: 'disagrees', CANNOT_TELL: 'cannot-tell' } as const;
registerEnumType(RECHECK_FOUND, { name: 'RecheckFound', description: 'What looking again came to.' });
export const EXCEPTION_ACTION = {
  ASSIGNED: 'exception-assigned',
  COMMENTED: 'exception-commented',
  RECHECKED: 'exception-rechecked',
  REOPENED: 'exception-reopened',
  REVEALED: 'exception-revealed',
  REMEDY_PROPOSED: 'remedy-proposed',
  WAIVER_PROPOSED: 'waiver-proposed',
  WAIVER_APPROVED: 'waiver-approved',
} as const satisfies Record<string, ActionName>;
registerEnumType(EXCEPTION_ACTION, { name: 'ExceptionAction', description: 'What can be done about an exception.' });

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

  @Field(() => ID, { description: 'What it has in common with the others of its cause.' })
  abstract readonly causeId: string;

  @Field(() => String, {
    description: 'In words, for example: value-mismatch in Patient.gender (match: FIELD_DIFFERS).',
  })
  abstract readonly cause: string;

  @Field(() => ID, { description: 'Of the cause, the same in every dataset and migration.' })
  abstract readonly fingerprint: string;

  @Field(() => String, { nullable: true })
  abstract readonly owner: string | null;

  @Field(() => DateTime)
  abstract readonly raisedAt: string;

  @Field(() => DateTime)
  abstract readonly dueAt: string;

  @Field(() => Int, { description: 'Since it was raised.' })
  abstract readonly ageSeconds: number;

  @Field(() => Boolean, { description: 'It should have been closed by now.' })
  abstract readonly isOverdue: boolean;

  @Field(() => Batch, {
    nullable: true,
    description: 'The newest remedy it is part of, as the batch that moves its item.',
  })
  abstract readonly remedy: Batch | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was last looked at again.' })
  abstract readonly recheckedAt: string | null;

  @Field(() => RECHECK_FOUND, { nullable: true, description: 'What came of that.' })
  abstract readonly recheckFound: string | null;

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

  /** Counted when it is asked for: a page is quicker than a count. */
  @Field(() => Int)
  abstract readonly totalCount: number | Promise<number>;
}

@ObjectType('ExceptionEvent', { description: 'An exception that was raised, and its place in the order of commits.' })
export abstract class ExceptionEvent {
  @Field(() => Int, { description: 'Give the last one seen as `since` to go on after it.' })
  abstract readonly seq: number;

  @Field(() => ExceptionType)
  abstract readonly exception: ExceptionType;
}

@ObjectType('ExceptionAct', { description: 'Something that was done about an exception.' })
export abstract class ExceptionActType {
  @Field(() => Int, { description: 'Its place in the history of the exception.' })
  abstract readonly number: number;

  @Field(() => EXCEPTION_ACTION)
  abstract readonly action: string;

  @Field(() => String)
  abstract readonly actor: string;

  @Field(() => DateTime)
  abstract readonly at: string;

  @Field(() => EXCEPTION_STATE, { description: 'The state it left the exception in.' })
  abstract readonly state: string;

  @Field(() => String, { nullable: true, description: 'A comment, for those who work with exceptions.' })
  abstract readonly text: string | null;
}

@ObjectType('ExceptionChange', { description: 'Something that was done, and its place in the order of commits.' })
export abstract class ExceptionChange {
  @Field(() => Int, { description: 'Give the last one seen as `since` to go on after it.' })
  abstract readonly seq: number;

  @Field(() => ExceptionActType)
  abstract readonly act: ExceptionActType;

  @Field(() => ExceptionType, { description: 'As it is now: it may have been changed again since.' })
  abstract readonly exception: ExceptionType;
}
