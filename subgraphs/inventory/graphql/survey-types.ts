/** Surveys as the graph shows them: what each found, what items hide, what has drifted, and findings. */
import 'reflect-metadata';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { BigIntScalar, DateTime, Sha256Scalar } from '../../../runtime/request.ts';
import { Obstacle } from './system-types.ts';
import { Dataset } from './types.ts';

export const SurveyRunStates = {
  RUNNING: 'running',
  COMPLETE: 'complete',
  FAILED: 'failed',
  SUPERSEDED: 'superseded',
} as const;
export const SurveyPhases = { LISTING: 'listing', INSPECTING: 'inspecting', SEALING: 'sealing', DONE: 'done' } as const;
export const DriftKinds = { ADDED: 'added', CHANGED: 'changed', GONE: 'gone' } as const;
export const FindingSources = { SURVEY: 'survey', PROFILE: 'profile', LOSS: 'loss' } as const;
registerEnumType(SurveyRunStates, { name: 'SurveyRunState' });
registerEnumType(SurveyPhases, { name: 'SurveyPhase', description: 'Listing, then opening every item, then sealing.' });
registerEnumType(DriftKinds, { name: 'DriftKind' });
registerEnumType(FindingSources, { name: 'FindingSource', description: 'Which look at the source has found it.' });

@ObjectType({ description: 'How many of a kind there are.' })
export abstract class KindCount {
  @Field(() => String)
  abstract readonly kind: string;

  @Field(() => Int)
  abstract readonly count: number;
}

@ObjectType({ description: 'What a survey found in one dataset.' })
export abstract class SurveyedDataset {
  @Field(() => Dataset, { nullable: true })
  abstract readonly dataset?: Dataset | null;

  @Field(() => Int)
  abstract readonly items: number;

  @Field(() => BigIntScalar)
  abstract readonly bytes: number;

  @Field(() => Int, { description: 'Items that were opened; the others were only listed.' })
  abstract readonly inspected: number;

  @Field(() => Int)
  abstract readonly structured: number;

  @Field(() => Int)
  abstract readonly unstructured: number;

  @Field(() => [KindCount], { description: 'Items by what they are, judged by their content.' })
  abstract readonly kinds: readonly KindCount[];

  @Field(() => [KindCount], { description: 'Attachments, versions, orders and the like, inside and beside the items.' })
  abstract readonly hidden: readonly KindCount[];

  @Field(() => Int, { description: 'Since the survey before.' })
  abstract readonly added: number;

  @Field(() => Int)
  abstract readonly changed: number;

  @Field(() => Int)
  abstract readonly gone: number;

  @Field(() => Sha256Scalar, { nullable: true, description: 'The sealed list of its items.' })
  abstract readonly survey: string | null;

  @Field(() => Sha256Scalar, { nullable: true, description: 'The sealed list of what has drifted.' })
  abstract readonly drift: string | null;
}

@ObjectType({
  description: 'One look at everything the source holds; surveys stay, so that what was when can be told.',
})
export abstract class SurveyRun {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => Int, { description: 'The first survey of a migration is 1.' })
  abstract readonly number: number;

  @Field(() => SurveyRunStates)
  abstract readonly state: string;

  @Field(() => SurveyPhases)
  abstract readonly phase: string;

  @Field(() => Boolean, { description: 'Made after the launch: it shows drift, and changes nothing that moves.' })
  abstract readonly isLate: boolean;

  @Field(() => String)
  abstract readonly requestedBy: string;

  @Field(() => DateTime)
  abstract readonly startedAt: string;

  @Field(() => DateTime, { nullable: true })
  abstract readonly finishedAt: string | null;

  @Field(() => Int)
  abstract readonly listed: number;

  @Field(() => Int)
  abstract readonly inspected: number;

  @Field(() => Int)
  abstract readonly unclaimedItems: number;

  @Field(() => Int)
  abstract readonly added: number;

  @Field(() => Int)
  abstract readonly changed: number;

  @Field(() => Int)
  abstract readonly gone: number;

  @Field(() => [SurveyedDataset])
  abstract readonly datasets?: readonly SurveyedDataset[];

  @Field(() => Obstacle, { nullable: true })
  abstract readonly failure?: Obstacle | null;
}

@ObjectType({ description: 'An item that is not as the survey before found it.' })
export abstract class DriftItem {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => ID)
  abstract readonly itemId: string;

  @Field(() => DriftKinds)
  abstract readonly kind: string;

  @Field(() => [String], { description: 'Which of sizeBytes, modifiedAt and contentKind differ.' })
  abstract readonly differs: readonly string[];

  @Field(() => String, { nullable: true, description: 'May hold patient data: for operators and reviewers only.' })
  abstract readonly path?: string | null;
}

@ObjectType({ description: 'What a look at the source has found and somebody should know.' })
export abstract class Finding {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => FindingSources)
  abstract readonly source: string;

  @Field(() => String)
  abstract readonly code: string;

  @Field(() => String, { description: 'P1 to P4: a hint; a finding blocks nothing by itself.' })
  abstract readonly severity: string;

  @Field(() => String, { description: 'The id of the requirement, for example A20.' })
  abstract readonly requirement: string;

  @Field(() => Int)
  abstract readonly count: number;

  @Field(() => [ID], { description: 'The first items it is about.' })
  abstract readonly itemIds: readonly string[];

  @Field(() => String, { nullable: true, description: 'Where in the first item.' })
  abstract readonly position: string | null;

  @Field(() => String)
  abstract readonly detail: string;

  @Field(() => DateTime)
  abstract readonly firstSeenAt: string;

  @Field(() => Dataset, { nullable: true })
  abstract readonly dataset?: Dataset | null;
}
