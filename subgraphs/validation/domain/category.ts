/** The categories of exceptions and their severity: the policy's, never less than patient safety asks for. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { BandwidthRules } from '../../../kernel/bandwidth.ts';
import { type AcceptanceRules, everyRole } from '../../../kernel/acceptance.ts';
import type { Category, Severity } from '../../../kernel/exception.ts';
import { type Tier, TIERS } from '../../../kernel/tier.ts';
import type { AssignmentRule } from './assignment.ts';
import type { SamplingPolicy } from './sampling/draw-plan.ts';

export { CATEGORIES, type Category, SEVERITIES, type Severity } from '../../../kernel/exception.ts';

/** From when on a silence is told; the policy says it (`validation.silence`). */
export interface SilenceRule {
  /** A type of message that came at fewer steps from day to day has no rhythm. */
  readonly feedDaysMin: number;
  /** The step between two days of the feed that at least this share of its steps keeps to is its usual one. */
  readonly usualStepShare: number;
  /** A silence is at least so many days from one message to the next. */
  readonly silentDaysMin: number;
  /** And so many usual steps, and one more for each factor of ten in the number of steps. */
  readonly silentStepsMin: number;
}

/** Of patients of whom a dataset of the tier holds something; and the most of high risk. */
export type ChartsByTier = Readonly<Record<Tier | 'highRiskMax', number>>;

/** Policies that were sealed before they could say it open none. */
export function chartsOf({ validation: { charts = 0 } }: ValidationPolicy): ChartsByTier {
  if (typeof charts !== 'number') return charts;
  const tiers = Object.fromEntries(TIERS.map((tier) => [tier, charts])) as Record<Tier, number>;
  return { ...tiers, highRiskMax: 0 };
}

/** What validation asks of the sealed policy (schema/policy.v1.json), which is always complete. */
export interface ValidationPolicy {
  readonly severities: Readonly<Partial<Record<Category, Readonly<Record<Tier, Severity>>>>>;
  readonly dueHours: Readonly<Record<Severity, number>>;
  readonly validation: {
    readonly concurrency: number;
    readonly memoryMaxMb: number;
    readonly patientSafetyTypes: readonly string[];
    /** Absent in policies that were sealed before it could be said, as are the next two. */
    readonly samePersonProbabilityMin?: number;
    readonly silence?: SilenceRule;
    /** What the number of the patient stands behind in the head of a text: `MRN:`. */
    readonly patientLabels?: readonly string[];
    /** How many charts are opened at each target; one number in policies that were sealed before there were tiers. */
    readonly charts?: number | ChartsByTier;
    /** By element, `Patient.name.family`. */
    readonly lengthMax?: Readonly<Record<string, number>>;
    /** Absent in policies that were sealed before they could be said. */
    readonly assignments?: readonly AssignmentRule[];
  };
  /** Absent in policies that were sealed before there were caps. */
  readonly transfer?: { readonly bandwidth?: BandwidthRules };
  readonly approval: { readonly waiver: 'required' | 'not-required' };
  readonly tolerances: Readonly<Record<Tier, { readonly defectRateMax: number }>>;
  readonly acceptance: { readonly roles: AcceptanceRules };
  /** Null in policies sealed before there was any: then everything is looked at. */
  readonly sampling: SamplingPolicy | null;
}

/** What columns may take, and what sets it: the limits of runtime/columnar.ts without a directory. */
export function memoryOf({ validation }: ValidationPolicy): { readonly memoryMaxMb: number; readonly setBy: string } {
  return { memoryMaxMb: validation.memoryMaxMb, setBy: 'validation.memoryMaxMb of the policy' };
}

export function policyOf(sealed: Json): ValidationPolicy {
  const { sampling = null, acceptance, ...rest } = sealed as unknown as Partial<ValidationPolicy>;
  return { ...rest, sampling, acceptance: { roles: everyRole(acceptance?.roles) } } as ValidationPolicy;
}

/** Whose identity is wrong, or who is allergic to what: these are patient safety wherever care is given. */
const SAFETY_CATEGORIES: readonly Category[] = ['conflicting-allergy', 'duplicate-patient', 'wrong-patient'];
const IDENTITY_TYPE = 'Patient';
/**
 * A number of the same value in fewer digits, wherever it stands; and a chart whose patient is sound, while what it
 * lacks is told by itself.
 */
const AS_THE_POLICY_SAYS: readonly Category[] = ['precision-loss', 'incomplete-chart', 'workflow-failed'];
const LOST_OR_DOUBLED: readonly Category[] = ['missing-record', 'duplicate-record'];

/** A lost or doubled allergy or medication is P1 in every tier; anything wrong with one, or with identity, in care. */
export function severityOf(
  subject: { readonly category: Category; readonly tier: Tier; readonly recordType: string | null },
  policy: ValidationPolicy,
): Severity {
  const { category, tier, recordType } = subject;
  if (AS_THE_POLICY_SAYS.includes(category)) return gradeOf(category, tier, policy);
  const isSafetyType = recordType !== null && policy.validation.patientSafetyTypes.includes(recordType);
  if (isSafetyType && LOST_OR_DOUBLED.includes(category)) return 'P1';
  const isSafety = isSafetyType || recordType === IDENTITY_TYPE || SAFETY_CATEGORIES.includes(category);
  if (tier === 'active-clinical' && isSafety) return 'P1';
  return gradeOf(category, tier, policy);
}

/** A policy that was sealed before there was the category says nothing of it. */
function gradeOf(category: Category, tier: Tier, { severities }: ValidationPolicy): Severity {
  return severities[category]?.[tier] ?? 'P2';
}

const HOUR_MS = 3_600_000;

export function dueAt(severity: Severity, raisedAt: Date, policy: ValidationPolicy): Date {
  return new Date(raisedAt.getTime() + policy.dueHours[severity] * HOUR_MS);
}
