/** What is asked of validation, and what it answers. */
import 'reflect-metadata';
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import type { ExceptionState } from '../domain/exception.ts';
import { DateTime, Sha256Scalar, UserError } from '../../../runtime/request.ts';
import { EXCEPTION_STATE, ExceptionType, SEVERITY } from './exception-type.ts';

@InputType()
export abstract class ExceptionStateComparator {
  @Field(() => [EXCEPTION_STATE])
  abstract readonly in: readonly ExceptionState[];
}

@InputType()
export abstract class SeverityComparator {
  @Field(() => [SEVERITY])
  abstract readonly in: readonly string[];
}

@InputType()
export abstract class TextComparator {
  @Field(() => [String])
  abstract readonly in: readonly string[];
}

@InputType()
export abstract class ExceptionFilter {
  @Field(() => ExceptionStateComparator, { nullable: true })
  abstract readonly state?: ExceptionStateComparator | null;

  @Field(() => SeverityComparator, { nullable: true })
  abstract readonly severity?: SeverityComparator | null;

  @Field(() => TextComparator, { nullable: true })
  abstract readonly category?: TextComparator | null;

  @Field(() => TextComparator, { nullable: true, description: 'Ids of datasets.' })
  abstract readonly dataset?: TextComparator | null;

  @Field(() => TextComparator, { nullable: true })
  abstract readonly owner?: TextComparator | null;

  @Field(() => TextComparator, { nullable: true, description: 'Ids of causes.' })
  abstract readonly cause?: TextComparator | null;

  @Field(() => Boolean, { nullable: true, description: 'True: open, and nobody answers for it.' })
  abstract readonly unowned?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'True: open, and due before now.' })
  abstract readonly overdue?: boolean | null;
}

@InputType('ExceptionCauseFilter')
export abstract class CauseFilter {
  @Field(() => SeverityComparator, { nullable: true })
  abstract readonly severity?: SeverityComparator | null;

  @Field(() => TextComparator, { nullable: true })
  abstract readonly category?: TextComparator | null;

  @Field(() => TextComparator, { nullable: true, description: 'Ids of datasets.' })
  abstract readonly dataset?: TextComparator | null;

  @Field(() => Boolean, { nullable: true, description: 'True: only those with an open exception.' })
  abstract readonly open?: boolean | null;
}

export const ORDER_FIELD = { SEQ: 'seq', SEVERITY: 'severity', DUE_AT: 'dueAt', RAISED_AT: 'raisedAt' } as const;
registerEnumType(ORDER_FIELD, { name: 'ExceptionOrderField', description: 'SEQ and RAISED_AT: as they were raised.' });
export const DIRECTION = { ASC: 'asc', DESC: 'desc' } as const;
registerEnumType(DIRECTION, { name: 'OrderDirection', description: 'Upwards or downwards.' });

@InputType()
export abstract class ExceptionOrder {
  @Field(() => ORDER_FIELD)
  abstract readonly field: (typeof ORDER_FIELD)[keyof typeof ORDER_FIELD];

  @Field(() => DIRECTION, { nullable: true, description: 'ASC when it is not said.' })
  abstract readonly direction?: 'asc' | 'desc' | null;
}

@InputType()
export abstract class AssignExceptionInput {
  @Field(() => ID)
  abstract readonly exceptionId: string;

  @Field(() => String, { description: 'Who answers for it from now on.' })
  abstract readonly owner: string;
}

@InputType()
export abstract class CommentExceptionInput {
  @Field(() => ID)
  abstract readonly exceptionId: string;

  @Field(() => String, { description: 'Up to 2000 characters. Never patient data: nothing looks for any in it.' })
  abstract readonly text: string;
}

@InputType()
export abstract class RecheckExceptionInput {
  @Field(() => ID)
  abstract readonly exceptionId: string;
}

@InputType()
export abstract class ProposeWaiverInput {
  @Field(() => ID)
  abstract readonly exceptionId: string;

  @Field(() => String, { description: 'Why the risk is accepted; never patient data.' })
  abstract readonly reason: string;

  @Field(() => DateTime, { description: 'A waiver ends by itself.' })
  abstract readonly expiresAt: Date;
}

@InputType()
export abstract class ApproveWaiverInput {
  @Field(() => Sha256Scalar, { description: 'The digest of what was asked, as the proposal answered it.' })
  abstract readonly digest: string;
}

@ObjectType()
abstract class ActPayload {
  @Field(() => ExceptionType, { nullable: true })
  readonly exception: ExceptionType | null = null;

  @Field(() => [UserError])
  readonly userErrors: readonly UserError[] = [];
}

@ObjectType()
export class AssignExceptionPayload extends ActPayload {}

@ObjectType()
export class CommentExceptionPayload extends ActPayload {}

@ObjectType()
export class RecheckExceptionPayload extends ActPayload {}

@ObjectType()
export class ProposeWaiverPayload extends ActPayload {
  @Field(() => Sha256Scalar, { nullable: true, description: 'What an approver approves.' })
  readonly digest: string | null = null;
}

@ObjectType()
export class ApproveWaiverPayload extends ActPayload {}
