/** Approving the policy, holding items, confirming facts: check the role, call the verb, show the result or why not. */
import 'reflect-metadata';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Id } from '../../../kernel/id.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import type { RequestContext } from '../../../runtime/request.ts';
import * as programme from '../store/programme-tables.ts';
import { Migration } from '../store/tables.ts';
import { approvePolicy, proposePolicy } from '../work/approve-policy.ts';
import { checkReadiness } from '../work/check-readiness.ts';
import { confirm, withdrawConfirmation } from '../work/confirm.ts';
import type { InventoryContext } from '../work/context.ts';
import { approveHoldRelease, placeHold, proposeHoldRelease } from '../work/hold-items.ts';
import { admit } from './admit.ts';
import {
  ApproveHoldReleaseInput,
  ApproveHoldReleasePayload,
  ApprovePolicyInput,
  ApprovePolicyPayload,
  CheckReadinessInput,
  CheckReadinessPayload,
  ConfirmInput,
  ConfirmPayload,
  PlaceHoldInput,
  PlaceHoldPayload,
  ProposeHoldReleaseInput,
  ProposeHoldReleasePayload,
  ProposePolicyInput,
  ProposePolicyPayload,
  WithdrawConfirmationInput,
  WithdrawConfirmationPayload,
} from './programme-types.ts';
import { shown } from './shown.ts';

@Resolver()
export class ProgrammeMutations {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @Mutation(() => CheckReadinessPayload, { description: 'Tries both ends and judges every line anew.' })
  async checkReadiness(
    @Arg('input', () => CheckReadinessInput) { migrationId }: CheckReadinessInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'readiness-check-requested', subject: migrationId };
    const actor = await admit(this.#inventory, request, act, 'operator');
    return this.#migration(await checkReadiness(this.#inventory, migrationId, actor));
  }

  @Mutation(() => ProposePolicyPayload)
  async proposePolicy(
    @Arg('input', () => ProposePolicyInput) { migrationId }: ProposePolicyInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'policy-proposed', subject: migrationId };
    const actor = await admit(this.#inventory, request, act, 'operator');
    return this.#migration(await proposePolicy(this.#inventory, { migrationId, actor }));
  }

  @Mutation(() => ApprovePolicyPayload, { description: 'Never by whoever proposed it.' })
  async approvePolicy(
    @Arg('input', () => ApprovePolicyInput) { migrationId, policy }: ApprovePolicyInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'policy-approved', subject: migrationId };
    const actor = await admit(this.#inventory, request, act, 'approver');
    return this.#migration(await approvePolicy(this.#inventory, { migrationId, policy, actor }));
  }

  @Mutation(() => PlaceHoldPayload, { description: 'What is held is neither excluded nor left out of the plan.' })
  async placeHold(
    @Arg('input', () => PlaceHoldInput) { datasetId, matter, items }: PlaceHoldInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'hold-placed', subject: datasetId };
    const actor = await admit(this.#inventory, request, act, 'operator', 'approver', 'auditor');
    return this.#hold(await placeHold(this.#inventory, { datasetId, matter, items: items ?? null }, actor));
  }

  @Mutation(() => ProposeHoldReleasePayload)
  async proposeHoldRelease(
    @Arg('input', () => ProposeHoldReleaseInput) { holdId }: ProposeHoldReleaseInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'hold-release-proposed', subject: holdId };
    const actor = await admit(this.#inventory, request, act, 'operator');
    return this.#hold(await proposeHoldRelease(this.#inventory, holdId, actor));
  }

  @Mutation(() => ApproveHoldReleasePayload, { description: 'Never by whoever proposed it.' })
  async approveHoldRelease(
    @Arg('input', () => ApproveHoldReleaseInput) { holdId }: ApproveHoldReleaseInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'hold-release-approved', subject: holdId };
    const actor = await admit(this.#inventory, request, act, 'approver');
    return this.#hold(await approveHoldRelease(this.#inventory, holdId, actor));
  }

  @Mutation(() => ConfirmPayload, { description: 'Says that a backup, an access review or a rotation was done.' })
  async confirm(
    @Arg('input', () => ConfirmInput) input: ConfirmInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'fact-confirmed', subject: input.migrationId };
    const actor = await admit(this.#inventory, request, act, 'operator', 'approver', 'reviewer', 'auditor');
    const wish = { ...input, testedAt: input.testedAt ?? null, note: input.note ?? null };
    return this.#confirmation(await confirm(this.#inventory, wish, actor));
  }

  @Mutation(() => WithdrawConfirmationPayload)
  async withdrawConfirmation(
    @Arg('input', () => WithdrawConfirmationInput) { confirmationId }: WithdrawConfirmationInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'confirmation-withdrawn', subject: confirmationId };
    const actor = await admit(this.#inventory, request, act, 'operator', 'approver', 'reviewer', 'auditor');
    return this.#confirmation(await withdrawConfirmation(this.#inventory, confirmationId, actor));
  }

  #migration(outcome: Outcome<Id>): Promise<object> {
    return shown(this.#inventory, outcome, 'migration', (em, id) => em.findOne(Migration, { id }));
  }

  #hold(outcome: Outcome<Id>): Promise<object> {
    return shown(this.#inventory, outcome, 'hold', (em, id) => em.findOne(programme.Hold, { id }));
  }

  #confirmation(outcome: Outcome<Id>): Promise<object> {
    return shown(this.#inventory, outcome, 'confirmation', (em, id) => em.findOne(programme.Confirmation, { id }));
  }
}
