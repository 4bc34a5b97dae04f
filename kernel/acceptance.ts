/** Who accepts what arrived, after having used it: the operational roles that sign a migration off. */
export const ACCEPTANCE_ROLES = ['nursing', 'medical', 'him', 'billing', 'analytics', 'interfaces'] as const;
export type AcceptanceRole = (typeof ACCEPTANCE_ROLES)[number];

/** What a policy asks of a role (schema/policy.v1.json, acceptance.roles). */
export interface AcceptanceRule {
  readonly signOff: 'required' | 'optional';
  /** Ids of the people who may sign for the role; nobody named: every reviewer. */
  readonly signers: readonly string[];
  /** The datasets the role signs for; none named: all. */
  readonly datasets: readonly string[];
  /** How many people have to walk every step of the role's script after the items moved before it may accept. */
  readonly testersMin?: number;
  /** In how many different hours of one day its script has to have been walked before that: a shift, not a minute. */
  readonly shiftHours?: number;
}

export type AcceptanceRules = Readonly<Record<AcceptanceRole, AcceptanceRule>>;

const NOBODY: AcceptanceRule = { signOff: 'optional', signers: [], datasets: [], testersMin: 0, shiftHours: 0 };

export const NOBODY_SIGNS: AcceptanceRules = {
  nursing: NOBODY,
  medical: NOBODY,
  him: NOBODY,
  billing: NOBODY,
  analytics: NOBODY,
  interfaces: NOBODY,
};

/** Policies that were sealed before there was a role say nothing of it. */
export function everyRole(sealed: Partial<AcceptanceRules> | undefined): AcceptanceRules {
  return { ...NOBODY_SIGNS, ...sealed };
}
