/** The table of profiles: the last one of each dataset. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { ProfileState } from '../domain/profile.ts';

export const DatasetProfile = defineEntity({
  name: 'DatasetProfile',
  properties: (p) => ({
    datasetId: p.string().primary(),
    migrationId: p.string().index(),
    state: p.string().$type<ProfileState>(),
    requestedBy: p.string(),
    /** The items it is of. Another survey makes the profile one of the past. */
    survey: p.string(),
    /** Dates after it lie in the future, however often the profile is interrupted. */
    startedAt: p.string(),
    items: p.integer().default(0),
    itemsDone: p.integer().default(0),
    /** The sealed profile. */
    profile: p.string().strictNullable(),
    records: p.bigint('number').default(0),
    fields: p.integer().default(0),
    findings: p.integer().default(0),
    finishedAt: p.string().strictNullable(),
    problemCode: p.string().strictNullable(),
    problemReason: p.text().strictNullable(),
  }),
});
export type DatasetProfile = InferEntity<typeof DatasetProfile>;
