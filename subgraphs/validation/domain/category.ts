/** The categories of exceptions and their severity: the policy's, never less than patient safety asks for. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { type AcceptanceRules, NOBODY_SIGNS } from '../../../kernel/acceptance.ts';
import type { Category, Severity } from '../../../kernel/exception.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { AssignmentRule } from './assignment.ts';
import type { SamplingPolicy } from './sampling/draw-plan.ts';

export { CATEGORIES, type Category, SEVERITIES, type Severity } from '../../../kernel/exception.ts';

/** What validation asks of the sealed policy (schema/policy.v1.json), which is always complete. */
export interface ValidationPolicy {
  readonly severities: Readonly<Record<Category, Readonly<Record<Tier, Severity>>>>;
  readonly dueHours: Readonly<Record<Severity, number>>;
  readonly validation: {
    readonly concurrency: number;
    readonly memoryMaxMb: number;
    readonly patientSafetyTypes: readonly string[];
    /** Absent in policies that were sealed before it could be said, as is the next. */
    readonly samePersonProbabilityMin?: number;
    /** By element, `Patient.name.family`. */
    readonly lengthMax?: Readonly<Record<string, number>>;
    /** Absent in policies that were sealed before they could be said. */
    readonly assignments?: readonly AssignmentRule[];
  };
  readonly approval: { readonly waiver: 'required' | 'not-required' };
  readonly tolerances: Readonly<Record<Tier, { readonly defectRateMax: number }>>;
  readonly acceptance: { readonly roles: AcceptanceRules };
  /** Null in policies sealed before there was any: then everything is looked at. */
  readonly sampling: SamplingPolicy | null;
}

export function policyOf(sealed: Json): ValidationPolicy {
  const before = { sampling: null, acceptance: { roles: NOBODY_SIGNS } };
  return { ...before, ...(sealed as object) } as unknown as ValidationPolicy;
}

/** Whose identity is wrong, or who is allergic to what: these are patient safety wherever care is given. */
const SAFETY_CATEGORIES: readonly Category[] = ['conflicting-allergy', 'duplicate-patient'];
const IDENTITY_TYPE = 'Patient';
const LOST_OR_DOUBLED: readonly Category[] = ['missing-record', 'duplicate-record'];

/** A lost or doubled allergy or medication is P1 in every tier; anything wrong with one, or with identity, in care. */
export function severityOf(
  subject: { readonly category: Category; readonly tier: Tier; readonly recordType: string | null },
  policy: ValidationPolicy,
): Severity {
  const { category, tier, recordType } = subject;
  // A number of the same value in fewer digits: as grave as the policy says, wherever it stands.
  if (category === 'precision-loss') return policy.severities[category][tier];
  const isSafetyType = recordType !== null && policy.validation.patientSafetyTypes.includes(recordType);
  if (isSafetyType && LOST_OR_DOUBLED.includes(category)) return 'P1';
  const isSafety = isSafetyType || recordType === IDENTITY_TYPE || SAFETY_CATEGORIES.includes(category);
  if (tier === 'active-clinical' && isSafety) return 'P1';
  return policy.severities[category][tier];
}

const HOUR_MS = 3_600_000;

export function dueAt(severity: Severity, raisedAt: Date, policy: ValidationPolicy): Date {
  return new Date(raisedAt.getTime() + policy.dueHours[severity] * HOUR_MS);
}
