/** Who accepts what arrived, after having used it: the operational roles that sign a migration off. */
export const ACCEPTANCE_ROLES = ['nursing', 'medical', 'him', 'billing', 'analytics'] as const;
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
}

export type AcceptanceRules = Readonly<Record<AcceptanceRole, AcceptanceRule>>;

export const NOBODY_SIGNS: AcceptanceRules = {
  nursing: { signOff: 'optional', signers: [], datasets: [], testersMin: 0 },
  medical: { signOff: 'optional', signers: [], datasets: [], testersMin: 0 },
  him: { signOff: 'optional', signers: [], datasets: [], testersMin: 0 },
  billing: { signOff: 'optional', signers: [], datasets: [], testersMin: 0 },
  analytics: { signOff: 'optional', signers: [], datasets: [], testersMin: 0 },
};
