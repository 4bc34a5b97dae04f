/** The tables of surveys: each one that was made, what it found in each dataset, and what its items point at. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { Contents } from '../domain/contents.ts';
import type { DriftKind } from '../domain/drift.ts';
import type { InspectionScope, LinkKind, SurveyPhase, SurveyRunState } from '../domain/survey.ts';
import { PathType } from './path-type.ts';
import { itemProperties } from './tables.ts';

/** One survey; the rows stay, so that what was found when can be told. */
export const SurveyRun = defineEntity({
  name: 'SurveyRun',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string().index(),
    /** The first survey of a migration is 1. */
    number: p.integer(),
    /** Of the rows it writes; raised when the listing begins again. */
    pass: p.integer().default(0),
    /** Made after the launch: kept beside what is moving, which stands. */
    isLate: p.boolean().default(false),
    state: p.string().$type<SurveyRunState>(),
    phase: p.string().$type<SurveyPhase>(),
    inspect: p.string().$type<InspectionScope>(),
    requestedBy: p.string(),
    startedAt: p.string(),
    finishedAt: p.string().strictNullable(),
    /** The last path that was saved, where the source lists in order. */
    cursor: p.type(PathType).$type<string>().strictNullable(),
    listed: p.integer().default(0),
    repeated: p.integer().default(0),
    unclaimedItems: p.integer().default(0),
    unclaimedBytes: p.bigint('number').default(0),
    inspected: p.integer().default(0),
    added: p.integer().default(0),
    changed: p.integer().default(0),
    gone: p.integer().default(0),
    failureCode: p.string().strictNullable(),
    failureReason: p.text().strictNullable(),
  }),
  uniques: [{ properties: ['migrationId', 'number'] }],
});
export type SurveyRun = InferEntity<typeof SurveyRun>;

/** What a survey found in one dataset. */
export const SurveyDataset = defineEntity({
  name: 'SurveyDataset',
  properties: (p) => ({
    surveyId: p.string().primary(),
    datasetId: p.string().primary(),
    /** The sealed survey it is compared with; null when there is none. */
    before: p.string().strictNullable(),
    survey: p.string().strictNullable(),
    drift: p.string().strictNullable(),
    items: p.integer().default(0),
    bytes: p.bigint('number').default(0),
    added: p.integer().default(0),
    changed: p.integer().default(0),
    gone: p.integer().default(0),
    contents: p.json<Contents>().strictNullable(),
  }),
});
export type SurveyDataset = InferEntity<typeof SurveyDataset>;

/** An item that is not as the survey before found it. */
export const DriftItem = defineEntity({
  name: 'DriftItem',
  properties: (p) => ({
    id: p.string().primary(),
    surveyId: p.string(),
    datasetId: p.string(),
    itemId: p.string(),
    kind: p.string().$type<DriftKind>(),
    path: p.type(PathType).$type<string>(),
    /** Which of size, time and content kind differ. */
    differs: p.json<readonly string[]>(),
  }),
  indexes: [{ properties: ['surveyId', 'id'] }],
});
export type DriftItem = InferEntity<typeof DriftItem>;

/** Something an item holds or points at, by a digest of its key: what is pointed at and held nowhere is missing. */
export const SurveyLink = defineEntity({
  name: 'SurveyLink',
  properties: (p) => ({
    datasetId: p.string().primary(),
    kind: p.string().$type<LinkKind>().primary(),
    key: p.string().primary(),
    side: p.string().$type<'holds' | 'needs'>().primary(),
    itemId: p.string().primary(),
    pass: p.integer(),
  }),
});
export type SurveyLink = InferEntity<typeof SurveyLink>;

/** Items as a survey after the launch found them, beside those that are moving. */
export const LateItem = defineEntity({
  name: 'LateItem',
  properties: itemProperties,
  indexes: [{ properties: ['datasetId', 'path'] }],
});
