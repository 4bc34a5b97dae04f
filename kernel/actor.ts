/** Who acts: a person, a service account or a connector, with the roles it holds. */

export const ROLES = ['operator', 'approver', 'reviewer', 'auditor', 'executive', 'service'] as const;
export type Role = (typeof ROLES)[number];

export interface Actor {
  readonly type: 'user' | 'service' | 'connector';
  /** Unique and stable; the same human has one id. */
  readonly id: string;
  readonly roles: readonly Role[];
}

/** Waybill itself, acting on a decision already recorded. */
export function serviceActor(name: string): Actor {
  return { type: 'service', id: `service:${name}`, roles: ['service'] };
}

export function hasRole(actor: Actor, ...any: readonly Role[]): boolean {
  return actor.roles.some((role) => any.includes(role));
}
