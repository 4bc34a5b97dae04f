/** The coverage matrix, the methods behind it, and the signatures of roles. */
import 'reflect-metadata';
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime, Sha256Scalar, UserError } from '../../../runtime/request.ts';
import { Dataset } from './entity-types.ts';
import { AssuranceCountsType } from './reconciliation-types.ts';

export const AcceptanceRoles = {
  NURSING: 'nursing',
  MEDICAL: 'medical',
  HIM: 'him',
  BILLING: 'billing',
  ANALYTICS: 'analytics',
  INTERFACES: 'interfaces',
} as const;
export const AcceptanceDecisions = { ACCEPTED: 'accepted', REJECTED: 'rejected' } as const;
export const SignOffStates = {
  NOT_ASKED: 'not-asked',
  AWAITED: 'awaited',
  ACCEPTED: 'accepted',
  REJECTED: 'rejected',
  OUTDATED: 'outdated',
} as const;
export const CoverageStandings = { HIGH: 'high', LIMITED: 'limited', NONE: 'none' } as const;
export const RiskCovers = { COVERED: 'covered', LEFT_OUT: 'left-out', OPEN: 'open', ABSENT: 'absent' } as const;
registerEnumType(RiskCovers, {
  name: 'RiskCover',
  description:
    'Left out: two people agreed to that. Open: not covered, and nobody decided so. Absent: nothing of it is brought.',
});
export const WorkflowVerdicts = {
  PASSED: 'passed',
  FAILED: 'failed',
  NOT_VERIFIABLE: 'not-verifiable',
  NOT_ASKED: 'not-asked',
} as const;
registerEnumType(WorkflowVerdicts, { name: 'WorkflowVerdict', description: 'What cannot be verified has not passed.' });
registerEnumType(AcceptanceRoles, { name: 'AcceptanceRole', description: 'Who accepts what arrived, having used it.' });
registerEnumType(AcceptanceDecisions, { name: 'AcceptanceDecision' });
registerEnumType(SignOffStates, {
  name: 'SignOffState',
  description: 'Outdated: signed on a report that is not the newest.',
});
registerEnumType(CoverageStandings, {
  name: 'CoverageStanding',
  description: 'High: within what its tier tolerates, nothing open, and everybody asked has signed.',
});

@ObjectType('ValidationMethod', { description: 'What a method verifies, and what it cannot.' })
export abstract class ValidationMethodType {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String)
  abstract readonly name: string;

  @Field(() => String)
  abstract readonly how: string;

  @Field(() => String)
  abstract readonly verifies: string;

  @Field(() => String)
  abstract readonly cannotSee: string;

  @Field(() => String, { description: 'The data it suits best.' })
  abstract readonly suits: string;
}

@ObjectType('RoleSignOff')
export abstract class RoleSignOffType {
  @Field(() => AcceptanceRoles)
  abstract readonly role: string;

  @Field(() => SignOffStates)
  abstract readonly state: string;

  @Field(() => String, { nullable: true })
  abstract readonly signedBy: string | null;

  @Field(() => DateTime, { nullable: true })
  abstract readonly signedAt: string | null;
}

@ObjectType('RateInterval', { description: 'Shares of the population, both ends belonging to it.' })
export abstract class RateIntervalType {
  @Field(() => Float)
  abstract readonly lower: number;

  @Field(() => Float)
  abstract readonly upper: number;
}

@ObjectType('WorkflowCheck', { description: 'A question that those who work with a target ask it.' })
export abstract class WorkflowCheckType {
  @Field(() => ID)
  abstract readonly check: string;

  @Field(() => WorkflowVerdicts)
  abstract readonly verdict: string;

  @Field(() => Int, { description: 'Charts, messages or totals that it was asked of.' })
  abstract readonly asked: number;

  @Field(() => Int)
  abstract readonly failed: number;

  @Field(() => Int, { description: 'Of what the target cannot be asked: never counted as passed.' })
  abstract readonly notVerifiable: number;

