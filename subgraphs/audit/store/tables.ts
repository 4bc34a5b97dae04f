/** The tables of audit. The log itself is files; here are its head, what is on its way to the files, and indexes. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { AuditEntry, EventType } from '../../../kernel/event.ts';
import type { HeardException } from '../domain/summary.ts';
import type { Stage, StagePayload } from '../domain/stage.ts';

/** The one truth about how long the log is: replaced only by compare-and-swap. One row. */
export const LogHead = defineEntity({
  name: 'LogHead',
  properties: (p) => ({
    origin: p.string().primary(),
    size: p.bigint('number'),
    /** Base64. */
    root: p.string(),
    /** The last audit row that is in the log. */
    cursor: p.string(),
    /** The size of the checkpoint that was last published. */
    published: p.bigint('number'),
  }),
});
export type LogHead = InferEntity<typeof LogHead>;

/** Entries that the head has taken in and that may not be in the files yet: a bundle of their exact bytes. */
export const LogStage = defineEntity({
  name: 'LogStage',
  properties: (p) => ({
    /** The log's size before these entries. */
    start: p.bigint('number').primary().autoincrement(false),
    /** The log's size after them. */
    size: p.bigint('number'),
    /** The signed checkpoint of that size. */
    checkpoint: p.text(),
    bundle: p.blob(),
  }),
});
export type LogStage = InferEntity<typeof LogStage>;

/** Where each entry stands in the log, and what it is found by. */
export const LogEntry = defineEntity({
  name: 'LogEntry',
  properties: (p) => ({
    position: p.bigint('number').primary().autoincrement(false),
    id: p.text().unique(),
    plane: p.string().$type<AuditEntry['plane']>(),
    action: p.text(),
    actor: p.text(),
    subject: p.text(),
    outcome: p.string().$type<AuditEntry['outcome']>(),
    occurredAt: p.text(),
    /** Whether somebody decided something. */
    isDecision: p.boolean(),
  }),
  indexes: [{ properties: ['subject', 'position'] }, { properties: ['isDecision', 'position'] }],
});
export type LogEntry = InferEntity<typeof LogEntry>;

/** An event that sealed documents, as it was told. */
export const StageRow = defineEntity({
  name: 'StageFact',
  properties: (p) => ({
    ordinal: p.integer().primary().autoincrement(),
    eventId: p.string().unique(),
    type: p.string().$type<EventType>(),
    stage: p.string().$type<Stage>(),
    migrationId: p.string().index(),
    actor: p.text(),
    occurredAt: p.string(),
    payload: p.json<StagePayload>(),
  }),
});
export type StageRow = InferEntity<typeof StageRow>;

/** An exception as it was raised and closed. Only one that was raised has a migration. */
export const ExceptionRow = defineEntity({
  name: 'HeardException',
  properties: (p) => ({
    exceptionId: p.string().primary(),
    migrationId: p.string().nullable().index(),
    batchId: p.string().nullable(),
    datasetId: p.string().nullable(),
    itemId: p.string().nullable(),
    category: p.string(),
    severity: p.string(),
    state: p.string().$type<HeardException['state']>(),
  }),
});
export type ExceptionRow = InferEntity<typeof ExceptionRow>;

export type PackState = 'sealing' | 'sealed' | 'failed';

/** An evidence pack, from the request to seal it. Its directory is named `name`. */
export const EvidencePackRow = defineEntity({
  name: 'EvidencePack',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    name: p.string().unique(),
    slug: p.string(),
    number: p.integer(),
    state: p.string().$type<PackState>(),
    requestedBy: p.text(),
    requestedAt: p.string(),
    sealedAt: p.string().nullable(),
    /** The SHA-256 of tagmanifest-sha256.txt, which covers every file. */
    bagDigest: p.string().nullable(),
    checkpointSize: p.bigint('number').nullable(),
    checkpointRoot: p.string().nullable(),
    /** Why it could not be sealed. */
    problem: p.text().nullable(),
  }),
  uniques: [{ properties: ['slug', 'number'] }],
});
export type EvidencePackRow = InferEntity<typeof EvidencePackRow>;
