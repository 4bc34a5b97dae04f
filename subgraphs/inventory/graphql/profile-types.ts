/** What every field of a dataset holds, as the graph shows it: counts, shapes and masks, no value. */
import 'reflect-metadata';
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { BigIntScalar, DateTime, Sha256Scalar, UserError } from '../../../runtime/request.ts';
import { Obstacle } from './system-types.ts';
import { Dataset, Migration } from './types.ts';

export const ProfileStates = { RUNNING: 'running', COMPLETE: 'complete', FAILED: 'failed' } as const;
registerEnumType(ProfileStates, { name: 'ProfileState' });

@ObjectType({ description: 'How often something was seen.' })
export abstract class NamedCount {
  @Field(() => String)
  abstract readonly name: string;

  @Field(() => BigIntScalar)
  abstract readonly count: number;
}

@ObjectType({ description: 'One field of a dataset, over all of its records.' })
export abstract class ProfiledField {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String, { description: 'A resource type, message, document, or a table by the digest of its columns.' })
  abstract readonly kind: string;

  @Field(() => String, { description: 'In the language of lineage maps.' })
  abstract readonly path: string;

  @Field(() => BigIntScalar, { description: 'Records of its kind.' })
  abstract readonly records: number;

  @Field(() => BigIntScalar, { description: 'Those of them with at least one value here.' })
  abstract readonly populated: number;

  @Field(() => Float, { description: 'The share of records without a value, from 0 to 1.' })
  abstract readonly nullRate: number;

  @Field(() => BigIntScalar, { description: 'Repetitions among them.' })
  abstract readonly values: number;

  @Field(() => BigIntScalar, { description: 'Values of white space alone.' })
  abstract readonly blanks: number;

  @Field(() => BigIntScalar)
  abstract readonly distinct: number;

  @Field(() => Float, { description: 'Standard error of distinct, relative; 0 where it is exact.' })
  abstract readonly distinctError: number;

  @Field(() => Int, { nullable: true, description: 'In UTF-16 code units.' })
  abstract readonly lengthMin: number | null;

  @Field(() => Int, { nullable: true })
  abstract readonly lengthMax: number | null;

  @Field(() => BigIntScalar, { description: 'Values that are numbers.' })
  abstract readonly numbers: number;

  @Field(() => Float, { nullable: true, description: 'To two digits; none of fields that identify.' })
  abstract readonly numberMin: number | null;

  @Field(() => Float, { nullable: true })
  abstract readonly numberMax: number | null;

  @Field(() => Int, { nullable: true, description: 'No year that would tell an age over 89.' })
  abstract readonly yearMin: number | null;

  @Field(() => Int, { nullable: true })
  abstract readonly yearMax: number | null;

  @Field(() => [NamedCount], { description: 'Masks: letters are A and a, digits 9. The most frequent first.' })
  abstract readonly patterns: readonly NamedCount[];

  @Field(() => BigIntScalar, { description: 'Values whose mask is not among patterns.' })
  abstract readonly otherPatterns: number;

  @Field(() => [NamedCount])
  abstract readonly dateShapes: readonly NamedCount[];

  @Field(() => BigIntScalar)
  abstract readonly timesWithOffset: number;

  @Field(() => BigIntScalar)
  abstract readonly timesWithoutOffset: number;

  @Field(() => [NamedCount])
  abstract readonly codeSystems: readonly NamedCount[];

  @Field(() => String, { description: 'The identifier of 45 CFR 164.514(b)(2)(i) it holds, free-text, or none.' })
  abstract readonly phi: string;
}

@ObjectType({ description: 'Where to look.' })
export abstract class Spot {
  @Field(() => ID)
  abstract readonly itemId: string;

  @Field(() => String, { description: 'Line, message, resource or document; never more.' })
  abstract readonly position: string;
}

@ObjectType({ description: 'What is wrong with one field, or with items and no field.' })
export abstract class ProfileFinding {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String)
  abstract readonly code: string;

  @Field(() => String, { description: 'The id of the requirement, for example J04.' })
  abstract readonly requirement: string;

  @Field(() => String, { description: 'P1 to P4: a hint; a finding blocks nothing by itself.' })
  abstract readonly severity: string;

  @Field(() => String, { nullable: true })
  abstract readonly kind: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly path: string | null;

  @Field(() => BigIntScalar)
  abstract readonly count: number;

  @Field(() => [Spot], { description: 'The first ones.' })
  abstract readonly at: readonly Spot[];
}

@ObjectType({ description: 'The last profile of a dataset.' })
export abstract class DatasetProfile {
  @Field(() => Dataset, { nullable: true })
  abstract readonly dataset?: Dataset | null;

  @Field(() => ProfileStates)
  abstract readonly state: string;

  @Field(() => Boolean, { description: 'Of the survey the dataset has now.' })
  abstract readonly current?: boolean;

  @Field(() => Sha256Scalar, { nullable: true, description: 'The sealed profile.' })
  abstract readonly profile: string | null;

  @Field(() => Int)
  abstract readonly items: number;

  @Field(() => Int, { description: 'Items that were dealt with.' })
  abstract readonly itemsDone: number;

  @Field(() => BigIntScalar)
  abstract readonly records: number;

  @Field(() => [NamedCount], { description: 'Records by their kind.' })
  abstract readonly kinds?: readonly NamedCount[];

  @Field(() => BigIntScalar, { description: 'Values of fields beyond those that are profiled one by one.' })
  abstract readonly overflowValues?: number;

  @Field(() => [NamedCount], { description: 'Items that could not be read to their end, by the code that says why.' })
  abstract readonly unread?: readonly NamedCount[];

  @Field(() => String)
  abstract readonly requestedBy: string;

  @Field(() => DateTime)
  abstract readonly startedAt: string;

  @Field(() => DateTime, { nullable: true })
  abstract readonly finishedAt: string | null;

  @Field(() => Obstacle, { nullable: true })
  abstract readonly problem?: Obstacle | null;
}

@InputType()
export abstract class ProfileMigrationInput {
  @Field(() => ID)
  abstract readonly migrationId: string;

  @Field(() => ID, { nullable: true, description: 'Without it, every dataset whose format holds fields.' })
  abstract readonly datasetId?: string | null;
}

@ObjectType()
export abstract class ProfileMigrationPayload {
  @Field(() => Migration, { nullable: true })
  abstract readonly migration?: object | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}
