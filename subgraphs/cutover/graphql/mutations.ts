/** Cutover's mutations: check the role, call the verb, show the result or why not. */
import 'reflect-metadata';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Id } from '../../../kernel/id.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import { type RequestContext, userErrors } from '../../../runtime/request.ts';
import { findCutover } from '../store/cutover-rows.ts';
import { Decision } from '../store/tables.ts';
import type { CutoverContext } from '../work/context.ts';
import { proposeDecision, recordDecision } from '../work/decide.ts';
import { admit } from './admit.ts';
import { ProposeDecisionInput, ProposeDecisionPayload, RecordDecisionInput, RecordDecisionPayload } from './inputs.ts';

@Resolver()
export class CutoverMutations {
  readonly #cutovers: CutoverContext;

  constructor(cutovers: CutoverContext) {
    this.#cutovers = cutovers;
  }

  @Mutation(() => ProposeDecisionPayload, { description: 'Binds the proposal to the gates as they are now.' })
  async proposeDecision(
    @Arg('input', () => ProposeDecisionInput) input: ProposeDecisionInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'decision-proposed', subject: input.migrationId };
    const actor = await admit(this.#cutovers, request, act, 'operator', 'approver');
    return this.#show(input.migrationId, await proposeDecision(this.#cutovers, input, actor));
  }

  @Mutation(() => RecordDecisionPayload, { description: 'Never by whoever proposed it.' })
  async recordDecision(
    @Arg('input', () => RecordDecisionInput) input: RecordDecisionInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'decision-approved', subject: input.migrationId };
    const actor = await admit(this.#cutovers, request, act, 'approver');
    return this.#show(input.migrationId, await recordDecision(this.#cutovers, input, actor));
  }

  async #show(migrationId: Id, outcome: Outcome<Id>): Promise<object> {
    if (!outcome.ok) return { decision: null, cutover: null, userErrors: userErrors(outcome.refusals) };
    return this.#cutovers.store.read(async (em) => ({
      decision: await em.findOne(Decision, { id: outcome.value }),
      cutover: await findCutover(em, { migrationId }),
      userErrors: [],
    }));
  }
}
