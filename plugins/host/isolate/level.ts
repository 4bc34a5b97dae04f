/** How far a third-party connector is kept apart, from the weakest on. */

/** A process with Node's permission model; one that also has namespaces and a filter of system calls around it. */
export const ISOLATION_LEVELS = ['child-process', 'namespaces'] as const;
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

export function isAtLeast(level: IsolationLevel, least: IsolationLevel): boolean {
  return ISOLATION_LEVELS.indexOf(level) >= ISOLATION_LEVELS.indexOf(least);
}
