/** Questions about lineage: what a map loses of a dataset, and what became of an item. */
import 'reflect-metadata';
import { GraphQLError } from 'graphql';
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { hasRole } from '../../../kernel/actor.ts';
import { type RequestContext, userErrors } from '../../../runtime/request.ts';
import type * as rows from '../store/tables.ts';
import { lossOf } from '../store/loss-rows.ts';
import { findDataset } from '../store/find.ts';
import type { InventoryContext } from '../work/context.ts';
import { explainItem } from '../work/explain-item.ts';
import { readLossReport } from '../work/read-loss.ts';
import { lineageVersions } from '../work/lineage-versions.ts';
import { reportLoss } from '../work/report-loss.ts';
import { admit } from './admit.ts';
import { LineageExplanation } from './explanation-types.ts';
import { LineageVersion, LossReport, ReportLossInput, ReportLossPayload } from './lineage-types.ts';
import { Dataset } from './types.ts';

@Resolver(() => Dataset)
export class LineageQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => LossReport, { nullable: true, description: 'The last one; null where none was asked for.' })
  async lossReport(@Root() dataset: rows.Dataset): Promise<object | null> {
    const row = await this.#inventory.store.read((em) => lossOf(em, dataset.id));
    return row === null ? null : readLossReport(this.#inventory, row, dataset);
  }

  @FieldResolver(() => [LineageVersion], { description: 'Every map it was declared with; the one it has now first.' })
  lineageVersions(@Root() dataset: rows.Dataset): Promise<readonly object[]> {
    return lineageVersions(this.#inventory, dataset);
  }

  @Query(() => LineageExplanation, {
    nullable: true,
    description: 'Null where there is no such item, or no map for it.',
  })
  async lineageExplanation(
    @Ctx() { actor }: RequestContext,
    @Arg('itemId', () => ID) itemId: string,
    @Arg('key', () => String, { nullable: true }) key?: string | null,
  ): Promise<object | null> {
    if (actor === undefined || !hasRole(actor, 'operator', 'reviewer', 'auditor')) {
      const message = 'an explanation is for operators, reviewers and auditors';
      throw new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
    }
    const explanation = await explainItem(this.#inventory, itemId, key ?? undefined);
    if (explanation === null || hasRole(actor, 'operator', 'reviewer')) return explanation;
    return { ...explanation, records: explanation.records.map((record) => ({ ...record, key: null })) };
  }

  @Mutation(() => ReportLossPayload, {
    description: 'Maps every item of a dataset to see what is lost; moves nothing.',
  })
  async reportLoss(
    @Arg('input', () => ReportLossInput) { datasetId }: ReportLossInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'loss-report-requested', subject: datasetId };
    const actor = await admit(this.#inventory, request, act, 'operator');
    const outcome = await reportLoss(this.#inventory, datasetId, actor);
    if (!outcome.ok) return { dataset: null, userErrors: userErrors(outcome.refusals) };
    return { dataset: await this.#inventory.store.read((em) => findDataset(em, datasetId)), userErrors: [] };
  }
}
