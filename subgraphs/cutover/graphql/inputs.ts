/** What cutover's mutations take and give. */
import 'reflect-metadata';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { UserError } from '../../../runtime/request.ts';
import type { DecisionKind } from '../domain/decision.ts';
import { Cutover, CutoverDecision, DecisionKinds } from './types.ts';

@InputType()
export abstract class ProposeDecisionInput {
  @Field(() => ID)
  abstract readonly migrationId: string;

  @Field(() => DecisionKinds)
  abstract readonly decision: DecisionKind;

  @Field(() => String, { description: 'Never patient data.' })
  abstract readonly reason: string;
}

@InputType()
export abstract class RecordDecisionInput extends ProposeDecisionInput {}

@ObjectType()
export abstract class ProposeDecisionPayload {
  @Field(() => CutoverDecision, { nullable: true })
  abstract readonly decision: CutoverDecision | null;

  @Field(() => Cutover, { nullable: true })
  abstract readonly cutover: Cutover | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}

@ObjectType()
export abstract class RecordDecisionPayload extends ProposeDecisionPayload {}
