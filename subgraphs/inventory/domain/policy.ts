/** The policy: every tolerance, limit, threshold and window of a migration. No number of these is anywhere else. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { type AcceptanceRules, NOBODY_SIGNS } from '../../../kernel/acceptance.ts';
import { type BandwidthRules, NO_CAPS } from '../../../kernel/bandwidth.ts';
import type { Category, Severity } from '../../../kernel/exception.ts';
import { TIERS, type Tier } from '../../../kernel/tier.ts';
import type { AcceptedRisk } from './accepted-risk.ts';
import type { InspectionScope } from './survey.ts';

export { CATEGORIES, type Category, SEVERITIES, type Severity } from '../../../kernel/exception.ts';

export type Need = 'required' | 'not-required';
/** Whether it is asked for. What is there is judged in any case. */
export type Wanted = 'required' | 'optional';

/** What a migration can be asked to have before it starts; see domain/readiness-programme.ts. */
export const WANTED = [
  'owner',
  'lossReport',
  'domain',
  'retention',
  'legalHold',
  'risks',
  'acceptance',
  'consumers',
  'stakeholders',
  'backup',
  'accessReview',
  'credentialRotation',
  'ownCredentials',
] as const;
export type WantedFact = (typeof WANTED)[number];

/** Complete: what a policy file leaves out is filled from SAFE_DEFAULTS. The shape is schema/policy.v1.json. */
export interface Policy {
  readonly name: string;
  readonly version: number;
  readonly approval: Readonly<
    Record<'policy' | 'launch' | 'lineage' | 'exclusion' | 'waiver' | 'decision' | 'bandwidth', Need>
  >;
  readonly transfer: {
    readonly concurrency: number;
    readonly retryLimit: number;
    readonly retryDelayMs: number;
    readonly retryDelayMaxMs: number;
    readonly parcelRecordsMax: number;
    readonly failuresBeforePause: number;
    readonly setAsideBeforePause: number | null;
    /** When a dataset that others depend on has ended for them, well or with exceptions. */
    readonly dependencyEnds: 'reconciled' | 'moved';
    /** Caps on what batches read and write, by the hours of a zone. */
    readonly bandwidth: BandwidthRules;
  };
  readonly readiness: Readonly<Record<WantedFact, Wanted>> & {
    readonly surveyAgeMaxHours: number;
    readonly backupAgeMaxHours: number;
    readonly accessReviewAgeMaxDays: number;
    readonly credentialAgeMaxDays: number;
    readonly certificateMarginDays: number;
    readonly certificateHorizonsDays: readonly number[];
    readonly unclaimedItems: 'visible' | 'blocking';
  };
  /** How many items a survey opens to see what they hold. */
  readonly survey: { readonly inspect: InspectionScope };
  readonly validation: {
    readonly concurrency: number;
    readonly retryLimit: number;
    readonly memoryMaxMb: number;
    readonly patientSafetyTypes: readonly string[];
    /** From which probability two charts are said to be of one person. */
    readonly samePersonProbabilityMin: number;
    /** From when on a feed that comes regularly is said to have fallen silent. */
    readonly silence: {
      readonly feedDaysMin: number;
      readonly usualStepShare: number;
      readonly silentDaysMin: number;
      readonly silentStepsMin: number;
    };
    /** The most characters the target keeps, by element: `Patient.name.family`. */
    readonly lengthMax: Readonly<Record<string, number>>;
    /** What the number of the patient stands behind in the head of a text document: `MRN:`. */
    readonly patientLabels: readonly string[];
    /**
     * How many charts are opened at each target as a clinician opens them, of patients of whom a dataset of the tier
     * holds something; and of high-risk patients all, up to a limit.
     */
    readonly charts: Readonly<Record<Tier | 'highRiskMax', number>>;
    /** Who answers for an exception from the moment it is raised: the first rule that fits. */
    readonly assignments: readonly {
      readonly category?: Category;
      readonly dataset?: string;
      readonly severity?: Severity;
      readonly owner: string;
    }[];
  };
  /** What is looked at in depth; anything but all of it needs a risk model, and a risk model a second person. */
  readonly sampling: {
    readonly riskModel: { readonly title: string; readonly reference: string; readonly rationale: string } | null;
    readonly tiers: Readonly<Record<Tier, TierSampling>>;
    readonly highRisk: readonly string[];
    /** Risks that are deliberately not covered; a policy that has one needs a second person. */
    readonly leftOut: readonly { readonly risk: string; readonly reason: string; readonly reference: string }[];
    readonly spotChecks: { readonly findings: 'drawn' | 'left'; readonly fenceFactor: number | null };
  };
  /** Older algorithms that a way in may speak for a time; a policy that has one needs a second person. */
  readonly acceptedRisks: readonly AcceptedRisk[];
  readonly severities: Readonly<Record<Category, Readonly<Record<Tier, Severity>>>>;
  readonly dueHours: Readonly<Record<Severity, number>>;
  readonly tolerances: Readonly<Record<Tier, { readonly defectRateMax: number }>>;
  readonly gates: {
    readonly openExceptionsMax: Readonly<Record<Severity, number | null>>;
    readonly neglectedExceptionsMax: Readonly<Record<'unowned' | 'overdue', number | null>>;
  };
  /** Who signs off what arrived, before a cutover. */
  readonly acceptance: { readonly roles: AcceptanceRules };
}

