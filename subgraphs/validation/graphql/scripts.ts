/** Guided scripts over the graph: testers see what to do and with which record, and say what they saw. */
import 'reflect-metadata';
import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { AcceptanceRole } from '../../../kernel/acceptance.ts';
import { type RequestContext, requireRole, userErrors } from '../../../runtime/request.ts';
import { findMigration } from '../store/copies.ts';
import type { House } from '../work/house.ts';
import { drawScript, scriptOf } from '../work/scripts.ts';
import { walkStep } from '../work/walk-step.ts';
import { AcceptanceRoles } from './coverage-types.ts';
import { GuidedScriptType, RecordScriptStepInput, RecordScriptStepPayload } from './script-types.ts';

@Resolver()
export class GuidedScripts {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @Query(() => GuidedScriptType, { nullable: true, description: 'Names real records: for reviewers and operators.' })
  guidedScript(
    @Arg('migrationId', () => ID) migrationId: string,
    @Arg('role', () => AcceptanceRoles) role: AcceptanceRole,
    @Ctx() request: RequestContext,
  ): Promise<GuidedScriptType | null> {
    requireRole(request, 'reviewer', 'operator');
    return this.house.store.read(async (em) => {
      const migration = await findMigration(em, migrationId);
      if (migration === null) return null;
      const steps = await drawScript(this.house, em, migration, role);
      return {
        ...scriptOf(role),
        steps: steps.map(({ drawn, ...step }) => {
          return { ...step, sourceId: drawn?.key ?? null, item: drawn === null ? null : { id: drawn.itemId } };
        }),
      };
    });
  }

  @Mutation(() => RecordScriptStepPayload, { description: 'A tester went through a step.' })
  async recordScriptStep(
    @Arg('input', () => RecordScriptStepInput) input: RecordScriptStepInput,
    @Ctx() request: RequestContext,
  ): Promise<RecordScriptStepPayload> {
    const actor = requireRole(request, 'reviewer');
    const { migrationId, role, stepId, finding = null } = input;
    const script = scriptOf(role);
    const step = script.steps.find(({ id }) => id === stepId);
    const walk = {
      ...{ role, scriptId: script.id, stepId, finding },
      screen: input.screen ?? step?.screen ?? '',
      action: input.action ?? step?.action ?? '',
      ...{ expected: step?.expect ?? '', seen: input.seen ?? '' },
    };
    const walked = await walkStep(this.house, migrationId, walk, actor);
    if (!walked.ok) return { walkId: null, exceptionId: null, userErrors: userErrors(walked.refusals) };
    return { walkId: walked.value.id, exceptionId: walked.value.exceptionId ?? null, userErrors: [] };
  }
}
