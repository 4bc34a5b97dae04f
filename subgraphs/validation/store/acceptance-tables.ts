/** The tables of what people did with what arrived: steps they went through, and signatures. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { AcceptanceRole } from '../../../kernel/acceptance.ts';
import type { AcceptanceDecision } from '../domain/acceptance.ts';
import type { StepFinding } from '../domain/script.ts';

/** A step of a script that somebody went through with a real record. */
export const WalkRow = defineEntity({
  name: 'Walk',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string(),
    /** Counts by one within the migration. */
    number: p.integer(),
    role: p.string().$type<AcceptanceRole>(),
    scriptId: p.string(),
    stepId: p.string(),
    finding: p.string().$type<StepFinding>().nullable(),
    screen: p.text(),
    action: p.text(),
    expected: p.text(),
    seen: p.text(),
    datasetId: p.string(),
    itemId: p.string(),
    recordType: p.string(),
    sourceId: p.text(),
    exceptionId: p.string().nullable(),
    walkedBy: p.text(),
    walkedAt: p.string(),
  }),
  uniques: [{ properties: ['migrationId', 'number'] }],
});
export type WalkRow = InferEntity<typeof WalkRow>;

/** What somebody of a role signed, on which report. */
export const SignOffRow = defineEntity({
  name: 'SignOff',
  properties: (p) => ({
    id: p.string().primary(),
    migrationId: p.string(),
    /** Counts by one within the migration. */
    number: p.integer(),
    role: p.string().$type<AcceptanceRole>(),
    decision: p.string().$type<AcceptanceDecision>(),
    meaning: p.text(),
    report: p.string(),
    signedBy: p.text(),
    signedAt: p.string(),
  }),
  uniques: [{ properties: ['migrationId', 'number'] }],
});
export type SignOffRow = InferEntity<typeof SignOffRow>;
