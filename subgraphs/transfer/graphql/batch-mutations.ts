/** What people do to batches: propose, approve, launch, pause, resume. */
import 'reflect-metadata';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { type RequestContext, requireRole, userErrors } from '../../../runtime/request.ts';
import { approveLaunch } from '../work/approve-launch.ts';
import type { Acted, Choice } from '../work/choose.ts';
import type { TransferContext } from '../work/context.ts';
import { launchBatches } from '../work/launch.ts';
import { pauseBatches } from '../work/pause.ts';
import { proposeLaunch } from '../work/propose-launch.ts';
import { resumeBatches } from '../work/resume.ts';
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
  readonly context: TransferContext;

  constructor(context: TransferContext) {
    this.context = context;
  }

  @Mutation(() => ProposeLaunchPayload)
  async proposeLaunch(
    @Arg('input', () => ProposeLaunchInput) input: ProposeLaunchInput,
    @Ctx() context: RequestContext,
  ): Promise<ProposeLaunchPayload> {
    const actor = requireRole(context, 'operator');
    return payload(new ProposeLaunchPayload(), await proposeLaunch(this.context, choiceOf(input), actor));
  }

  /** An operator may try, and is refused on record: who may approve is a rule of the domain. */
  @Mutation(() => ApproveLaunchPayload)
  async approveLaunch(
    @Arg('input', () => ApproveLaunchInput) input: ApproveLaunchInput,
    @Ctx() context: RequestContext,
  ): Promise<ApproveLaunchPayload> {
    const actor = requireRole(context, 'approver', 'operator');
    return payload(new ApproveLaunchPayload(), await approveLaunch(this.context, choiceOf(input), actor));
  }

  @Mutation(() => LaunchBatchPayload)
  async launchBatch(
    @Arg('input', () => LaunchBatchInput) input: LaunchBatchInput,
    @Ctx() context: RequestContext,
  ): Promise<LaunchBatchPayload> {
    const actor = requireRole(context, 'operator');
    const { idempotencyKey } = input;
    return payload(
      new LaunchBatchPayload(),
      await launchBatches(this.context, { ...choiceOf(input), idempotencyKey }, actor),
    );
  }

  @Mutation(() => PauseBatchPayload)
  async pauseBatch(
    @Arg('input', () => PauseBatchInput) input: PauseBatchInput,
    @Ctx() context: RequestContext,
  ): Promise<PauseBatchPayload> {
    const actor = requireRole(context, 'operator');
    return payload(new PauseBatchPayload(), await pauseBatches(this.context, choiceOf(input), actor));
  }

  @Mutation(() => ResumeBatchPayload)
  async resumeBatch(
    @Arg('input', () => ResumeBatchInput) input: ResumeBatchInput,
    @Ctx() context: RequestContext,
  ): Promise<ResumeBatchPayload> {
    const actor = requireRole(context, 'operator');
    const { decision } = input;
    return payload(
      new ResumeBatchPayload(),
      await resumeBatches(this.context, { ...choiceOf(input), decision }, actor),
    );
  }
}

function choiceOf({ batchId, migrationId }: ChoiceInput): Choice {
  return { batchId: batchId ?? undefined, migrationId: migrationId ?? undefined };
}

function payload<T extends ActPayload>(empty: T, acted: Acted): T {
  const batches = acted.batches.map(batchView);
  return Object.assign(empty, { batch: batches[0] ?? null, batches, userErrors: userErrors(acted.refusals) });
}
