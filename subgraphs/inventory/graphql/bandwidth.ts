/** The bandwidth of a migration, and changing it while it runs. */
import 'reflect-metadata';
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { BandwidthRules } from '../../../kernel/bandwidth.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { RequestContext } from '../../../runtime/request.ts';
import { completePolicy } from '../domain/policy.ts';
import { changesOf } from '../store/bandwidth-rows.ts';
import type { BandwidthChange } from '../store/bandwidth-tables.ts';
import * as rows from '../store/tables.ts';
import { approveBandwidth, proposeBandwidth } from '../work/change-bandwidth.ts';
import type { InventoryContext } from '../work/context.ts';
import { admit } from './admit.ts';
import {
  ApproveBandwidthInput,
  ApproveBandwidthPayload,
  Bandwidth,
  ProposeBandwidthInput,
  ProposeBandwidthPayload,
} from './bandwidth-types.ts';
import { shown } from './shown.ts';
import { Migration } from './types.ts';

interface Shown {
  readonly inForce: BandwidthRules;
  readonly policy: BandwidthRules;
  readonly proposed: BandwidthChange | null;
  readonly changes: readonly BandwidthChange[];
}

@Resolver(() => Migration)
export class MigrationBandwidth {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => Bandwidth)
  async bandwidth(@Root() { id, rules }: rows.Migration): Promise<Shown> {
    const changes = await this.#inventory.store.read((em) => changesOf(em, id));
    const policy = completePolicy(rules as unknown as Json).transfer.bandwidth;
    const held = changes.find(({ inForceSince }) => inForceSince !== null);
    const [newest] = changes;
    return {
      inForce: held?.bandwidth ?? policy,
      policy,
      proposed: newest?.state === 'proposed' ? newest : null,
      changes,
    };
  }

  @Mutation(() => ProposeBandwidthPayload, {
    description: 'Holds at once, in batches that run too, unless the policy asks for a second person.',
  })
  async proposeBandwidth(
    @Arg('input', () => ProposeBandwidthInput) { migrationId, bandwidth, reason }: ProposeBandwidthInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'bandwidth-proposed', subject: migrationId };
    const actor = await admit(this.#inventory, request, act, 'operator');
    const wish = { migrationId, bandwidth: bandwidth ?? null, reason };
    const outcome = await proposeBandwidth(this.#inventory, wish, actor);
    return shown(this.#inventory, outcome, 'migration', (em, id) => em.findOne(rows.Migration, { id }));
  }

  @Mutation(() => ApproveBandwidthPayload, {
    description: 'Never by whoever proposed it. It holds at once, in batches that run too.',
  })
  async approveBandwidth(
    @Arg('input', () => ApproveBandwidthInput) { migrationId, document }: ApproveBandwidthInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'bandwidth-approved', subject: migrationId };
    const actor = await admit(this.#inventory, request, act, 'approver');
    const outcome = await approveBandwidth(this.#inventory, { migrationId, document }, actor);
    return shown(this.#inventory, outcome, 'migration', (em, id) => em.findOne(rows.Migration, { id }));
  }
}
