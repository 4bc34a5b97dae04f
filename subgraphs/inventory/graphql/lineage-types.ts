/** What a lineage map loses of a dataset, and what it does to an item, as the graph shows it. */
import 'reflect-metadata';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime, Sha256Scalar, UserError } from '../../../runtime/request.ts';
import { Obstacle } from './system-types.ts';
import { Dataset, LineageStates } from './types.ts';

export const LossStates = { RUNNING: 'running', COMPLETE: 'complete', FAILED: 'failed' } as const;
registerEnumType(LossStates, { name: 'LossState' });

export const LineageChangeKinds = { ADDED: 'added', REMOVED: 'removed', CHANGED: 'changed' } as const;
registerEnumType(LineageChangeKinds, { name: 'LineageChangeKind' });

@ObjectType({ description: 'A populated source path of which values reach no target and are not excluded.' })
export abstract class LostPath {
  @Field(() => String)
  abstract readonly path: string;

  @Field(() => Int, { description: 'Values the source holds at this path.' })
  abstract readonly populated: number;

  @Field(() => Int)
  abstract readonly lost: number;

  @Field(() => [ID], { description: 'The first items in which it is lost.' })
  abstract readonly items: readonly string[];
}

@ObjectType({ description: 'A populated source path that is left behind on purpose.' })
export abstract class ExcludedPath {
  @Field(() => String)
  abstract readonly path: string;

  @Field(() => Int)
  abstract readonly populated: number;

  @Field(() => String)
  abstract readonly reason: string;
}

@ObjectType({ description: 'A target element and the rule that fills it.' })
export abstract class TargetFinding {
  @Field(() => String)
  abstract readonly type: string;

  @Field(() => String)
  abstract readonly target: string;

  @Field(() => String, { description: 'Where the rule stands in the map.' })
  abstract readonly rule: string;

  @Field(() => Int)
  abstract readonly count: number;

  @Field(() => Boolean)
  abstract readonly critical: boolean;
}

@ObjectType({ description: 'What the map of a dataset loses of its items, measured value by value.' })
export abstract class LossReport {
  @Field(() => LossStates)
  abstract readonly state: string;

  @Field(() => Boolean, { description: 'Of the map and the survey the dataset has now.' })
  abstract readonly current: boolean;

  @Field(() => Sha256Scalar, { nullable: true, description: 'The sealed report.' })
  abstract readonly digest: string | null;

  @Field(() => Int)
  abstract readonly items: number;

  @Field(() => Int)
  abstract readonly records: number;

  @Field(() => Int, { description: 'Findings that stop a dataset of the tier active clinical.' })
  abstract readonly blocking: number;

  @Field(() => Int)
  abstract readonly lostPaths: number;

  @Field(() => [LostPath])
  abstract readonly lost: readonly LostPath[];

  @Field(() => [TargetFinding], { description: 'Two rules fill one target, and one value goes unseen.' })
  abstract readonly overwritten: readonly TargetFinding[];

  @Field(() => [TargetFinding], { description: 'Elements that say the same whatever the source says.' })
  abstract readonly fromNothing: readonly TargetFinding[];

  @Field(() => [ExcludedPath])
  abstract readonly excluded: readonly ExcludedPath[];

  @Field(() => DateTime, { nullable: true })
  abstract readonly finishedAt: string | null;

  @Field(() => Obstacle, { nullable: true })
  abstract readonly problem: Obstacle | null;
}

@ObjectType({ description: 'One thing that two versions of a lineage map do not say alike.' })
export abstract class LineageChange {
  @Field(() => LineageChangeKinds)
  abstract readonly change: string;

  @Field(() => String, { description: 'Such as: Patient: rule for birthDate.' })
  abstract readonly what: string;

  @Field(() => String, { nullable: true })
  abstract readonly before: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly after: string | null;

  @Field(() => Int, { nullable: true, description: 'In the later map; in the earlier one where it was removed.' })
  abstract readonly line: number | null;
}

@ObjectType({ description: 'A lineage map a dataset was declared with, as it is sealed.' })
export abstract class LineageVersion {
  @Field(() => Sha256Scalar)
  abstract readonly digest: string;

  @Field(() => Boolean, { description: 'The one the dataset has now.' })
  abstract readonly current: boolean;

  @Field(() => String)
  abstract readonly name: string;

  @Field(() => String)
  abstract readonly version: string;

  @Field(() => LineageStates)
  abstract readonly state: string;

  @Field(() => String, { nullable: true })
  abstract readonly proposedBy: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly approvedBy: string | null;

  @Field(() => DateTime, { nullable: true })
  abstract readonly approvedAt: string | null;

  @Field(() => String, { description: 'The whole map, YAML or JSON.' })
  abstract readonly text: string;
}

@InputType()
export abstract class ReportLossInput {
  @Field(() => ID)
  abstract readonly datasetId: string;
}

@ObjectType()
export abstract class ReportLossPayload {
  @Field(() => Dataset, { nullable: true })
  abstract readonly dataset?: object | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}
