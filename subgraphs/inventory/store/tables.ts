/** The tables of inventory. Instants are RFC 3339 text in UTC; digests name documents in the strongroom. */
import { defineEntity, type InferEntity, type PropertyBuilders } from '@mikro-orm/core';
import type { Tier } from '../../../kernel/tier.ts';
import type { PlannedCredential, PlannedPlace } from '../domain/endpoint.ts';
import type { Settings } from '../domain/endpoint.ts';
import type { Policy } from '../domain/policy.ts';
import type { Charter, Programme, SystemRole } from '../domain/programme.ts';
import type { SurveyState } from '../domain/readiness.ts';
import type { HiddenCounts, Noted } from '../domain/item.ts';
import type { ApprovalState } from '../domain/two-person-approval.ts';
import { PathType } from './path-type.ts';

export const Migration = defineEntity({
  name: 'Migration',
  properties: (p) => ({
    id: p.string().primary(),
    name: p.string().unique(),
    /** Covers plan, policy and lineage maps. */
    declaration: p.string(),
    plan: p.string(),
    policy: p.string(),
    /** The sealed policy, at hand. */
    rules: p.json<Policy>(),
    /** What the sealed plan says around the data; null for plans of before there was anything to say. */
    programme: p.json<Programme>().strictNullable(),
    declaredBy: p.string(),
    declaredAt: p.string(),
    isLaunched: p.boolean().default(false),
    surveyState: p.string().$type<SurveyState>().default('none'),
    /** Raised whenever a survey begins to list: rows of an earlier pass are not of this survey. */
    surveyPass: p.integer().default(0),
    surveyRequestedBy: p.string().strictNullable(),
    surveyFinishedAt: p.string().strictNullable(),
    surveyFailureCode: p.string().strictNullable(),
    surveyFailureReason: p.text().strictNullable(),
    items: p.integer().default(0),
    bytes: p.bigint('number').default(0),
    unclaimedItems: p.integer().default(0),
    unclaimedBytes: p.bigint('number').default(0),
    /** Raised by everything readiness depends on; `evaluatedRevision` says up to where it was looked at. */
    factsRevision: p.integer().default(0),
    evaluatedRevision: p.integer().default(0),
    evaluatedAt: p.string().strictNullable(),
    isReady: p.boolean().default(false),
    /** Of what was last said of readiness to the other subgraphs. */
    readinessDigest: p.string().strictNullable(),
    readinessChanges: p.integer().default(0),
  }),
});
export type Migration = InferEntity<typeof Migration>;

/** An EHR or archive at one end, or another system in the scope. */
export const System = defineEntity({
  name: 'System',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    name: p.text(),
    role: p.string().$type<SystemRole>(),
    vendor: p.text().strictNullable(),
    product: p.text().strictNullable(),
    version: p.text().strictNullable(),
    zone: p.text().strictNullable(),
    owner: p.text().strictNullable(),
  }),
});
export type System = InferEntity<typeof System>;

/** A way into a system; a dataset that goes elsewhere brings a target of its own. */
export const Endpoint = defineEntity({
  name: 'Endpoint',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    systemId: p.string(),
    label: p.text(),
    role: p.string().$type<'source' | 'target'>(),
    connector: p.string(),
    config: p.json<Settings>(),
    credentials: p.json<Readonly<Record<string, PlannedCredential>>>().strictNullable(),
    network: p.json<readonly PlannedPlace[]>().strictNullable(),
    owner: p.text().strictNullable(),
    /** References, never the secrets themselves. */
    secrets: p.json<Readonly<Record<string, string>>>(),
    checkedAt: p.string().strictNullable(),
    /** What the connector negotiated when it last answered. */
    negotiated: p.json<Readonly<Record<string, string>>>().strictNullable(),
    problemCode: p.string().strictNullable(),
    problemReason: p.text().strictNullable(),
  }),
});
export type Endpoint = InferEntity<typeof Endpoint>;

export const Dataset = defineEntity({
  name: 'Dataset',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    /** Its place in the plan: the first dataset that selects an item gets it. */
    position: p.integer(),
    name: p.string(),
    tier: p.string().$type<Tier>(),
    format: p.string(),
    selection: p.text(),
    owner: p.text().strictNullable(),
    charter: p.json<Charter>().strictNullable(),
    lineageReference: p.text(),
    /** Null: its items pass through unchanged. */
    lineage: p.string().strictNullable(),
    targetId: p.string(),
    survey: p.string().strictNullable(),
    items: p.integer().default(0),
    bytes: p.bigint('number').default(0),
    excludedItems: p.integer().default(0),
  }),
});
export type Dataset = InferEntity<typeof Dataset>;

// BUG: PostgreSQL cannot index a path of more than about 2,700 bytes that does not compress; such a survey fails.
export const itemProperties = (p: PropertyBuilders) => ({
  id: p.string().primary(),
  datasetId: p.string(),
  path: p.type(PathType).$type<string>(),
  sizeBytes: p.bigint('number'),
  modifiedAt: p.string().strictNullable(),
  /** Why it stays behind; null when it moves. */
  excluded: p.text().strictNullable(),
  pass: p.integer(),
  /** The number of the survey that looked inside; 0 when none did. What follows is what it saw. */
  inspectedIn: p.integer().default(0),
  contentKind: p.string().strictNullable(),
  mediaType: p.string().strictNullable(),
  /** Null: what it is was not recognised. */
  isStructured: p.boolean().strictNullable(),
  hidden: p.json<HiddenCounts>().strictNullable(),
  noted: p.json<readonly Noted[]>().strictNullable(),
});

export const Item = defineEntity({
  name: 'Item',
  properties: itemProperties,
  indexes: [{ properties: ['datasetId', 'path'] }],
});
export type Item = InferEntity<typeof Item>;

export const Exclusion = defineEntity({
  name: 'Exclusion',
  properties: (p) => ({
    id: p.string().primary(),
    datasetId: p.string().index(),
    /** The first that matches gives the reason. */
    position: p.integer(),
    glob: p.text(),
    reason: p.text(),
    recordedBy: p.string(),
    recordedAt: p.string(),
    approvedBy: p.string().strictNullable(),
    /** Whom the plan names as approver: a claim on paper, which the engine does not take for an approval. */
    approvalClaim: p.text().strictNullable(),
  }),
});
export type Exclusion = InferEntity<typeof Exclusion>;

/** One row for each map a dataset ever had: another map starts again as a draft. */
export const LineageApproval = defineEntity({
  name: 'LineageApproval',
  properties: (p) => ({
    id: p.string().primary(),
    datasetId: p.string().index(),
    lineage: p.string().strictNullable(),
    state: p.string().$type<ApprovalState>(),
    proposedBy: p.string().strictNullable(),
    approvedBy: p.string().strictNullable(),
    approvedAt: p.string().strictNullable(),
  }),
});
export type LineageApproval = InferEntity<typeof LineageApproval>;

export const ReadinessLine = defineEntity({
  name: 'ReadinessLine',
  properties: (p) => ({
    migrationId: p.string().primary(),
    position: p.integer().primary(),
    requirement: p.string(),
    line: p.text(),
    ok: p.boolean(),
    code: p.string().strictNullable(),
    reason: p.text().strictNullable(),
    until: p.string().strictNullable(),
  }),
});
export type ReadinessLine = InferEntity<typeof ReadinessLine>;
