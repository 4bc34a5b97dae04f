/** Guided scripts with real records in them, and what testers say of each step. */
import 'reflect-metadata';
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { UserError } from '../../../runtime/request.ts';
import { AcceptanceRoles } from './coverage-types.ts';
import { Item } from './entity-types.ts';

export const StepKinds = { ORDINARY: 'ordinary', EDGE: 'edge' } as const;
export const StepFindings = {
  DISPLAY_TRUNCATION: 'display-truncation',
  MISSING_LABEL: 'missing-label',
  WRONG_VALUE: 'wrong-value',
  NOT_FOUND: 'not-found',
  ERROR_NOT_HANDLED: 'error-not-handled',
  WORKFLOW_FRICTION: 'workflow-friction',
} as const;
registerEnumType(StepKinds, { name: 'ScriptStepKind', description: 'Edge: something was wrong with the record.' });
registerEnumType(StepFindings, {
  name: 'ScriptStepFinding',
  description: 'Each opens an exception on the source row of the record, but friction, which is kept as feedback.',
});

@ObjectType('GuidedScriptStep')
export abstract class GuidedScriptStepType {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => StepKinds)
  abstract readonly kind: string;

  @Field(() => String)
  abstract readonly screen: string;

  @Field(() => String)
  abstract readonly action: string;

  @Field(() => String, { description: 'What is to be seen when all is well.' })
  abstract readonly expect: string;

  @Field(() => String, { description: 'A FHIR resource type, `item`, or `message`.' })
  abstract readonly record: string;

  @Field(() => String, {
    nullable: true,
    description: 'The source key of the record to do it with; null: there is none.',
  })
  abstract readonly sourceId: string | null;

  @Field(() => Item, { nullable: true })
  abstract readonly item: Item | null;
}

@ObjectType('GuidedScript')
export abstract class GuidedScriptType {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => AcceptanceRoles)
  abstract readonly role: string;

  @Field(() => String)
  abstract readonly title: string;

  @Field(() => [GuidedScriptStepType])
  abstract readonly steps: readonly GuidedScriptStepType[];
}

@InputType()
export abstract class RecordScriptStepInput {
  @Field(() => ID)
  abstract readonly migrationId: string;

  @Field(() => AcceptanceRoles)
  abstract readonly role: (typeof AcceptanceRoles)[keyof typeof AcceptanceRoles];

  @Field(() => ID)
  abstract readonly stepId: string;

  @Field(() => StepFindings, { nullable: true, description: 'Absent: all was as expected.' })
  abstract readonly finding?: (typeof StepFindings)[keyof typeof StepFindings] | null;

  @Field(() => String, { nullable: true, description: 'Where it was seen, when not on the screen of the script.' })
  abstract readonly screen?: string | null;

  @Field(() => String, { nullable: true, description: 'What was done, when not what the script says.' })
  abstract readonly action?: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly seen?: string | null;
}

@ObjectType()
export abstract class RecordScriptStepPayload {
  @Field(() => ID, { nullable: true })
  abstract readonly walkId: string | null;

  @Field(() => ID, { nullable: true, description: 'The exception that it opened, or that was open already.' })
  abstract readonly exceptionId: string | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}
