/** What inventory shows: migrations, their systems, datasets and items, and what keeps them from starting. */
import 'reflect-metadata';
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { BigIntScalar, DateTime, JsonScalar, Sha256Scalar } from '../../../runtime/request.ts';

export const SurveyStates = { NONE: 'none', RUNNING: 'running', COMPLETE: 'complete', FAILED: 'failed' } as const;
export const ReadinessStates = { PENDING: 'pending', READY: 'ready', BLOCKED: 'blocked' } as const;
export const LineageStates = {
  DRAFT: 'draft',
  PROPOSED: 'proposed',
  APPROVED: 'approved',
  NOT_REQUIRED: 'not-required',
} as const;
export const EndpointRoles = { SOURCE: 'source', TARGET: 'target' } as const;
registerEnumType(SurveyStates, { name: 'SurveyState', description: 'How far the survey of a migration is.' });
registerEnumType(ReadinessStates, { name: 'ReadinessState', description: 'Pending: something changed since.' });
registerEnumType(LineageStates, { name: 'LineageState', description: 'Whether a lineage map may move data.' });
registerEnumType(EndpointRoles, { name: 'EndpointRole' });

@ObjectType({ description: 'A code and words: what is in the way, and what would help.' })
export abstract class Obstacle {
  @Field(() => String)
  abstract readonly code: string;

  @Field(() => String)
  abstract readonly reason: string;
}

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
}

@ObjectType({ description: 'Whether a migration may start.' })
export abstract class Readiness {
  @Field(() => Boolean)
  abstract readonly ready: boolean;

  @Field(() => ReadinessStates)
  abstract readonly state: string;

  @Field(() => DateTime, { nullable: true })
  abstract readonly evaluatedAt: string | null;

  @Field(() => [ReadinessLine])
  abstract readonly lines: readonly ReadinessLine[];
}

@ObjectType({ description: 'A way into a system.' })
export abstract class Endpoint {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String)
  abstract readonly label: string;

  @Field(() => String, { description: 'The id of the connector.' })
  abstract readonly connector: string;

  @Field(() => DateTime, { nullable: true })
  abstract readonly checkedAt: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'What the connector negotiated when it was last tried.' })
  abstract readonly negotiated: Readonly<Record<string, string>> | null;

  @Field(() => Obstacle, { nullable: true })
  abstract readonly problem?: Obstacle | null;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: 'An EHR or archive at one end of a migration.' })
export abstract class System {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String)
  abstract readonly name: string;

  @Field(() => EndpointRoles)
  abstract readonly role: string;

  @Field(() => [Endpoint])
  abstract readonly endpoints?: readonly Endpoint[];
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
