/** What validation adds to batches and migrations: verdicts, dispositions, assurance, and the sealed reports. */
import 'reflect-metadata';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime, Sha256Scalar } from '../../../runtime/request.ts';

@ObjectType('VerdictCounts', {
  description: 'source = matched + differs + missingOnTarget + unreadable + duplicates + notDrawn + acknowledged.',
})
export abstract class VerdictCountsType {
  @Field(() => Int, { description: 'Distinct units of the source: records, or items that pass through.' })
  abstract readonly source: number;

  @Field(() => Int, { description: 'Copies found at the target.' })
  abstract readonly target: number;

  @Field(() => Int)
  abstract readonly matched: number;

  @Field(() => Int)
  abstract readonly differs: number;

  @Field(() => Int)
  abstract readonly missingOnTarget: number;

  @Field(() => Int, { description: 'Known once every batch of the migration is reconciled.' })
  abstract readonly missingOnSource: number;

  @Field(() => Int)
  abstract readonly unreadable: number;

  @Field(() => Int, { description: 'Units held more than once on one side: found, not matched.' })
  abstract readonly duplicates: number;

  @Field(() => Int, { description: 'There, of the right size, and not looked into: a sample vouches for them.' })
  abstract readonly notDrawn: number;

  @Field(() => Int, {
    description: 'Acknowledged by a receiver that cannot be read back: neither matched nor a defect.',
  })
  abstract readonly acknowledged: number;

  @Field(() => Int, { description: 'Earlier versions of records that a later one took the place of; counted apart.' })
  abstract readonly superseded: number;
}

@ObjectType('ReconciledDispositions', {
  description: 'eligible = verified + acknowledged + excluded + quarantined + failed, always.',
})
export abstract class ReconciledDispositionsType {
  @Field(() => Int)
  abstract readonly eligible: number;

  @Field(() => Int)
  abstract readonly verified: number;

  @Field(() => Int, { description: 'Their receiver says that it has them, and nobody can look: not verified.' })
  abstract readonly acknowledged: number;

  @Field(() => Int)
  abstract readonly excluded: number;

  @Field(() => Int)
  abstract readonly quarantined: number;

  @Field(() => Int)
  abstract readonly failed: number;
}

@ObjectType('AssuranceCounts', {
  description: 'Items by how far they were really verified; never downgraded silently.',
})
export abstract class AssuranceCountsType {
  @Field(() => Int)
  abstract readonly notVerifiable: number;

  @Field(() => Int, { description: 'Not drawn: present at the target, and vouched for by the sample of its dataset.' })
  abstract readonly sampled: number;

  @Field(() => Int)
  abstract readonly bytes: number;

  @Field(() => Int)
  abstract readonly record: number;

  @Field(() => Int)
  abstract readonly fields: number;

  @Field(() => Int)
  abstract readonly workflow: number;
}

@ObjectType('BatchReconciliation', { description: 'What came of reading a batch back and matching it.' })
export abstract class BatchReconciliationType {
  @Field(() => Sha256Scalar, { description: 'The sealed report.' })
  abstract readonly report: string;

  @Field(() => Sha256Scalar)
  abstract readonly targetManifest: string;

  @Field(() => DateTime, { description: 'When transfer said that the batch had moved.' })
  abstract readonly movedAt: string;

  @Field(() => VerdictCountsType)
  abstract readonly records: VerdictCountsType;

  @Field(() => ReconciledDispositionsType)
  abstract readonly dispositions: ReconciledDispositionsType;

  @Field(() => AssuranceCountsType)
  abstract readonly assurance: AssuranceCountsType;
}

@ObjectType('MigrationReconciliation', { description: 'What came of looking over all batches together.' })
export abstract class MigrationReconciliationType {
  @Field(() => Sha256Scalar, { description: 'The sealed report.' })
  abstract readonly report: string;

  @Field(() => Sha256Scalar, { description: 'The sealed exceptions, without what names a patient.' })
  abstract readonly exceptions: string;
}

export const RECONCILE_STEP = {
  READING_BACK: 'reading-back',
  MATCHING: 'matching',
  SETTLING: 'settling',
  DONE: 'done',
} as const;
registerEnumType(RECONCILE_STEP, { name: 'ReconcileStep', description: 'What a reconciliation is doing.' });

@ObjectType('ReconciliationProgress')
export abstract class ReconciliationProgressType {
  @Field(() => ID)
  abstract readonly batchId: string;

  @Field(() => RECONCILE_STEP)
  abstract readonly step: string;

  @Field(() => Int)
  abstract readonly itemsDone: number;

  @Field(() => Int)
  abstract readonly items: number;
}
