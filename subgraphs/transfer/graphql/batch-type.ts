/** A batch as the graph shows it: counts, codes and digests; never a path, never patient data. */
import 'reflect-metadata';
import { Directive, Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { BigIntScalar, DateTime, Sha256Scalar } from '../../../runtime/request.ts';
import type { BatchState, Phase } from '../domain/batch.ts';

export const BATCH_STATE = {
  PLANNED: 'planned',
  PROPOSED: 'proposed',
  APPROVED: 'approved',
  PACKING: 'packing',
  SEALED: 'sealed',
  MOVING: 'moving',
  PAUSED: 'paused',
  MOVED: 'moved',
  RECONCILED: 'reconciled',
  CANCELLED: 'cancelled',
} as const satisfies Record<string, BatchState>;
registerEnumType(BATCH_STATE, { name: 'BatchState', description: 'Where a batch stands.' });

export const BATCH_PHASE = { PACKING: 'packing', MOVING: 'moving' } as const satisfies Record<string, Phase>;
registerEnumType(BATCH_PHASE, {
  name: 'BatchPhase',
  description: 'What a batch at work does; a paused one goes on there.',
});

@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('Dataset')
export class DatasetType {
  @Field(() => ID)
  readonly id: string = '';
}

@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('Migration')
export class MigrationType {
  @Field(() => ID)
  readonly id: string = '';
}

@ObjectType('BatchPause', { description: 'Why a batch stands still. It goes on by a recorded decision only.' })
export class BatchPauseType {
  @Field(() => String)
  readonly code: string = '';

  @Field(() => String)
  readonly reason: string = '';

  @Field(() => ID, { nullable: true, description: 'The item concerned.' })
  readonly subject: string | null = null;
}

@ObjectType('BatchWaiting', { description: 'What a batch waits for before it moves. It goes on by itself.' })
export class BatchWaitingType {
  @Field(() => [String], { description: 'Names of the datasets that have to end first.' })
  readonly datasets: readonly string[] = [];

  @Field(() => String)
  readonly reason: string = '';
}

@ObjectType('BatchDispositions', {
  description: 'eligible = verified + acknowledged + excluded + quarantined + failed, always.',
})
export class BatchDispositionsType {
  @Field(() => Int)
  readonly eligible: number = 0;

  @Field(() => Int)
  readonly verified: number = 0;

  @Field(() => Int, { description: 'Their receiver says that it has them, and nobody can look: not verified.' })
  readonly acknowledged: number = 0;

  @Field(() => Int)
  readonly excluded: number = 0;

  @Field(() => Int)
  readonly quarantined: number = 0;

  @Field(() => Int)
  readonly failed: number = 0;
}

@ObjectType('BatchControlTotals', { description: 'What the sealed manifest adds up to.' })
export class BatchControlTotalsType {
  @Field(() => Int)
  readonly items: number = 0;

  @Field(() => BigIntScalar)
  readonly bytes: number = 0;

  @Field(() => BigIntScalar)
  readonly records: number = 0;

  @Field(() => BigIntScalar)
  readonly fields: number = 0;

  @Field(() => Int, { description: 'Items that could not be read at the source.' })
  readonly failed: number = 0;

  @Field(() => Int, { description: 'Items with another size than the survey gave.' })
  readonly changed: number = 0;
}

@ObjectType('BatchLaunchRequest', { description: 'A proposed launch; its digest covers all that would move.' })
export class BatchLaunchRequestType {
  @Field(() => Sha256Scalar)
  readonly digest: string = '';

  @Field(() => String)
  readonly proposedBy: string = '';

  @Field(() => DateTime)
  readonly proposedAt: string = '';

  @Field(() => String, { nullable: true })
  readonly approvedBy: string | null = null;

  @Field(() => DateTime, { nullable: true })
  readonly approvedAt: string | null = null;
}

@Directive('@key(fields: "id")')
@ObjectType('Batch', { description: 'What moves together: the items of a dataset, their sealed manifest and record.' })
export class BatchType {
  @Field(() => ID)
  readonly id: string = '';

  @Field(() => BATCH_STATE)
  readonly state: BatchState = 'planned';

  @Field(() => BATCH_PHASE)
  readonly phase: Phase = 'packing';

  @Field(() => DatasetType)
  readonly dataset: DatasetType = new DatasetType();

  @Field(() => MigrationType)
  readonly migration: MigrationType = new MigrationType();

  @Field(() => ID, { nullable: true, description: 'The batch whose items it moves again; null for a whole dataset.' })
  readonly remedyOf: string | null = null;

  @Field(() => Int, { description: 'Surveyed, the excluded ones included.' })
  readonly items: number = 0;

  @Field(() => Int)
  readonly excluded: number = 0;

  @Field(() => BigIntScalar, { description: 'Of the items that are not excluded.' })
  readonly bytes: number = 0;

  @Field(() => Int, { description: 'Items read and digested at the source so far.' })
  readonly packed: number = 0;

  @Field(() => Int, { description: 'Items committed at the target so far.' })
  readonly moved: number = 0;

  @Field(() => BigIntScalar)
  readonly bytesMoved: number = 0;

  @Field(() => Float, {
    description: 'Seconds in which something of the migration waited for bandwidth while the batch was at work.',
  })
  readonly heldByBandwidthSeconds: number = 0;

  @Field(() => Int)
  readonly setAside: number = 0;

  @Field(() => Int)
  readonly failed: number = 0;

  @Field(() => Float, { description: 'Of the phase it is in, by items; 0 to 100.' })
  readonly percent: number = 0;

  @Field(() => BatchPauseType, { nullable: true })
  readonly paused: BatchPauseType | null = null;

  @Field(() => BatchWaitingType, { nullable: true })
  readonly waiting: BatchWaitingType | null = null;

  @Field(() => Sha256Scalar)
  readonly surveyDigest: string = '';

  @Field(() => Sha256Scalar, { nullable: true })
  readonly manifestDigest: string | null = null;

  @Field(() => Sha256Scalar, { nullable: true, description: 'The manifest as a sha256sum file.' })
  readonly sumsDigest: string | null = null;

  @Field(() => String, {
    nullable: true,
    description: 'Base64; Ed25519 over the 64 hex digits of the manifest digest.',
  })
  readonly manifestSignature: string | null = null;

  @Field(() => Sha256Scalar, { nullable: true })
  readonly recordDigest: string | null = null;

  @Field(() => BatchControlTotalsType, { nullable: true })
  readonly totals: BatchControlTotalsType | null = null;

  @Field(() => BatchDispositionsType, { nullable: true, description: 'Known once the batch is reconciled.' })
  readonly dispositions: BatchDispositionsType | null = null;

  @Field(() => DateTime)
  readonly plannedAt: string = '';

  @Field(() => DateTime)
  readonly changedAt: string = '';
}
