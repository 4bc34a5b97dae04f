/** What people do to batches: propose, approve, launch, pause, resume. */
import 'reflect-metadata';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { type RequestContext, userErrors } from '../../../runtime/request.ts';
import { approveLaunch } from '../work/approve-launch.ts';
import type { Acted, Choice } from '../work/choose.ts';
import type { TransferContext } from '../work/context.ts';
import { launchBatches } from '../work/launch.ts';
import { pauseBatches } from '../work/pause.ts';
import { proposeLaunch } from '../work/propose-launch.ts';
import { resumeBatches } from '../work/resume.ts';
import { admit } from './admit.ts';
import { batchView } from './batch-view.ts';
import {
  type ActPayload,
  ApproveLaunchInput,
  ApproveLaunchPayload,
  type ChoiceInput,
  LaunchBatchInput,
  LaunchBatchPayload,
  PauseBatchInput,
  PauseBatchPayload,
  ProposeLaunchInput,
  ProposeLaunchPayload,
  ResumeBatchInput,
  ResumeBatchPayload,
} from './surface-types.ts';

@Resolver()
export class BatchMutations {
  readonly transfer: TransferContext;

  constructor(transfer: TransferContext) {
    this.transfer = transfer;
  }

  @Mutation(() => ProposeLaunchPayload)
  async proposeLaunch(
    @Arg('input', () => ProposeLaunchInput) input: ProposeLaunchInput,
    @Ctx() request: RequestContext,
  ): Promise<ProposeLaunchPayload> {
    const choice = choiceOf(input);
    const actor = await admit(this.transfer, request, 'launch-proposed', choice, 'operator');
    return payload(new ProposeLaunchPayload(), await proposeLaunch(this.transfer, choice, actor));
  }

  /** An operator may try, and is refused on record: who may approve is a rule of the domain. */
  @Mutation(() => ApproveLaunchPayload)
  async approveLaunch(
    @Arg('input', () => ApproveLaunchInput) input: ApproveLaunchInput,
    @Ctx() request: RequestContext,
  ): Promise<ApproveLaunchPayload> {
    const choice = choiceOf(input);
    const actor = await admit(this.transfer, request, 'launch-approved', choice, 'approver', 'operator');
    return payload(new ApproveLaunchPayload(), await approveLaunch(this.transfer, choice, actor));
  }

  @Mutation(() => LaunchBatchPayload)
  async launchBatch(
    @Arg('input', () => LaunchBatchInput) input: LaunchBatchInput,
    @Ctx() request: RequestContext,
  ): Promise<LaunchBatchPayload> {
    const launch = { ...choiceOf(input), idempotencyKey: input.idempotencyKey };
    const actor = await admit(this.transfer, request, 'batch-launched', launch, 'operator');
    return payload(new LaunchBatchPayload(), await launchBatches(this.transfer, launch, actor));
  }

  @Mutation(() => PauseBatchPayload)
  async pauseBatch(
    @Arg('input', () => PauseBatchInput) input: PauseBatchInput,
    @Ctx() request: RequestContext,
  ): Promise<PauseBatchPayload> {
    const choice = choiceOf(input);
    const actor = await admit(this.transfer, request, 'batch-paused', choice, 'operator');
    return payload(new PauseBatchPayload(), await pauseBatches(this.transfer, choice, actor));
  }

  @Mutation(() => ResumeBatchPayload)
  async resumeBatch(
    @Arg('input', () => ResumeBatchInput) input: ResumeBatchInput,
    @Ctx() request: RequestContext,
  ): Promise<ResumeBatchPayload> {
    const resumption = { ...choiceOf(input), decision: input.decision };
    const actor = await admit(this.transfer, request, 'batch-resumed', resumption, 'operator');
    return payload(new ResumeBatchPayload(), await resumeBatches(this.transfer, resumption, actor));
  }
}

function choiceOf({ batchId, migrationId }: ChoiceInput): Choice {
  return { batchId: batchId ?? undefined, migrationId: migrationId ?? undefined };
}

function payload<T extends ActPayload>(empty: T, acted: Acted): T {
  const batches = acted.batches.map(batchView);
  return Object.assign(empty, { batch: batches[0] ?? null, batches, userErrors: userErrors(acted.refusals) });
}
