/** The tables of what people approve, hold and confirm: another declaration of the migration does not touch them. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { ConfirmationKind } from '../domain/confirmation.ts';
import type { ApprovalState } from '../domain/two-person-approval.ts';

/** One row for each policy a migration ever had: another policy starts again as a draft. */
export const PolicyApproval = defineEntity({
  name: 'PolicyApproval',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    policy: p.string(),
    state: p.string().$type<ApprovalState>(),
    proposedBy: p.string().strictNullable(),
    approvedBy: p.string().strictNullable(),
    approvedAt: p.string().strictNullable(),
  }),
});
export type PolicyApproval = InferEntity<typeof PolicyApproval>;

export const Hold = defineEntity({
  name: 'Hold',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    datasetId: p.string(),
    /** The name of the dataset, which the plan may drop. */
    dataset: p.text(),
    /** What the dataset selected when it was placed. */
    selection: p.text(),
    matter: p.text(),
    /** Which paths of the dataset; null for all of them. */
    items: p.text().strictNullable(),
    placedBy: p.string(),
    placedAt: p.string(),
    releaseProposedBy: p.string().strictNullable(),
    releasedBy: p.string().strictNullable(),
    releasedAt: p.string().strictNullable(),
  }),
});
export type Hold = InferEntity<typeof Hold>;

export const Confirmation = defineEntity({
  name: 'Confirmation',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    kind: p.string().$type<ConfirmationKind>(),
    subject: p.text(),
    happenedAt: p.string(),
    testedAt: p.string().strictNullable(),
    note: p.text().strictNullable(),
    confirmedBy: p.string(),
    confirmedAt: p.string(),
    withdrawnBy: p.string().strictNullable(),
    withdrawnAt: p.string().strictNullable(),
  }),
});
export type Confirmation = InferEntity<typeof Confirmation>;
