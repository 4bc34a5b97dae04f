/** What inventory shows and takes of the bandwidth of a migration. */
import 'reflect-metadata';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Json } from '../../../kernel/canonical-json.ts';
import { DateTime, JsonScalar, Sha256Scalar, UserError } from '../../../runtime/request.ts';
import { LineageStates, Migration } from './types.ts';

@ObjectType({ description: 'Other caps than those of the policy: a sealed document, and who decided it.' })
export abstract class BandwidthChange {
  @Field(() => Sha256Scalar, { description: 'The sealed document.' })
  abstract readonly document: string;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Shaped as transfer.bandwidth of schema/policy.v1.json; null: that of the policy again.',
  })
  abstract readonly bandwidth: Json;

  @Field(() => String)
  abstract readonly reason: string;

  @Field(() => LineageStates)
  abstract readonly state: string;

  @Field(() => String)
  abstract readonly proposedBy: string;

  @Field(() => DateTime)
  abstract readonly proposedAt: string;

  @Field(() => String, { nullable: true })
  abstract readonly approvedBy: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Null while nobody has approved it.' })
  abstract readonly inForceSince: string | null;
}

@ObjectType({ description: 'How much a migration may move, in bytes a second; null: as much as it can.' })
export abstract class Bandwidth {
  @Field(() => JsonScalar, { description: 'What holds now, shaped as transfer.bandwidth of schema/policy.v1.json.' })
  abstract readonly inForce: Json;

  @Field(() => JsonScalar, { description: 'What the policy as it is declared says.' })
  abstract readonly policy: Json;

  @Field(() => BandwidthChange, { nullable: true, description: 'The change that waits for a second person.' })
  abstract readonly proposed: BandwidthChange | null;

  @Field(() => [BandwidthChange], { description: 'Every change that ever held or was proposed, the newest first.' })
  abstract readonly changes: readonly BandwidthChange[];
}

@InputType()
export abstract class ProposeBandwidthInput {
  @Field(() => ID)
  abstract readonly migrationId: string;

  @Field(() => String, {
    nullable: true,
    description: 'YAML or JSON, shaped as transfer.bandwidth of a policy, and whole; null: that of the policy again.',
  })
  abstract readonly bandwidth?: string | null;

  @Field(() => String, { description: 'Never patient data.' })
  abstract readonly reason: string;
}

@InputType()
export abstract class ApproveBandwidthInput {
  @Field(() => ID)
  abstract readonly migrationId: string;

  @Field(() => Sha256Scalar, { description: 'The sealed document that was looked at.' })
  abstract readonly document: string;
}

@ObjectType()
export abstract class ProposeBandwidthPayload {
  @Field(() => Migration, { nullable: true })
  abstract readonly migration: Migration | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}

@ObjectType()
export abstract class ApproveBandwidthPayload extends ProposeBandwidthPayload {}
