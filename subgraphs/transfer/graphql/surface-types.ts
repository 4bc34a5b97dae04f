/** What queries, mutations and the subscription of transfer take and give. */
import 'reflect-metadata';
import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { BigIntScalar, DateTime, PageInfo, UserError } from '../../../runtime/request.ts';
import type { BatchState } from '../domain/batch.ts';
import { DECISION_LENGTH_MAX_CHARS } from '../domain/decision.ts';
import { BATCH_STATE, BatchType } from './batch-type.ts';

@ObjectType('BatchProgress', { description: 'The newest state of a batch and how fast it moves.' })
export class BatchProgressType {
  @Field(() => BatchType)
  readonly batch: BatchType = new BatchType();

  @Field(() => Int, { description: 'Grows with every change of the batch.' })
  readonly seq: number = 0;

  @Field(() => DateTime)
  readonly at: string = '';

  @Field(() => Int)
  readonly itemsMoved: number = 0;

  @Field(() => BigIntScalar)
  readonly bytesMoved: number = 0;

  @Field(() => Float)
  readonly itemsPerSecond: number = 0;

  @Field(() => Float)
  readonly bytesPerSecond: number = 0;

  @Field(() => DateTime, { nullable: true, description: 'When the phase will be done at this rate.' })
  readonly eta: string | null = null;
}

@ObjectType('BatchEdge')
export class BatchEdgeType {
  @Field(() => String)
  readonly cursor: string = '';

  @Field(() => BatchType)
  readonly node: BatchType = new BatchType();
}

@ObjectType('BatchConnection', { description: 'Riskiest tier first.' })
export class BatchConnectionType {
  @Field(() => [BatchType])
  readonly nodes: readonly BatchType[] = [];

  @Field(() => [BatchEdgeType])
  readonly edges: readonly BatchEdgeType[] = [];

  @Field(() => PageInfo)
  readonly pageInfo: PageInfo = new PageInfo();

  @Field(() => Int)
  readonly totalCount: number = 0;
}

@InputType('BatchStateComparator')
export abstract class BatchStateComparator {
  @Field(() => [BATCH_STATE])
  abstract readonly in: readonly BatchState[];
}

@InputType('BatchDatasetComparator')
export abstract class BatchDatasetComparator {
  @Field(() => [ID])
  abstract readonly in: readonly string[];
}

@InputType('BatchFilter')
export abstract class BatchFilterInput {
  @Field(() => BatchStateComparator, { nullable: true })
  abstract readonly state?: BatchStateComparator | null;

  @Field(() => BatchDatasetComparator, { nullable: true })
  abstract readonly dataset?: BatchDatasetComparator | null;

  @Field(() => Boolean, { nullable: true, description: 'True: only remedies; false: only batches of surveys.' })
  abstract readonly remedy?: boolean | null;
}

/** One batch by its id, or every batch of a migration that the act fits. */
@InputType()
export abstract class ChoiceInput {
  @Field(() => ID, { nullable: true, description: 'One batch; or give a migrationId.' })
  abstract readonly batchId?: string | null;

  @Field(() => ID, { nullable: true, description: 'All batches of the migration that the act fits.' })
  abstract readonly migrationId?: string | null;
}

@InputType('ProposeLaunchInput')
export abstract class ProposeLaunchInput extends ChoiceInput {}

@InputType('ApproveLaunchInput')
export abstract class ApproveLaunchInput extends ChoiceInput {}

@InputType('LaunchBatchInput')
export abstract class LaunchBatchInput extends ChoiceInput {
  @Field(() => String, { description: 'The same key launches once, however often it is asked.' })
  abstract readonly idempotencyKey: string;
}

@InputType('PauseBatchInput')
export abstract class PauseBatchInput extends ChoiceInput {}

@InputType('ResumeBatchInput')
export abstract class ResumeBatchInput extends ChoiceInput {
  @Field(() => String, {
    description: `What was found and why it is safe to go on, in at most ${DECISION_LENGTH_MAX_CHARS} characters.`,
  })
  abstract readonly decision: string;
}

@ObjectType()
export class ActPayload {
  @Field(() => BatchType, { nullable: true, description: 'The first batch the act was done to.' })
  readonly batch: BatchType | null = null;

  @Field(() => [BatchType], { description: 'Every batch the act was done to.' })
  readonly batches: readonly BatchType[] = [];

  @Field(() => [UserError])
  readonly userErrors: readonly UserError[] = [];
}

@ObjectType('ProposeLaunchPayload')
export class ProposeLaunchPayload extends ActPayload {}

@ObjectType('ApproveLaunchPayload')
export class ApproveLaunchPayload extends ActPayload {}

@ObjectType('LaunchBatchPayload')
export class LaunchBatchPayload extends ActPayload {}

@ObjectType('PauseBatchPayload')
export class PauseBatchPayload extends ActPayload {}

@ObjectType('ResumeBatchPayload')
export class ResumeBatchPayload extends ActPayload {}
