/** The changes of bandwidth: another declaration of the migration does not touch them. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { BandwidthRules } from '../../../kernel/bandwidth.ts';
import type { ApprovalState } from '../domain/two-person-approval.ts';

/** One row for each that was ever proposed; the highest number in force counts. */
export const BandwidthChange = defineEntity({
  name: 'BandwidthChange',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string(),
    number: p.integer(),
    /** The sealed document. */
    document: p.string(),
    /** Null: those of the policy. */
    bandwidth: p.json<BandwidthRules | null>().nullable(),
    reason: p.text(),
    state: p.string().$type<ApprovalState>(),
    proposedBy: p.string(),
    proposedAt: p.string(),
    approvedBy: p.string().strictNullable(),
    inForceSince: p.string().strictNullable(),
  }),
  uniques: [{ properties: ['migrationId', 'number'] }],
});
export type BandwidthChange = InferEntity<typeof BandwidthChange>;