  @Field(() => String, { nullable: true, description: 'Why it is not verifiable.' })
  abstract readonly why: string | null;
}

@ObjectType('CoverageRow', { description: 'One dataset in the coverage matrix.' })
export abstract class CoverageRowType {
  @Field(() => Dataset)
  abstract readonly dataset: Dataset;

  @Field(() => String)
  abstract readonly name: string;

  @Field(() => String)
  abstract readonly tier: string;

  @Field(() => String, { description: 'What is counted: records, or items.' })
  abstract readonly unit: string;

  @Field(() => Float, { nullable: true, description: 'Units of the source.' })
  abstract readonly population: number | null;

  @Field(() => Float, { description: 'Units looked into.' })
  abstract readonly sampleSize: number;

  @Field(() => [ID], { description: 'Ids of validationMethods.' })
  abstract readonly methods: readonly string[];

  @Field(() => Float)
  abstract readonly defects: number;

  @Field(() => Float, { nullable: true, description: 'Of the units looked into.' })
  abstract readonly defectRate: number | null;

  @Field(() => RateIntervalType, { nullable: true, description: 'Exact; a point where every unit was looked into.' })
  abstract readonly interval: RateIntervalType | null;

  @Field(() => Float, { description: 'Of the interval.' })
  abstract readonly confidence: number;

  @Field(() => AssuranceCountsType, { description: 'Items by how far they were verified.' })
  abstract readonly assurance: AssuranceCountsType;

  @Field(() => [WorkflowCheckType], { description: 'What the target it went to was asked.' })
  abstract readonly workflow: readonly WorkflowCheckType[];

  @Field(() => Int)
  abstract readonly exceptionsOpen: number;

  @Field(() => [RoleSignOffType])
  abstract readonly signOffs: readonly RoleSignOffType[];

  @Field(() => CoverageStandings)
  abstract readonly standing: string;

  @Field(() => [String], { description: 'What keeps it from being high.' })
  abstract readonly open: readonly string[];
}

@ObjectType('RiskDecision', { description: 'Two people who agreed that it is looked at by a sample, or not at all.' })
export abstract class RiskDecisionType {
  @Field(() => String)
  abstract readonly proposedBy: string;

  @Field(() => String)
  abstract readonly approvedBy: string;

  @Field(() => DateTime)
  abstract readonly approvedAt: string;
}

@ObjectType('RiskCoverage', { description: 'One category of risk, and what covers it.' })
export abstract class RiskCoverageType {
  @Field(() => String, {
    description: 'A tier, high-risk-cohorts, interface-feeds, or a risk in the words of the plan.',
  })
  abstract readonly risk: string;

  @Field(() => [String], { description: 'Names of datasets.' })
  abstract readonly datasets: readonly string[];

  @Field(() => RiskCovers)
  abstract readonly cover: string;

  @Field(() => [String], { description: 'How it is covered, or why there is nothing to cover.' })
  abstract readonly how: readonly string[];

  @Field(() => [String], { description: 'What of it is not covered.' })
  abstract readonly lacking: readonly string[];

  @Field(() => RiskDecisionType, { nullable: true })
  abstract readonly decided: RiskDecisionType | null;
}

@InputType()
export abstract class SignOffMigrationInput {
  @Field(() => ID)
  abstract readonly migrationId: string;

  @Field(() => AcceptanceRoles)
  abstract readonly role: (typeof AcceptanceRoles)[keyof typeof AcceptanceRoles];

  @Field(() => AcceptanceDecisions)
  abstract readonly decision: (typeof AcceptanceDecisions)[keyof typeof AcceptanceDecisions];

  @Field(() => String, { description: 'What the signature means, in the words of the signer.' })
  abstract readonly meaning: string;

  @Field(() => Sha256Scalar, { description: 'The report of the migration that the signer looked at.' })
  abstract readonly report: string;
}

@ObjectType()
export abstract class SignOffMigrationPayload {
  @Field(() => RoleSignOffType, { nullable: true })
  abstract readonly signOff: RoleSignOffType | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}
