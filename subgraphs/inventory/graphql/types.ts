/** What inventory shows: migrations, datasets and items, and what keeps them from starting. */
import 'reflect-metadata';
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { BigIntScalar, DateTime, JsonScalar, Sha256Scalar } from '../../../runtime/request.ts';
import { Obstacle, System } from './system-types.ts';

export const SurveyStates = { NONE: 'none', RUNNING: 'running', COMPLETE: 'complete', FAILED: 'failed' } as const;
export const ReadinessStates = { PENDING: 'pending', READY: 'ready', BLOCKED: 'blocked' } as const;
export const LineageStates = {
  DRAFT: 'draft',
  PROPOSED: 'proposed',
  APPROVED: 'approved',
  NOT_REQUIRED: 'not-required',
} as const;
registerEnumType(SurveyStates, { name: 'SurveyState', description: 'How far the survey of a migration is.' });
registerEnumType(ReadinessStates, { name: 'ReadinessState', description: 'Pending: something changed since.' });
registerEnumType(LineageStates, { name: 'LineageState', description: 'Whether a lineage map may move data.' });

@ObjectType({ description: 'What the source was found to hold.' })
export abstract class Survey {
  @Field(() => SurveyStates)
  abstract readonly state: string;

  @Field(() => Int)
  abstract readonly items: number;

  @Field(() => BigIntScalar)
  abstract readonly bytes: number;

  @Field(() => Int, { description: 'Items that belong to no dataset: outside the migration, but known.' })
  abstract readonly unclaimedItems: number;

  @Field(() => BigIntScalar)
  abstract readonly unclaimedBytes: number;

  @Field(() => DateTime, { nullable: true })
  abstract readonly finishedAt: string | null;

  @Field(() => Obstacle, { nullable: true })
  abstract readonly failure: Obstacle | null;
}

@ObjectType()
export abstract class ReadinessLine {
  @Field(() => String, { description: 'The id of the requirement, for example D25.' })
  abstract readonly requirement: string;

  @Field(() => String)
  abstract readonly line: string;

  @Field(() => Boolean)
  abstract readonly ok: boolean;

  @Field(() => String, { nullable: true })
  abstract readonly code: string | null;

  @Field(() => String, { nullable: true, description: 'Why not; on a line that is fulfilled, what is worth knowing.' })
  abstract readonly reason: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When it stops being fulfilled by itself.' })
  abstract readonly until: string | null;
}

@ObjectType({ description: 'Whether a migration may start.' })
export abstract class Readiness {
  @Field(() => Boolean)
  abstract readonly ready: boolean;

  @Field(() => ReadinessStates)
  abstract readonly state: string;

  @Field(() => DateTime, { nullable: true })
  abstract readonly evaluatedAt: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When a ready migration stops being ready by itself.' })
  abstract readonly expiresAt: string | null;

  @Field(() => [ReadinessLine])
  abstract readonly lines: readonly ReadinessLine[];
}

@ObjectType({ description: 'The map a dataset is moved and reconciled by.' })
export abstract class DatasetLineage {
  @Field(() => String, { description: 'pass-through, shipped:NAME, or where it was read.' })
  abstract readonly reference: string;

  @Field(() => Sha256Scalar, { nullable: true, description: 'Null for pass-through.' })
  abstract readonly digest: string | null;

  @Field(() => LineageStates)
  abstract readonly state: string;

  @Field(() => String, { nullable: true })
  abstract readonly proposedBy: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly approvedBy: string | null;

  @Field(() => DateTime, { nullable: true })
  abstract readonly approvedAt: string | null;
}

@ObjectType({ description: 'Items that stay behind on purpose.' })
export abstract class Exclusion {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String)
  abstract readonly glob: string;

  @Field(() => String)
  abstract readonly reason: string;

  @Field(() => String)
  abstract readonly recordedBy: string;

  @Field(() => DateTime)
  abstract readonly recordedAt: string;

  @Field(() => String, { nullable: true })
  abstract readonly approvedBy: string | null;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: 'One transferable unit of bytes at the source.' })
export abstract class Item {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String, { nullable: true, description: 'May hold patient data: for operators and reviewers only.' })
  abstract readonly path: string | null;

  @Field(() => BigIntScalar)
  abstract readonly sizeBytes: number;

  @Field(() => DateTime, { nullable: true })
  abstract readonly modifiedAt: string | null;

  @Field(() => String, { nullable: true, description: 'Why it stays behind; null when it moves.' })
  abstract readonly excluded: string | null;

  @Field(() => String, { nullable: true, description: 'By content: hl7v2, ccda, pdf, ...; null before it was opened.' })
  abstract readonly contentKind: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly mediaType: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Null where what it is was not recognised.' })
  abstract readonly isStructured: boolean | null;

  @Field(() => Dataset, { nullable: true })
  abstract readonly dataset?: Dataset | null;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: 'A clinical or business domain of the source system.' })
export abstract class Dataset {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String)
  abstract readonly name: string;

  @Field(() => String, {
    description: 'active-clinical, financially-sensitive, historical-searchable, compliance-archive',
  })
  abstract readonly tier: string;

  @Field(() => String)
  abstract readonly format: string;

  @Field(() => String, { name: 'select' })
  abstract readonly selection: string;

  @Field(() => String, { nullable: true })
  abstract readonly owner: string | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'What it is held to, as the plan says: domain, retention, risks, acceptance, consumers, dependencies.',
  })
  abstract readonly charter: unknown;

  @Field(() => Sha256Scalar, { nullable: true, description: 'The sealed survey.' })
  abstract readonly survey: string | null;

  @Field(() => Int, { description: 'Surveyed items, excluded ones among them.' })
  abstract readonly items: number;

  @Field(() => Int)
  abstract readonly excludedItems: number;

  @Field(() => BigIntScalar)
  abstract readonly bytes: number;

  @Field(() => DatasetLineage)
  abstract readonly lineage: unknown;

  @Field(() => [Exclusion])
  abstract readonly exclusions?: readonly Exclusion[];

  @Field(() => System, { nullable: true })
  abstract readonly target?: System | null;

  @Field(() => Migration, { nullable: true })
  abstract readonly migration?: Migration | null;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: 'One plan under one name, with the policy and the lineage maps it was declared with.' })
export abstract class Migration {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String)
  abstract readonly name: string;

  @Field(() => Sha256Scalar, { description: 'The sealed plan.' })
  abstract readonly plan: string;

  @Field(() => Sha256Scalar, { description: 'The sealed policy.' })
  abstract readonly policy: string;

  @Field(() => String)
  abstract readonly declaredBy: string;

  @Field(() => DateTime)
  abstract readonly declaredAt: string;

  @Field(() => Boolean, { name: 'launched' })
  abstract readonly isLaunched: boolean;

  @Field(() => Survey)
  abstract readonly survey?: Survey;

  @Field(() => Readiness)
  abstract readonly readiness?: Readiness;

  @Field(() => [System])
  abstract readonly systems?: readonly System[];
}
