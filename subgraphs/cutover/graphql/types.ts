/** What cutover shows: the gates, the verdict they add up to, and what people decided. */
import 'reflect-metadata';
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime, Sha256Scalar } from '../../../runtime/request.ts';

export const GateStates = { PASSED: 'passed', AT_RISK: 'at-risk', FAILED: 'failed', UNKNOWN: 'unknown' } as const;
export const Verdicts = { GO: 'go', HOLD: 'hold', NO_GO: 'no-go' } as const;
export const DecisionKinds = { GO: 'go', HOLD: 'hold', NO_GO: 'no-go', ROLL_BACK: 'roll-back' } as const;
export const DecisionStates = { PROPOSED: 'proposed', RECORDED: 'recorded', SUPERSEDED: 'superseded' } as const;
export const VoteKinds = { FOR: 'for', AGAINST: 'against' } as const;
registerEnumType(GateStates, { name: 'GateState', description: 'Unknown: not everything it needs is there yet.' });
registerEnumType(Verdicts, { name: 'CutoverVerdict', description: 'What the gates add up to.' });
registerEnumType(DecisionKinds, { name: 'CutoverDecisionKind', description: 'What people decide.' });
registerEnumType(DecisionStates, { name: 'CutoverDecisionState' });
registerEnumType(VoteKinds, { name: 'CutoverVoteKind' });

@ObjectType({ description: 'What was measured, what is required, and whether the one meets the other.' })
export abstract class Gate {
  @Field(() => String)
  abstract readonly name: string;

  @Field(() => GateStates)
  abstract readonly state: string;

  @Field(() => String)
  abstract readonly measured: string;

  @Field(() => String)
  abstract readonly required: string;

  @Field(() => DateTime)
  abstract readonly changedAt: string;
}

@ObjectType({ description: 'One person on one decision, bound to the gates that person saw.' })
export abstract class CutoverVote {
  @Field(() => String)
  abstract readonly voter: string;

  @Field(() => VoteKinds)
  abstract readonly vote: string;

  @Field(() => Sha256Scalar)
  abstract readonly evidence: string;

  @Field(() => DateTime)
  abstract readonly votedAt: string;
}

@ObjectType()
export abstract class CutoverDecision {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => DecisionKinds)
  abstract readonly decision: string;

  @Field(() => String)
  abstract readonly reason: string;

  @Field(() => DecisionStates)
  abstract readonly state: string;

  @Field(() => Sha256Scalar, { description: 'The sealed gates it was decided on.' })
  abstract readonly evidence: string;

  @Field(() => String, { nullable: true })
  abstract readonly proposedBy: string | null;

  @Field(() => DateTime, { nullable: true })
  abstract readonly proposedAt: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly decidedBy: string | null;

  @Field(() => DateTime, { nullable: true })
  abstract readonly decidedAt: string | null;

  @Field(() => [CutoverVote])
  abstract readonly votes?: readonly CutoverVote[];
}

@Directive('@key(fields: "id")')
@ObjectType()
export abstract class Migration {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => Cutover, { nullable: true })
  abstract readonly cutover?: Cutover | null;
}

@Directive('@key(fields: "id")')
@ObjectType()
export abstract class Batch {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => Cutover, { nullable: true, description: 'The cutover of the migration it belongs to.' })
  abstract readonly cutover?: Cutover | null;

  @Field(() => [Gate], { nullable: true, description: 'The gates of the migration it belongs to.' })
  abstract readonly gates?: readonly Gate[] | null;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: 'Whether and how a migration goes live.' })
export abstract class Cutover {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => Migration, { nullable: true })
  abstract readonly migration?: Migration | null;

  @Field(() => Verdicts)
  abstract readonly verdict: string;

  @Field(() => String, { description: 'The one reason that matters most.' })
  abstract readonly reason: string;

  @Field(() => Int, { description: 'Grows with every change.' })
  abstract readonly revision: number;

  @Field(() => DateTime, { nullable: true })
  abstract readonly evaluatedAt: string | null;

  @Field(() => String, { nullable: true, description: 'The name of the directory of the evidence pack.' })
  abstract readonly evidencePack: string | null;

  @Field(() => [Gate])
  abstract readonly gates?: readonly Gate[];

  @Field(() => CutoverDecision, { nullable: true, description: 'What was decided last.' })
  abstract readonly decision?: CutoverDecision | null;

  @Field(() => CutoverDecision, { nullable: true, description: 'What waits for somebody else to record it.' })
  abstract readonly proposal?: CutoverDecision | null;

  @Field(() => [CutoverDecision], { description: 'The newest first, at most 50.' })
  abstract readonly decisions?: readonly CutoverDecision[];
}
