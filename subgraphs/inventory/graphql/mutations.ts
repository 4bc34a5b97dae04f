/** Inventory's mutations: check the role, call the verb, show the result or why not. */
import 'reflect-metadata';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Id } from '../../../kernel/id.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import type { RequestContext } from '../../../runtime/request.ts';
import * as rows from '../store/tables.ts';
import { approveLineage, proposeLineage } from '../work/approve-lineage.ts';
import type { InventoryContext } from '../work/context.ts';
import { declareMigration } from '../work/declare-migration.ts';
import { approveExclusion, recordExclusion } from '../work/record-exclusion.ts';
import { surveyMigration } from '../work/survey-migration.ts';
import { admit } from './admit.ts';
import {
  ApproveExclusionInput,
  ApproveExclusionPayload,
  ApproveLineageInput,
  ApproveLineagePayload,
  DeclareMigrationInput,
  DeclareMigrationPayload,
  ProposeLineageInput,
  ProposeLineagePayload,
  RecordExclusionInput,
  RecordExclusionPayload,
  SurveyMigrationInput,
  SurveyMigrationPayload,
} from './inputs.ts';
import { shown } from './shown.ts';

@Resolver()
export class InventoryMutations {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @Mutation(() => DeclareMigrationPayload, { description: 'Seals a plan; repeating it is the same migration.' })
  async declareMigration(
    @Arg('input', () => DeclareMigrationInput) input: DeclareMigrationInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'migration-declared', subject: 'migration' };
    const actor = await admit(this.#inventory, request, act, 'operator');
    const { plan, policy, lineages, codeMaps } = input;
    const declaration = { plan, policy: policy ?? undefined, lineages, codeMaps };
    return this.#migration(await declareMigration(this.#inventory, declaration, actor));
  }

  @Mutation(() => SurveyMigrationPayload, { description: 'Lists the source; watch survey and readiness.' })
  async surveyMigration(
    @Arg('input', () => SurveyMigrationInput) { migrationId }: SurveyMigrationInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'survey-requested', subject: migrationId };
    const actor = await admit(this.#inventory, request, act, 'operator');
    return this.#migration(await surveyMigration(this.#inventory, migrationId, actor));
  }

  @Mutation(() => ProposeLineagePayload)
  async proposeLineage(
    @Arg('input', () => ProposeLineageInput) { datasetId }: ProposeLineageInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'lineage-proposed', subject: datasetId };
    const actor = await admit(this.#inventory, request, act, 'operator');
    return this.#dataset(await proposeLineage(this.#inventory, { datasetId, actor }));
  }

  @Mutation(() => ApproveLineagePayload, { description: 'Never by whoever proposed it.' })
  async approveLineage(
    @Arg('input', () => ApproveLineageInput) { datasetId, lineage }: ApproveLineageInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'lineage-approved', subject: datasetId };
    const actor = await admit(this.#inventory, request, act, 'approver');
    return this.#dataset(await approveLineage(this.#inventory, { datasetId, lineage: lineage ?? null, actor }));
  }

  @Mutation(() => RecordExclusionPayload, { description: 'It counts from the next survey on.' })
  async recordExclusion(
    @Arg('input', () => RecordExclusionInput) input: RecordExclusionInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'exclusion-recorded', subject: input.datasetId };
    const actor = await admit(this.#inventory, request, act, 'operator');
    return this.#exclusion(await recordExclusion(this.#inventory, input, actor));
  }

  @Mutation(() => ApproveExclusionPayload, { description: 'Never by whoever recorded it.' })
  async approveExclusion(
    @Arg('input', () => ApproveExclusionInput) { exclusionId }: ApproveExclusionInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'exclusion-approved', subject: exclusionId };
    const actor = await admit(this.#inventory, request, act, 'approver');
    return this.#exclusion(await approveExclusion(this.#inventory, exclusionId, actor));
  }

  #migration(outcome: Outcome<Id>): Promise<object> {
    return shown(this.#inventory, outcome, 'migration', (em, id) => em.findOne(rows.Migration, { id }));
  }

  #dataset(outcome: Outcome<Id>): Promise<object> {
    return shown(this.#inventory, outcome, 'dataset', (em, id) => em.findOne(rows.Dataset, { id }));
  }

  #exclusion(outcome: Outcome<Id>): Promise<object> {
    return shown(this.#inventory, outcome, 'exclusion', (em, id) => em.findOne(rows.Exclusion, { id }));
  }
}
