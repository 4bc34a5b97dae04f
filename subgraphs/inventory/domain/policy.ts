/** The policy: every tolerance, limit, threshold and window of a migration. No number of these is anywhere else. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Category, Severity } from '../../../kernel/exception.ts';
import { TIERS, type Tier } from '../../../kernel/tier.ts';

export { CATEGORIES, type Category, SEVERITIES, type Severity } from '../../../kernel/exception.ts';

export type Need = 'required' | 'not-required';

/** Complete: what a policy file leaves out is filled from SAFE_DEFAULTS. The shape is schema/policy.v1.json. */
export interface Policy {
  readonly name: string;
  readonly version: number;
  readonly approval: Readonly<Record<'launch' | 'lineage' | 'exclusion' | 'waiver' | 'decision', Need>>;
  readonly transfer: {
    readonly concurrency: number;
    readonly retryLimit: number;
    readonly retryDelayMs: number;
    readonly retryDelayMaxMs: number;
    readonly parcelRecordsMax: number;
    readonly failuresBeforePause: number;
    readonly setAsideBeforePause: number | null;
  };
  readonly readiness: {
    readonly surveyAgeMaxHours: number;
    readonly owner: 'required' | 'optional';
    readonly unclaimedItems: 'visible' | 'blocking';
  };
  readonly validation: {
    readonly concurrency: number;
    readonly retryLimit: number;
    readonly memoryMaxMb: number;
    readonly patientSafetyTypes: readonly string[];
  };
  readonly severities: Readonly<Record<Category, Readonly<Record<Tier, Severity>>>>;
  readonly dueHours: Readonly<Record<Severity, number>>;
  readonly tolerances: Readonly<Record<Tier, { readonly defectRateMax: number }>>;
  readonly gates: { readonly openExceptionsMax: Readonly<Record<Severity, number | null>> };
}

export const SAFE_DEFAULTS: Policy = {
  name: 'safe-defaults',
  version: 1,
  approval: {
    launch: 'not-required',
    lineage: 'not-required',
    exclusion: 'not-required',
    waiver: 'required',
    decision: 'required',
  },
  transfer: {
    concurrency: 4,
    retryLimit: 5,
    retryDelayMs: 200,
    retryDelayMaxMs: 30_000,
    parcelRecordsMax: 100,
    failuresBeforePause: 1,
    setAsideBeforePause: null,
  },
  readiness: { surveyAgeMaxHours: 168, owner: 'required', unclaimedItems: 'visible' },
  validation: {
    concurrency: 4,
    retryLimit: 5,
    memoryMaxMb: 256,
    patientSafetyTypes: ['AllergyIntolerance', 'MedicationRequest', 'MedicationStatement', 'MedicationAdministration'],
  },
  severities: {
    'missing-record': graded('P1', 'P2', 'P2', 'P2'),
    'duplicate-record': graded('P2', 'P2', 'P3', 'P3'),
    truncation: graded('P2', 'P2', 'P3', 'P3'),
    'code-translation-mismatch': graded('P2', 'P2', 'P3', 'P3'),
    'timestamp-shift': graded('P2', 'P2', 'P3', 'P3'),
    'attachment-not-found': graded('P2', 'P2', 'P2', 'P2'),
    'value-mismatch': graded('P1', 'P2', 'P2', 'P2'),
    'digest-mismatch': graded('P1', 'P1', 'P1', 'P1'),
    'schema-invalid': graded('P2', 'P2', 'P3', 'P3'),
    'content-implausible': graded('P3', 'P3', 'P4', 'P4'),
    orphan: graded('P2', 'P2', 'P3', 'P3'),
    unreadable: graded('P2', 'P2', 'P2', 'P2'),
    'conflicting-allergy': graded('P1', 'P1', 'P1', 'P1'),
    'duplicate-patient': graded('P2', 'P2', 'P3', 'P3'),
    'sequence-gap': graded('P2', 'P2', 'P3', 'P3'),
    'unexpected-record': graded('P2', 'P2', 'P3', 'P3'),
  },
  dueHours: { P1: 4, P2: 24, P3: 72, P4: 240 },
  tolerances: {
    'active-clinical': { defectRateMax: 0 },
    'financially-sensitive': { defectRateMax: 0 },
    'historical-searchable': { defectRateMax: 0 },
    'compliance-archive': { defectRateMax: 0 },
  },
  gates: { openExceptionsMax: { P1: 0, P2: 0, P3: null, P4: null } },
};

/** Fills what `given` (a policy that fits schema/policy.v1.json) leaves out; the result says everything. */
export function completePolicy(given: Json): Policy {
  return overlay(SAFE_DEFAULTS as unknown as Json, spreadSeverities(given)) as unknown as Policy;
}

function graded(clinical: Severity, financial: Severity, historical: Severity, archive: Severity) {
  return {
    'active-clinical': clinical,
    'financially-sensitive': financial,
    'historical-searchable': historical,
    'compliance-archive': archive,
  } as const;
}

/** One severity for a category stands for that severity in every tier. */
function spreadSeverities(given: Json): Json {
  const policy = membersOf(given);
  if (policy?.['severities'] === undefined) return given;
  const severities = Object.entries(membersOf(policy['severities']) ?? {}).map(([category, severity]) => [
    category,
    typeof severity === 'string' ? Object.fromEntries(TIERS.map((tier) => [tier, severity])) : severity,
  ]);
  return { ...policy, severities: Object.fromEntries(severities) as Json };
}

/** What is above covers what is below, member by member; lists and scalars are covered whole. */
function overlay(below: Json, above: Json): Json {
  const [under, over] = [membersOf(below), membersOf(above)];
  if (under === undefined || over === undefined) return above;
  const covered: Record<string, Json> = {};
  for (const [key, value] of Object.entries(under)) {
    const cover = over[key];
    if (value !== undefined) covered[key] = cover === undefined ? value : overlay(value, cover);
  }
  return covered;
}

function membersOf(value: Json | undefined): { readonly [key: string]: Json | undefined } | undefined {
  const isMembers = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMembers ? (value as { readonly [key: string]: Json | undefined }) : undefined;
}
