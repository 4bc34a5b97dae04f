/** The tables of validation. Instants are RFC 3339 text in UTC; digests name documents in the strongroom. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { AssuranceLevel } from '../../../kernel/assurance.ts';
import type { Disposition, DispositionCounts } from '../../../kernel/disposition.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { Category, Severity } from '../domain/category.ts';
import type { Format } from '../domain/plan.ts';
import type { ItemState } from '../domain/disposition.ts';
import type { ExceptionState } from '../domain/exception.ts';
import type { Origin } from '../domain/finding.ts';
import type { VerdictCounts } from '../domain/verdict.ts';

/** What validation keeps of a declared migration. `exceptionSeq` is the place of the newest exception. */
export const Migration = defineEntity({
  name: 'Migration',
  properties: (p) => ({
    id: p.string().primary(),
    name: p.text(),
    plan: p.string(),
    policy: p.string(),
    exceptionSeq: p.integer().default(0),
    /** Sealed once all batches are related; null before. */
    report: p.string().nullable(),
    exceptions: p.string().nullable(),
  }),
});
export type Migration = InferEntity<typeof Migration>;

export const Dataset = defineEntity({
  name: 'Dataset',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    /** Its place in the plan. */
    ordinal: p.integer(),
    name: p.text(),
    tier: p.string().$type<Tier>(),
    format: p.string().$type<Format>(),
    /** Null: its items pass through unchanged. */
    lineage: p.string().nullable(),
    survey: p.string().nullable(),
    items: p.integer().nullable(),
  }),
});
export type Dataset = InferEntity<typeof Dataset>;

export const BATCH_STATES = ['planned', 'moved', 'reconciled'] as const;
export type BatchState = (typeof BATCH_STATES)[number];

export type AssuranceCounts = Readonly<Record<AssuranceLevel, number>>;

export const Batch = defineEntity({
  name: 'Batch',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    datasetId: p.string().index(),
    state: p.string().$type<BatchState>(),
    /** The survey it was planned with. */
    survey: p.string().nullable(),
    /** What it was packed with; null before. What is declared later changes nothing for it. */
    plan: p.string().nullable(),
    policy: p.string().nullable(),
    lineage: p.string().nullable(),
    manifest: p.string().nullable(),
    record: p.string().nullable(),
    movedAt: p.string().nullable(),
    report: p.string().nullable(),
    targetManifest: p.string().nullable(),
    /** What the relationships of its records are found from; stays in the strongroom, in no pack. */
    relations: p.string().nullable(),
    /** The keys of the records it expects at the target; stays in the strongroom, in no pack. */
    expectedKeys: p.string().nullable(),
    dispositions: p.json<DispositionCounts>().nullable(),
    verdicts: p.json<VerdictCounts>().nullable(),
    assurance: p.json<AssuranceCounts>().nullable(),
  }),
});
export type Batch = InferEntity<typeof Batch>;

export const ExceptionRow = defineEntity({
  name: 'Exception',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string(),
    /** Counts by one within the migration, in the order of commits. */
    seq: p.integer(),
    batchId: p.string().nullable().index(),
    datasetId: p.string().nullable(),
    itemId: p.string().nullable(),
    category: p.string().$type<Category>(),
    severity: p.string().$type<Severity>(),
    origin: p.string().$type<Origin>(),
    code: p.string(),
    recordType: p.string().nullable(),
    sourceId: p.text().nullable(),
    targetId: p.text().nullable(),
    field: p.text().nullable(),
    position: p.text(),
    note: p.text(),
    owner: p.text().nullable(),
    raisedAt: p.string(),
    dueAt: p.string(),
    state: p.string().$type<ExceptionState>(),
    closedBy: p.string().$type<'recheck' | 'waiver'>().nullable(),
    closedAt: p.string().nullable(),
    waivedUntil: p.string().nullable(),
    /** How often somebody changed it. */
    changes: p.integer().default(0),
  }),
  uniques: [{ properties: ['migrationId', 'seq'] }],
});
export type ExceptionRow = InferEntity<typeof ExceptionRow>;

/** The items an exception puts in doubt: its own, and those it is about besides. */
export const ExceptionItem = defineEntity({
  name: 'ExceptionItem',
  properties: (p) => ({
    exceptionId: p.string().primary(),
    itemId: p.string().primary().index(),
    batchId: p.string().index(),
  }),
});
export type ExceptionItem = InferEntity<typeof ExceptionItem>;

export const ItemDisposition = defineEntity({
  name: 'ItemDisposition',
  properties: (p) => ({
    batchId: p.string().primary(),
    itemId: p.string().primary(),
    /** Its line in the survey. */
    ordinal: p.integer(),
    path: p.text(),
    state: p.string().$type<ItemState>(),
    disposition: p.string().$type<Disposition>(),
    level: p.string().$type<AssuranceLevel>(),
    method: p.text(),
    ends: p.string().$type<'source' | 'target' | 'both'>(),
  }),
  indexes: [{ properties: ['batchId', 'ordinal'] }],
});
export type ItemDisposition = InferEntity<typeof ItemDisposition>;

/** A waiver asked for, under the digest of what was asked. */
export const Waiver = defineEntity({
  name: 'Waiver',
  properties: (p) => ({
    digest: p.string().primary(),
    exceptionId: p.string().index(),
    reason: p.text(),
    expiresAt: p.string(),
    proposedBy: p.string(),
    proposedAt: p.string(),
    approvedBy: p.string().nullable(),
    approvedAt: p.string().nullable(),
  }),
});
export type Waiver = InferEntity<typeof Waiver>;