export interface TierSampling {
  readonly draw: 'all' | 'sample';
  readonly confidence: number;
  readonly tolerableRate: number;
  readonly acceptanceNumber: number;
  readonly minimumShare: number;
}

export const SAFE_DEFAULTS: Policy = {
  name: 'safe-defaults',
  version: 1,
  approval: {
    policy: 'not-required',
    launch: 'not-required',
    lineage: 'not-required',
    exclusion: 'not-required',
    waiver: 'required',
    decision: 'required',
    bandwidth: 'not-required',
  },
  transfer: {
    concurrency: 4,
    retryLimit: 5,
    retryDelayMs: 200,
    retryDelayMaxMs: 30_000,
    parcelRecordsMax: 100,
    failuresBeforePause: 1,
    setAsideBeforePause: null,
    dependencyEnds: 'reconciled',
    bandwidth: NO_CAPS,
  },
  readiness: {
    surveyAgeMaxHours: 168,
    backupAgeMaxHours: 72,
    accessReviewAgeMaxDays: 90,
    credentialAgeMaxDays: 30,
    certificateMarginDays: 7,
    certificateHorizonsDays: [30, 14, 7],
    unclaimedItems: 'visible',
    owner: 'required',
    lossReport: 'optional',
    domain: 'optional',
    retention: 'optional',
    legalHold: 'optional',
    risks: 'optional',
    acceptance: 'optional',
    consumers: 'optional',
    stakeholders: 'optional',
    backup: 'optional',
    accessReview: 'optional',
    credentialRotation: 'optional',
    ownCredentials: 'optional',
  },
  survey: { inspect: 'all' },
  validation: {
    concurrency: 4,
    retryLimit: 5,
    memoryMaxMb: 256,
    patientSafetyTypes: ['AllergyIntolerance', 'MedicationRequest', 'MedicationStatement', 'MedicationAdministration'],
    samePersonProbabilityMin: 0.95,
    silence: { feedDaysMin: 20, usualStepShare: 0.9, silentDaysMin: 4, silentStepsMin: 3 },
    lengthMax: {},
    patientLabels: [],
    charts: { ...ofEveryTier(50), highRiskMax: 1_000 },
    assignments: [],
  },
  sampling: {
    riskModel: null,
    tiers: {
      'active-clinical': looked('all', 0.99, 0.001, 0.95),
      'financially-sensitive': looked('all', 0.99, 0.005, 0),
      'historical-searchable': looked('all', 0.95, 0.01, 0),
      'compliance-archive': looked('all', 0.95, 0.01, 0),
    },
    highRisk: [],
    leftOut: [],
    spotChecks: { findings: 'drawn', fenceFactor: 3 },
  },
  acceptedRisks: [],
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
    'precision-loss': graded('P4', 'P4', 'P4', 'P4'),
    'incomplete-chart': graded('P2', 'P2', 'P3', 'P3'),
    'wrong-patient': graded('P1', 'P1', 'P1', 'P1'),
    'workflow-failed': graded('P1', 'P2', 'P2', 'P2'),
  },
  dueHours: { P1: 4, P2: 24, P3: 72, P4: 240 },
  tolerances: {
    'active-clinical': { defectRateMax: 0 },
    'financially-sensitive': { defectRateMax: 0 },
    'historical-searchable': { defectRateMax: 0 },
    'compliance-archive': { defectRateMax: 0 },
  },
  gates: {
    openExceptionsMax: { P1: 0, P2: 0, P3: null, P4: null },
    neglectedExceptionsMax: { unowned: 0, overdue: 0 },
  },
  acceptance: { roles: NOBODY_SIGNS },
};

/** Fills what `given` (a policy that fits schema/policy.v1.json) leaves out; the result says everything. */
export function completePolicy(given: Json): Policy {
  return overlay(SAFE_DEFAULTS as unknown as Json, spreadCharts(spreadSeverities(given))) as unknown as Policy;
}

function looked(draw: TierSampling['draw'], confidence: number, tolerableRate: number, minimumShare: number) {
  return { draw, confidence, tolerableRate, acceptanceNumber: 0, minimumShare } as const;
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

/** One number of charts stands for that number in every tier; none is none of high risk either. */
function spreadCharts(given: Json): Json {
  const policy = membersOf(given);
  const validation = membersOf(policy?.['validation']);
  const charts = validation?.['charts'];
  if (typeof charts !== 'number') return given;
  const spread = { ...ofEveryTier(charts), ...(charts === 0 && { highRiskMax: 0 }) };
  return { ...policy, validation: { ...validation, charts: spread } };
}

function ofEveryTier(count: number): Readonly<Record<Tier, number>> {
  return Object.fromEntries(TIERS.map((tier) => [tier, count])) as Record<Tier, number>;
}

/** What is above covers what is below, member by member; lists, scalars and maps open to any name are covered whole. */
function overlay(below: Json, above: Json): Json {
  const [under, over] = [membersOf(below), membersOf(above)];
  if (under === undefined || over === undefined || Object.keys(under).length === 0) return above;
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
