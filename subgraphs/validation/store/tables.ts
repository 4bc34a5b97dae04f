/** The tables of validation. Instants are RFC 3339 text in UTC; digests name documents in the strongroom. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { AssuranceLevel, AssuredEnds } from '../../../kernel/assurance.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Disposition, DispositionCounts } from '../../../kernel/disposition.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { Category, Severity } from '../domain/category.ts';
import type { Format } from '../domain/plan.ts';
import type { ItemState } from '../domain/disposition.ts';
import type { ActionName, Agreement, ExceptionState } from '../domain/exception.ts';
import type { Origin } from '../domain/finding.ts';
import type { SamplingOutcome } from '../domain/sampling/outcome.ts';
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
    /** The place of the newest act on one of its exceptions. */
    actSeq: p.integer().default(0),
    /** What was last told of open exceptions that nobody answers for or that are late. */
    unowned: p.integer().default(0),
    overdue: p.integer().default(0),
    /** How often that was told. */
    standings: p.integer().default(0),
    /** How often items of it were moved again; what is raised says in which round it was seen. */
    round: p.integer().default(0),
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
    /** The newest profile of its fields; null where nobody made one. */
    profile: p.string().nullable(),
  }),
});
export type Dataset = InferEntity<typeof Dataset>;

/** A policy that two people agreed to. */
export const ApprovedPolicy = defineEntity({
  name: 'ApprovedPolicy',
  properties: (p) => ({
    migrationId: p.string().primary(),
    policy: p.string().primary(),
    proposedBy: p.text(),
    approvedBy: p.text(),
    approvedAt: p.string(),
  }),
});
export type ApprovedPolicy = InferEntity<typeof ApprovedPolicy>;

/** Items of a batch that were moved again, by a batch of their own. */
export interface Movement {
  readonly batchId: string;
  readonly manifest: Sha256;
  readonly record: Sha256;
  /** The map they were moved by; absent: that of the batch they belong to. */
  readonly lineage?: Sha256 | undefined;
}

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
    /** Movements that are laid over its own, oldest first. */
    remedies: p.json<readonly Movement[]>().nullable(),
    /** Items whose receiver was asked whether it took them over. */
    answers: p.integer().nullable(),
    /** What was looked into, and what a sample of it came to. */
    sampling: p.json<SamplingOutcome>().nullable(),
  }),
});
export type Batch = InferEntity<typeof Batch>;

export const ExceptionRow = defineEntity({
  name: 'Exception',
  properties: (p) => ({
    id: p.string().primary(),
    /** Null for what was raised before causes were kept. */
    causeId: p.string().nullable(),
    migrationId: p.string(),
    /** Counts by one within the migration, in the order of commits. */
    seq: p.integer(),
    batchId: p.string().nullable(),
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
    /** The state is not `closed`. A waiver that has run out is opened again by the timetable. */
    isOpen: p.boolean().default(true),
    closedBy: p.string().$type<'recheck' | 'waiver'>().nullable(),
    closedAt: p.string().nullable(),
    waivedUntil: p.string().nullable(),
    /** When it was last looked at again, and what came of it. */
    recheckedAt: p.string().nullable(),
    recheckFound: p.string().$type<Agreement['kind']>().nullable(),
    /** The round in which it was last seen. */
    round: p.integer().default(0),
    /** The newest remedy it is part of. */
    remedyId: p.string().nullable(),
    /** How often somebody changed it. */
    changes: p.integer().default(0),
  }),
  uniques: [{ properties: ['migrationId', 'seq'] }],
  // Every filter of the queue has an index in the order of a page: store/exception-pages.ts scans along it. What
  // other filters ask for stands behind it: what does not fit is passed over without its row being read.
  indexes: [
    { name: 'exception_by_open', properties: ['migrationId', 'isOpen', 'seq'] },
    { name: 'exception_by_state', properties: ['migrationId', 'state', 'seq'] },
    { name: 'exception_by_severity', properties: ['migrationId', 'severity', 'isOpen', 'seq'] },
    {
      name: 'exception_by_category',
      properties: ['migrationId', 'category', 'isOpen', 'seq', 'severity', 'owner', 'datasetId'],
    },
    { name: 'exception_by_severity_due', properties: ['migrationId', 'severity', 'isOpen', 'dueAt', 'id'] },
    { name: 'exception_by_category_due', properties: ['migrationId', 'category', 'isOpen', 'dueAt', 'id'] },
    {
      name: 'exception_by_owner',
      properties: ['migrationId', 'owner', 'isOpen', 'seq', 'severity', 'category', 'datasetId'],
    },
    {
      name: 'exception_by_dataset',
      properties: ['datasetId', 'isOpen', 'seq', 'severity', 'category', 'owner', 'migrationId'],
    },
    { name: 'exception_by_batch', properties: ['batchId', 'isOpen', 'seq'] },
    { name: 'exception_by_cause', properties: ['causeId', 'isOpen', 'seq', 'migrationId'] },
    { name: 'exception_by_cause_due', properties: ['causeId', 'isOpen', 'dueAt'] },
    { name: 'exception_by_due', properties: ['migrationId', 'isOpen', 'dueAt', 'id'] },
    { name: 'exception_by_gravity', properties: ['migrationId', 'isOpen', 'severity', 'id'] },
    { name: 'exception_by_waiver', properties: ['waivedUntil'] },
    { name: 'exception_by_remedy', properties: ['remedyId', 'id'] },
  ],
});
export type ExceptionRow = InferEntity<typeof ExceptionRow>;

/** Exceptions of one cause as one line, counted as they are raised and closed. */
export const CauseRow = defineEntity({
  name: 'Cause',
  properties: (p) => ({
    id: p.string().primary(),
    fingerprint: p.string(),
    migrationId: p.string(),
    datasetId: p.string().nullable(),
    origin: p.string().$type<Origin>(),
    category: p.string().$type<Category>(),
    code: p.string(),
    recordType: p.string().nullable(),
    path: p.text().nullable(),
    /** The worst there was. */
    severity: p.string().$type<Severity>(),
    open: p.integer(),
    total: p.integer(),
    firstSeenAt: p.string(),
    lastSeenAt: p.string(),
    /** Of those that are open; null when none is. */
    oldestDueAt: p.string().nullable(),
  }),
  indexes: [{ name: 'cause_by_gravity', properties: ['migrationId', 'severity', 'open', 'id'] }],
});
export type CauseRow = InferEntity<typeof CauseRow>;

/** Something that was done about an exception, in the order of commits of its migration. */
export const ExceptionAct = defineEntity({
  name: 'ExceptionAct',
  properties: (p) => ({
    exceptionId: p.string().primary(),
    /** Its place among the changes of the exception. */
    number: p.integer().primary(),
    migrationId: p.string(),
    seq: p.integer(),
    action: p.string().$type<ActionName>(),
    actor: p.string(),
    at: p.string(),
    /** What the exception was in afterwards. */
    state: p.string().$type<ExceptionState>(),
    /** A comment; null for everything else. */
    text: p.text().nullable(),
  }),
  uniques: [{ properties: ['migrationId', 'seq'] }],
});
export type ExceptionAct = InferEntity<typeof ExceptionAct>;

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
    ends: p.string().$type<AssuredEnds>(),
    /** How far its records were in charts that were opened; null where no chart could show them. */
    workflow: p.text().nullable(),
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
