/** The table of findings, which every look at the source writes to. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { Severity } from '../../../kernel/exception.ts';
import type { FindingSource } from '../domain/finding.ts';

export const Finding = defineEntity({
  name: 'Finding',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    /** Null: it belongs to no dataset. */
    datasetId: p.string().strictNullable(),
    source: p.string().$type<FindingSource>(),
    code: p.string(),
    severity: p.string().$type<Severity>(),
    requirement: p.string(),
    count: p.integer(),
    itemIds: p.json<readonly string[]>(),
    position: p.text().strictNullable(),
    detail: p.text(),
    firstSeenAt: p.string(),
  }),
});
export type Finding = InferEntity<typeof Finding>;
