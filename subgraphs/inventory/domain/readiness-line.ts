/** One line of the readiness gate: a requirement, whether it is met, and what is in the way. */

export interface Problem {
  readonly code: string;
  /** What happened and what would help; never patient data, never a secret. */
  readonly reason: string;
}

export interface ReadinessLine {
  /** The id in docs/requirements.md. */
  readonly requirement: string;
  readonly line: string;
  readonly ok: boolean;
  /** The code of what is in the way, when it has one. */
  readonly code: string | null;
  /** Why not, and what would help; on a line that is fulfilled, what is worth knowing. */
  readonly reason: string | null;
  /** When a fulfilled line stops being true by itself, RFC 3339; null when it does not. */
  readonly until: string | null;
}

export function yes(
  requirement: string,
  line: string,
  reason: string | null = null,
  until: Date | null = null,
): ReadinessLine {
  return { requirement, line, ok: true, code: null, reason, until: until?.toISOString() ?? null };
}

export function no(requirement: string, line: string, code: string, reason: string): ReadinessLine {
  return { requirement, line, ok: false, code, reason, until: null };
}

export function blocked(requirement: string, line: string, problem: Problem): ReadinessLine {
  return no(requirement, line, problem.code, problem.reason);
}
