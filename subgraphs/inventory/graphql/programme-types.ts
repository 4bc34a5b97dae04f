/** What inventory shows of the programme around the data: people, holds, confirmations, approvals and the window. */
import 'reflect-metadata';
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime, Sha256Scalar, UserError } from '../../../runtime/request.ts';
import { LineageStates, Migration } from './types.ts';

export const ConfirmationKinds = {
  BACKUP: 'backup',
  ACCESS_REVIEW: 'access-review',
  CREDENTIAL_ROTATION: 'credential-rotation',
} as const;
export const TrustKinds = {
  CERTIFICATE: 'certificate',
  HOST_KEY: 'host-key',
  CREDENTIAL: 'credential',
  OLDER_ALGORITHM: 'older-algorithm',
} as const;
registerEnumType(TrustKinds, { name: 'TrustKind', description: 'What keeps a way in open.' });
registerEnumType(ConfirmationKinds, { name: 'ConfirmationKind', description: 'What somebody has seen to.' });

@ObjectType({ description: 'A line of the stakeholder register.' })
export abstract class Stakeholder {
  @Field(() => String)
  abstract readonly name: string;

  @Field(() => String)
  abstract readonly role: string;

  @Field(() => String)
  abstract readonly responsibility: string;

  @Field(() => [String], { description: 'policy, lineage, readiness, window, validation, cutover, rollback' })
  abstract readonly signsOff: readonly string[];
}

@ObjectType({ description: 'When the cutover is.' })
export abstract class CutoverWindow {
  @Field(() => DateTime)
  abstract readonly opensAt: string;

  @Field(() => DateTime)
  abstract readonly closesAt: string;

  @Field(() => String, { description: 'The IANA time zone of the site.' })
  abstract readonly zone: string;
}

@ObjectType({
  description:
    'A certificate or host key as the other side showed it; a credential or older algorithm as the plan declares it.',
})
export abstract class Certificate {
  @Field(() => TrustKinds)
  abstract readonly kind: string;

  @Field(() => String, { description: 'The label of the endpoint.' })
  abstract readonly endpoint: string;

  @Field(() => String, {
    description: 'The subject, the algorithm of a host key, or the name of a secret or older algorithm.',
  })
  abstract readonly name: string;

  @Field(() => String, { nullable: true })
  abstract readonly issuer: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256; null for what is declared.' })
  abstract readonly fingerprint: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Null when it does not end, or nobody said when.' })
  abstract readonly notAfter: string | null;
}

@ObjectType({ description: 'The policy a migration is judged by, and who approved it.' })
export abstract class PolicyApproval {
  @Field(() => Sha256Scalar, { description: 'The sealed policy.' })
  abstract readonly policy: string;

  @Field(() => LineageStates)
  abstract readonly state: string;

  @Field(() => String, { nullable: true })
  abstract readonly proposedBy: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly approvedBy: string | null;

  @Field(() => DateTime, { nullable: true })
  abstract readonly approvedAt: string | null;
}

@ObjectType({ description: 'Items that stay in the migration until two people have released them.' })
export abstract class Hold {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String, { description: 'The name of the dataset, which the plan may have dropped.' })
  abstract readonly dataset: string;

  @Field(() => String, { description: 'The reference of the matter.' })
  abstract readonly matter: string;

  @Field(() => String, { nullable: true, description: 'Which paths; null for the whole dataset.' })
  abstract readonly items: string | null;

  @Field(() => String)
  abstract readonly placedBy: string;

  @Field(() => DateTime)
  abstract readonly placedAt: string;

  @Field(() => String, { nullable: true })
  abstract readonly releaseProposedBy: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly releasedBy: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Null while it is in force.' })
  abstract readonly releasedAt: string | null;
}

@ObjectType({ description: 'What somebody has seen to outside of Waybill, and says so.' })
export abstract class Confirmation {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => ConfirmationKinds)
  abstract readonly kind: string;

  @Field(() => String)
  abstract readonly subject: string;

  @Field(() => DateTime)
  abstract readonly happenedAt: string;

  @Field(() => DateTime, { nullable: true })
  abstract readonly testedAt: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly note: string | null;

  @Field(() => String)
  abstract readonly confirmedBy: string;

  @Field(() => DateTime)
  abstract readonly confirmedAt: string;

  @Field(() => String, { nullable: true, description: 'Null while it counts.' })
  abstract readonly withdrawnBy: string | null;
}

@InputType()
export abstract class ConfirmInput {
  @Field(() => ID)
  abstract readonly migrationId: string;

  @Field(() => ConfirmationKinds)
  abstract readonly kind: 'backup' | 'access-review' | 'credential-rotation';

  @Field(() => String, {
    description: 'A backup: the system; an access review: which accounts and roles; a rotation: endpoint: secret.',
  })
  abstract readonly subject: string;

  @Field(() => String, { description: 'When it happened, RFC 3339 with its offset.' })
  abstract readonly happenedAt: string;

  @Field(() => String, { nullable: true, description: 'When a backup was last restored for a test.' })
  abstract readonly testedAt?: string | null;

  @Field(() => String, { nullable: true, description: 'Never patient data.' })
  abstract readonly note?: string | null;
}

@InputType()
export abstract class WithdrawConfirmationInput {
  @Field(() => ID)
  abstract readonly confirmationId: string;
}

@ObjectType()
export abstract class ConfirmPayload {
  @Field(() => Confirmation, { nullable: true })
  abstract readonly confirmation: Confirmation | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}

@ObjectType()
export abstract class WithdrawConfirmationPayload extends ConfirmPayload {}

@InputType()
export abstract class PlaceHoldInput {
  @Field(() => ID)
  abstract readonly datasetId: string;

  @Field(() => String, { description: 'The reference of the matter; never a patient.' })
  abstract readonly matter: string;

  @Field(() => String, { nullable: true, description: 'Which paths; left out: the whole dataset.' })
  abstract readonly items?: string | null;
}

@InputType()
export abstract class ProposeHoldReleaseInput {
  @Field(() => ID)
  abstract readonly holdId: string;
}

@InputType()
export abstract class ApproveHoldReleaseInput {
  @Field(() => ID)
  abstract readonly holdId: string;
}

@ObjectType()
export abstract class PlaceHoldPayload {
  @Field(() => Hold, { nullable: true })
  abstract readonly hold: Hold | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}

@ObjectType()
export abstract class ProposeHoldReleasePayload extends PlaceHoldPayload {}

@ObjectType()
export abstract class ApproveHoldReleasePayload extends PlaceHoldPayload {}

@InputType()
export abstract class ProposePolicyInput {
  @Field(() => ID)
  abstract readonly migrationId: string;
}

@InputType()
export abstract class ApprovePolicyInput {
  @Field(() => ID)
  abstract readonly migrationId: string;

  @Field(() => Sha256Scalar, { description: 'The policy that was looked at.' })
  abstract readonly policy: string;
}

@ObjectType()
export abstract class ProposePolicyPayload {
  @Field(() => Migration, { nullable: true })
  abstract readonly migration: Migration | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}

@InputType()
export abstract class CheckReadinessInput {
  @Field(() => ID)
  abstract readonly migrationId: string;
}

@ObjectType()
export abstract class CheckReadinessPayload extends ProposePolicyPayload {}

@ObjectType()
export abstract class ApprovePolicyPayload extends ProposePolicyPayload {}
