/** The tables of cutover: copies of what other subgraphs said, the gates, and what people decided. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { AcceptanceRole } from '../../../kernel/acceptance.ts';
import type { DispositionCounts } from '../../../kernel/disposition.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { DecisionKind } from '../domain/decision.ts';
import type { GateName, GatePolicy, GateState, RecordCounts, Severity } from '../domain/gate.ts';
import type { Verdict } from '../domain/verdict.ts';

/** What cutover reads of the sealed policy. */
export interface Rules extends GatePolicy {
  readonly approval: { readonly decision: 'required' | 'not-required' };
}

export const Cutover = defineEntity({
  name: 'Cutover',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().unique(),
    name: p.text(),
    /** The digest of the sealed policy, and what cutover reads of it. */
    policy: p.string(),
    rules: p.json<Rules>(),
    datasets: p.integer().default(0),
    isSurveyed: p.boolean().default(false),
    isReconciled: p.boolean().default(false),
    /** The newest reconciliation report of the migration. */
    report: p.string().nullable(),
    /** The name of the directory of the pack. */
    evidencePack: p.text().strictNullable(),
    evidenceDigest: p.string().strictNullable(),
    isEvidenceOutdated: p.boolean().default(false),
    /** Open exceptions that nobody answers for, and that are late, as validation last told. */
    unowned: p.integer().default(0),
    overdue: p.integer().default(0),
    verdict: p.string().$type<Verdict>().default('hold'),
    reason: p.text(),
    /** Raised by every evaluation that changed something; orders what watchers see. */
    revision: p.integer().default(0),
    evaluatedAt: p.string().strictNullable(),
  }),
});
export type Cutover = InferEntity<typeof Cutover>;

/** The newest signature of a role. */
export const AcceptanceCopy = defineEntity({
  name: 'AcceptanceCopy',
  properties: (p) => ({
    migrationId: p.string().primary(),
    role: p.string().$type<AcceptanceRole>().primary(),
    decision: p.string().$type<'accepted' | 'rejected'>(),
    /** The report it was signed on. */
    report: p.string(),
  }),
});
export type AcceptanceCopy = InferEntity<typeof AcceptanceCopy>;

export const DatasetCopy = defineEntity({
  name: 'DatasetCopy',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    tier: p.string().$type<Tier>(),
    isSurveyed: p.boolean().default(false),
  }),
});
export type DatasetCopy = InferEntity<typeof DatasetCopy>;

export const BatchCopy = defineEntity({
  name: 'BatchCopy',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    datasetId: p.string(),
    isPaused: p.boolean().default(false),
    isMoved: p.boolean().default(false),
    dispositions: p.json<DispositionCounts>().strictNullable(),
    records: p.json<RecordCounts>().strictNullable(),
  }),
});
export type BatchCopy = InferEntity<typeof BatchCopy>;

export const ExceptionCopy = defineEntity({
  name: 'ExceptionCopy',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    severity: p.string().$type<Severity>(),
    category: p.string(),
    isOpen: p.boolean(),
  }),
});
export type ExceptionCopy = InferEntity<typeof ExceptionCopy>;

export const Gate = defineEntity({
  name: 'Gate',
  properties: (p) => ({
    cutoverId: p.string().primary(),
    name: p.string().$type<GateName>().primary(),
    position: p.integer(),
    state: p.string().$type<GateState>(),
    measured: p.text(),
    required: p.text(),
    /** When the state last changed. */
    changedAt: p.string(),
  }),
});
export type Gate = InferEntity<typeof Gate>;

export const Decision = defineEntity({
  name: 'Decision',
  properties: (p) => ({
    id: p.string().primary(),
    cutoverId: p.string().index(),
    position: p.integer(),
    decision: p.string().$type<DecisionKind>(),
    reason: p.text(),
    state: p.string().$type<'proposed' | 'recorded' | 'superseded'>(),
    /** The sealed gates it was decided on. */
    evidence: p.string(),
    proposedBy: p.string().strictNullable(),
    proposedAt: p.string().strictNullable(),
    decidedBy: p.string().strictNullable(),
    decidedAt: p.string().strictNullable(),
  }),
});
export type Decision = InferEntity<typeof Decision>;

/** One person's word on one decision, bound to the gates it was given on. */
export const Vote = defineEntity({
  name: 'Vote',
  properties: (p) => ({
    decisionId: p.string().primary(),
    voter: p.string().primary(),
    vote: p.string().$type<'for' | 'against'>(),
    evidence: p.string(),
    votedAt: p.string(),
  }),
});
export type Vote = InferEntity<typeof Vote>;
