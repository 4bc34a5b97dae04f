/** The table of loss reports: the last one of each dataset. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { LossState } from '../domain/loss.ts';

export const LossReport = defineEntity({
  name: 'LossReport',
  properties: (p) => ({
    datasetId: p.string().primary(),
    migrationId: p.string().index(),
    state: p.string().$type<LossState>(),
    requestedBy: p.string(),
    /** What is measured: the map, over the items of this survey. Another of either makes the report one of the past. */
    lineage: p.string(),
    survey: p.string(),
    /** The sealed report. */
    report: p.string().strictNullable(),
    items: p.integer().default(0),
    records: p.integer().default(0),
    lostPaths: p.integer().default(0),
    overwrittenTargets: p.integer().default(0),
    fromNothing: p.integer().default(0),
    /** Findings that stop active clinical data. */
    blocking: p.integer().default(0),
    finishedAt: p.string().strictNullable(),
    problemCode: p.string().strictNullable(),
    problemReason: p.text().strictNullable(),
  }),
});
export type LossReport = InferEntity<typeof LossReport>;
