/** Questions about the programme around the data. */
import 'reflect-metadata';
import { FieldResolver, Resolver, Root } from 'type-graphql';
import { trustOf } from '../domain/certificate.ts';
import { openWindow } from '../domain/window.ts';
import { endpointsOf } from '../store/migration-rows.ts';
import { wayIn } from '../store/readiness-rows.ts';
import { confirmationsOf, holdsOf, policyApprovalOf } from '../store/programme-rows.ts';
import type * as programme from '../store/programme-tables.ts';
import type * as rows from '../store/tables.ts';
import type { InventoryContext } from '../work/context.ts';
import { Certificate, Confirmation, CutoverWindow, Hold, PolicyApproval, Stakeholder } from './programme-types.ts';
import { Migration } from './types.ts';

@Resolver(() => Migration)
export class ProgrammeQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => [Stakeholder])
  stakeholders(@Root() migration: rows.Migration): readonly object[] {
    return migration.programme?.stakeholders ?? [];
  }

  @FieldResolver(() => CutoverWindow, { nullable: true })
  window(@Root() { programme: of }: rows.Migration): CutoverWindow | null {
    const open = openWindow(of?.window);
    if (open === null) return null;
    const { opensAt, closesAt } = open;
    return { opensAt: opensAt.toISOString(), closesAt: closesAt.toISOString(), zone: of?.window?.zone ?? '' };
  }

  @FieldResolver(() => PolicyApproval, { nullable: true })
  policyApproval(@Root() migration: rows.Migration): Promise<programme.PolicyApproval | null> {
    return this.#inventory.store.read((em) => policyApprovalOf(em, migration));
  }

  @FieldResolver(() => [Certificate], { description: 'Of every way in, as it was when it last answered.' })
  async certificates(@Root() { id }: rows.Migration): Promise<readonly object[]> {
    const endpoints = await this.#inventory.store.read((em) => endpointsOf(em, id));
    return endpoints.flatMap((endpoint) => trustOf(wayIn(endpoint, endpoint.negotiated)));
  }

  @FieldResolver(() => [Hold], { description: 'Released ones too, the oldest first.' })
  holds(@Root() { id }: rows.Migration): Promise<readonly programme.Hold[]> {
    return this.#inventory.store.read((em) => holdsOf(em, id));
  }

  @FieldResolver(() => [Confirmation], { description: 'Withdrawn ones too, the newest first.' })
  confirmations(@Root() { id }: rows.Migration): Promise<readonly programme.Confirmation[]> {
    return this.#inventory.store.read((em) => confirmationsOf(em, id));
  }
}
