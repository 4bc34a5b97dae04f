/** The tables of transfer. Instants are RFC 3339 text in UTC; digests name documents in the strongroom. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { DispositionCounts } from '../../../kernel/disposition.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { Format } from '../domain/dataset.ts';
import type { ParcelState } from '../domain/attempt.ts';
import type { BatchState, Phase } from '../domain/batch.ts';
import type { ControlTotals } from '../domain/manifest.ts';
import type { Readiness } from '../domain/readiness.ts';
import type { RecordLine } from '../domain/record.ts';
import type { Waiting } from '../domain/wait.ts';

/** What transfer keeps of a declared migration. */
export const Migration = defineEntity({
  name: 'Migration',
  properties: (p) => ({
    id: p.string().primary(),
    name: p.text(),
    plan: p.string(),
    policy: p.string(),
  }),
});
export type Migration = InferEntity<typeof Migration>;

export const Dataset = defineEntity({
  name: 'Dataset',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    name: p.text(),
    tier: p.string().$type<Tier>(),
    format: p.string().$type<Format>(),
    /** Null: its items pass through unchanged. */
    lineage: p.string().nullable(),
  }),
});
export type Dataset = InferEntity<typeof Dataset>;

/** What inventory last said of a migration's readiness. */
export const ReadinessCopy = defineEntity({
  name: 'ReadinessCopy',
  properties: (p) => ({
    migrationId: p.string().primary(),
    ready: p.boolean(),
    blocking: p.json<Readiness['blocking']>(),
    expiresAt: p.string().strictNullable(),
  }),
});
export type ReadinessCopy = InferEntity<typeof ReadinessCopy>;

export const Batch = defineEntity({
  name: 'Batch',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    datasetId: p.string(),
    /** The batch whose items it moves again; null for the batch of a survey. */
    remedyOf: p.string().nullable(),
    tier: p.string().$type<Tier>(),
    /** Riskiest tier first. */
    tierRank: p.integer(),
    state: p.string().$type<BatchState>(),
    phase: p.string().$type<Phase>().default('packing'),
    survey: p.string(),
    /** Surveyed, the excluded ones included. */
    items: p.integer(),
    excluded: p.integer(),
    /** Of the items that are not excluded; surveyed first, as read once the manifest is sealed. */
    bytes: p.bigint('number'),
    packed: p.integer().default(0),
    bytesPacked: p.bigint('number').default(0),
    moved: p.integer().default(0),
    bytesMoved: p.bigint('number').default(0),
    /** How long something of the migration waited for bandwidth while the batch was at work. */
    heldMs: p.bigint('number').default(0),
    setAside: p.integer().default(0),
    failed: p.integer().default(0),
    /** How many set aside somebody has seen and decided to go on with. */
    setAsideAccepted: p.integer().default(0),
    /** Raised by every change; orders what watchers see. */
    seq: p.integer().default(0),
    plannedAt: p.string(),
    changedAt: p.string(),
    request: p.string().nullable(),
    /** The documents it was launched with; whatever is declared later, these stand. Null before the launch. */
    plan: p.string().nullable(),
    policy: p.string().nullable(),
    lineage: p.string().nullable(),
    launchKey: p.string().nullable(),
    pausedCode: p.string().nullable(),
    pausedReason: p.text().nullable(),
    pausedSubject: p.string().nullable(),
    pauses: p.integer().default(0),
    /** Whether all versions that its items make are in StandingVersion. */
    hasSeenVersions: p.boolean().default(false),
    /** Of a sealed batch: the datasets that have to end before it moves. */
    waiting: p.json<Waiting>().nullable(),
    manifest: p.string().nullable(),
    sums: p.string().nullable(),
    parquet: p.string().nullable(),
    signature: p.text().nullable(),
    totals: p.json<ControlTotals>().nullable(),
    record: p.string().nullable(),
    dispositions: p.json<DispositionCounts>().nullable(),
  }),
});
export type Batch = InferEntity<typeof Batch>;

/** A proposed launch, under the digest of what was asked. */
export const LaunchRequest = defineEntity({
  name: 'LaunchRequest',
  properties: (p) => ({
    digest: p.string().primary(),
    batchId: p.string().index(),
    proposedBy: p.string(),
    proposedAt: p.string(),
    approvedBy: p.string().nullable(),
    approvedAt: p.string().nullable(),
  }),
});
export type LaunchRequest = InferEntity<typeof LaunchRequest>;

/** Why somebody let a paused batch go on. */
export const Decision = defineEntity({
  name: 'Decision',
  properties: (p) => ({
    id: p.string().primary(),
    batchId: p.string().index(),
    pausedCode: p.string(),
    decidedBy: p.string(),
    decidedAt: p.string(),
    words: p.text(),
  }),
});
export type Decision = InferEntity<typeof Decision>;

/** A manifest row that is not sealed yet. `ordinal` is its line in the survey. */
export const PackRow = defineEntity({
  name: 'PackRow',
  properties: (p) => ({
    batchId: p.string().primary(),
    ordinal: p.integer().primary(),
    line: p.text(),
  }),
});
export type PackRow = InferEntity<typeof PackRow>;

/** What became of an item; there is no row until that is final. `ordinal` is its line in the manifest. */
export const Attempt = defineEntity({
  name: 'Attempt',
  properties: (p) => ({
    batchId: p.string().primary(),
    ordinal: p.integer().primary(),
    itemId: p.string(),
    state: p.string().$type<RecordLine['state']>(),
    /** In flight. */
    sha256: p.string().nullable(),
    reasonCode: p.string().nullable(),
    reasonSubject: p.string().nullable(),
  }),
});
export type Attempt = InferEntity<typeof Attempt>;

/** A parcel that was staged at least once; its row is saved before it is committed. */
export const ParcelRow = defineEntity({
  name: 'Parcel',
  properties: (p) => ({
    key: p.string().primary(),
    batchId: p.string(),
    ordinal: p.integer(),
    state: p.string().$type<ParcelState>(),
    shape: p.string().$type<'bytes' | 'records'>(),
    sizeBytes: p.bigint('number'),
    sha256: p.string(),
    /** What the connector needs to commit it, perhaps after a restart; gone once committed. */
    staged: p.text().nullable(),
    targetId: p.text().nullable(),
  }),
  indexes: [{ properties: ['batchId', 'ordinal'] }],
});
export type ParcelRow = InferEntity<typeof ParcelRow>;

export const Crosswalk = defineEntity({
  name: 'Crosswalk',
  properties: (p) => ({
    parcelKey: p.string().primary(),
    position: p.integer().primary(),
    datasetId: p.string(),
    sourceKey: p.text(),
    targetId: p.text(),
  }),
  indexes: [{ properties: ['datasetId', 'sourceKey'] }],
});
export type Crosswalk = InferEntity<typeof Crosswalk>;

/** Of a record that several items may make, the version that is to stand; `name` is its type and source key. */
export const StandingVersion = defineEntity({
  name: 'StandingVersion',
  properties: (p) => ({
    datasetId: p.string().primary(),
    name: p.text().primary(),
    asOf: p.string(),
    digest: p.string(),
    itemId: p.string(),
    batchId: p.string(),
    isTied: p.boolean(),
    isDelivered: p.boolean(),
    hasPredecessor: p.boolean(),
  }),
  indexes: [{ properties: ['datasetId', 'itemId'] }],
});
export type StandingVersion = InferEntity<typeof StandingVersion>;
