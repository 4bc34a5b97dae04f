/**
 * Older algorithms that a way in may still speak. The settings of the endpoint say which and until when, and its
 * connector offers them no longer than that; the policy says who took the risk and why, and needs a second person.
 */
import type { Settings } from './endpoint.ts';
import { readInstant } from './instant.ts';
import type { Problem } from './readiness-line.ts';
import type { ApprovalState } from './two-person-approval.ts';

/** What a policy accepts for one endpoint. */
export interface AcceptedRisk {
  /** The label of the endpoint: `source`, `target`, `target of lab-results`. */
  readonly endpoint: string;
  readonly algorithm: string;
  /** RFC 3339, with its offset. */
  readonly until: string;
  readonly reason: string;
  /** Where it stands in the register of risks. */
  readonly reference: string;
}

/** The setting `olderAlgorithms` of a connector that has it. */
interface OlderAlgorithms {
  readonly allowed: readonly string[];
  /** RFC 3339, UTC. */
  readonly until: string;
}

/** Undefined where none is asked for, and where the setting is not what it should be, which its connector refuses. */
export function olderAlgorithmsOf({ olderAlgorithms }: Settings): OlderAlgorithms | undefined {
  if (typeof olderAlgorithms !== 'object' || olderAlgorithms === null || Array.isArray(olderAlgorithms))
    return undefined;
  const { allowed, until } = olderAlgorithms as Settings;
  const end = typeof until === 'string' ? readInstant(until) : undefined;
  if (!Array.isArray(allowed) || end === undefined) return undefined;
  return { allowed: allowed.filter((each) => typeof each === 'string'), until: end.toISOString() };
}

export interface Asking {
  /** The label of the endpoint. */
  readonly label: string;
  readonly config: Settings;
}

/** Why the endpoint may not be spoken with: RISK_NOT_ACCEPTED or RISK_EXPIRED; undefined when it may. */
export function riskProblem(
  { label, config }: Asking,
  accepted: readonly AcceptedRisk[],
  approval: ApprovalState,
  now: Date,
): Problem | undefined {
  const older = olderAlgorithmsOf(config);
  if (older === undefined) return undefined;
  const open = older.allowed.filter((algorithm) => !isAccepted(accepted, { label, algorithm }, older.until));
  if (open.length > 0) {
    const what = `nobody accepted the risk of ${open.join(', ')} at the ${label} until ${older.until}`;
    const remedy = 'add it to acceptedRisks of the policy, or take it out of olderAlgorithms';
    return { code: 'RISK_NOT_ACCEPTED', reason: `${what}; ${remedy}` };
  }
  if (approval !== 'approved') {
    const what = `the policy accepts ${older.allowed.join(', ')} at the ${label}, and no second person has approved it`;
    return { code: 'RISK_NOT_ACCEPTED', reason: `${what}; propose the policy and have it approved` };
  }
  if (Date.parse(older.until) > now.getTime()) return undefined;
  const reason = `${older.allowed.join(', ')} was accepted at the ${label} until ${older.until}`;
  return { code: 'RISK_EXPIRED', reason: `${reason}; have the server renewed, or the risk accepted anew` };
}

function isAccepted(
  accepted: readonly AcceptedRisk[],
  { label, algorithm }: { readonly label: string; readonly algorithm: string },
  until: string,
): boolean {
  return accepted.some(
    (risk) => risk.endpoint === label && risk.algorithm === algorithm && Date.parse(risk.until) >= Date.parse(until),
  );
}
