/** The gates of a cutover: what was measured, what is required, and whether the one meets the other. */
import { ACCEPTANCE_ROLES, type AcceptanceRole, type AcceptanceRules, everyRole } from '../../../kernel/acceptance.ts';
import type { DispositionCounts } from '../../../kernel/disposition.ts';
import type { Tier } from '../../../kernel/tier.ts';

export const GATE_STATES = ['passed', 'at-risk', 'failed', 'unknown'] as const;
export type GateState = (typeof GATE_STATES)[number];

export const GATES = [
  'survey-complete',
  'transfer-complete',
  'digests-agree',
  'records-reconciled',
  'exceptions-closed',
  'accepted-by-roles',
  'evidence-sealed',
] as const;
export type GateName = (typeof GATES)[number];

export interface Gate {
  readonly name: GateName;
  readonly state: GateState;
  /** In words, with counts; never patient data. */
  readonly measured: string;
  readonly required: string;
}

export interface RecordCounts {
  readonly source: number;
  readonly target: number;
  readonly matched: number;
  readonly differs: number;
  readonly missingOnTarget: number;
  readonly missingOnSource: number;
  readonly unreadable: number;
  readonly duplicates: number;
  /** Not looked into: what is wrong is wrong among the others. Absent: none. */
  readonly notDrawn?: number;
  /** Acknowledged by a receiver that cannot be read back: neither matched nor defects. Absent: none. */
  readonly acknowledged?: number;
  /** Earlier versions of records: no defects. Absent: none. */
  readonly superseded?: number;
}

export interface BatchFacts {
  readonly tier: Tier;
  readonly isPaused: boolean;
  readonly isMoved: boolean;
  /** Null until the batch is reconciled. */
  readonly dispositions: DispositionCounts | null;
  readonly records: RecordCounts | null;
}

export const SEVERITIES = ['P1', 'P2', 'P3', 'P4'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const NEGLECTS = ['unowned', 'overdue'] as const;
export type Neglect = (typeof NEGLECTS)[number];

export interface CutoverFacts {
  readonly datasets: { readonly planned: number; readonly surveyed: number };
  readonly isSurveyed: boolean;
  readonly batches: readonly BatchFacts[];
  /** Relationships over all batches were looked at too. */
  readonly isReconciled: boolean;
  readonly openExceptions: Readonly<Record<Severity, number>>;
  readonly openDigestMismatches: number;
  /** Open exceptions that nobody answers for, and that are late. */
  readonly neglected: Readonly<Record<Neglect, number>>;
  /** The newest signature of each role. */
  readonly acceptances: readonly Acceptance[];
  readonly evidence: 'none' | 'outdated' | 'sealed';
}

export interface Acceptance {
  readonly role: AcceptanceRole;
  /** Outdated: signed on a report that is not the newest. */
  readonly state: 'accepted' | 'rejected' | 'outdated';
}

/** What the sealed policy (schema/policy.v1.json) asks of the gates. */
export interface GatePolicy {
  readonly tolerances: Readonly<Record<Tier, { readonly defectRateMax: number }>>;
  readonly gates: {
    readonly openExceptionsMax: Readonly<Record<Severity, number | null>>;
    /** Absent in policies that were sealed before it could be said: then any number. */
    readonly neglectedExceptionsMax?: Readonly<Record<Neglect, number | null>>;
  };
  /** Absent in what was declared before roles signed. */
  readonly acceptance?: { readonly roles: AcceptanceRules } | undefined;
}

type Judged = Pick<Gate, 'state' | 'measured' | 'required'>;

/** Every gate, in the order in which a migration passes them. The same facts always give the same gates. */
export function evaluateGates(facts: CutoverFacts, policy: GatePolicy): readonly Gate[] {
  const rules: Readonly<Record<GateName, (facts: CutoverFacts, policy: GatePolicy) => Judged>> = {
    'survey-complete': surveyGate,
    'transfer-complete': transferGate,
    'digests-agree': digestGate,
    'records-reconciled': recordGate,
    'exceptions-closed': exceptionGate,
    'accepted-by-roles': acceptanceGate,
    'evidence-sealed': evidenceGate,
  };
  return GATES.map((name) => ({ name, ...rules[name](facts, policy) }));
}

function surveyGate({ datasets, isSurveyed }: CutoverFacts): Judged {
  const measured = `${datasets.surveyed} of ${datasets.planned} datasets surveyed`;
  const isWhole = isSurveyed && datasets.planned > 0 && datasets.surveyed >= datasets.planned;
  return { state: isWhole ? 'passed' : 'unknown', measured, required: 'every dataset surveyed' };
}

function transferGate({ batches, datasets, isReconciled }: CutoverFacts): Judged {
  const moved = batches.filter(({ isMoved }) => isMoved).length;
  const reconciled = batches.filter(({ dispositions }) => dispositions !== null).length;
  const paused = batches.filter(({ isPaused }) => isPaused).length;
  const measured = `${moved} of ${batches.length} batches moved, ${reconciled} reconciled, ${paused} paused`;
  const required = 'every planned batch moved and reconciled';
  if (paused > 0) return { state: 'at-risk', measured, required };
  const isWhole = datasets.planned > 0 && batches.length >= datasets.planned && reconciled === batches.length;
  return { state: isWhole && isReconciled ? 'passed' : 'unknown', measured, required };
}

function digestGate({ batches, openDigestMismatches }: CutoverFacts): Judged {
  const { verified, acknowledged, failed } = sumDispositions(batches);
  const unseen = acknowledged === 0 ? '' : `${acknowledged} only acknowledged by their receiver, `;
  const measured = `${verified} items verified, ${unseen}${failed} failed, ${openDigestMismatches} digests differ`;
  const required = 'no item failed, and no digest differs';
  if (openDigestMismatches > 0 || failed > 0) return { state: 'failed', measured, required };
  // Nobody can say that their bytes agree; whoever decides has to see that.
  if (acknowledged > 0) return { state: 'at-risk', measured, required };
  return { state: areReconciled(batches) ? 'passed' : 'unknown', measured, required };
}

function recordGate({ batches }: CutoverFacts, policy: GatePolicy): Judged {
  const worst = batches.filter((batch) => defectRate(batch) > policy.tolerances[batch.tier].defectRateMax).length;
  const defects = batches.reduce((sum, { records }) => sum + (records === null ? 0 : defectsOf(records)), 0);
  const source = batches.reduce((sum, { records }) => sum + (records?.source ?? 0), 0);
  const measured = `${defects} defects in ${source} records, ${worst} batches beyond their tolerance`;
  const required = 'every batch within the tolerance of its tier';
  if (worst > 0) return { state: 'failed', measured, required };
  if (!areReconciled(batches)) return { state: 'unknown', measured, required };
  return { state: defects > 0 ? 'at-risk' : 'passed', measured, required };
}

/** Too many open is a failure; one that is left lying, however small, is a risk that has to be seen. */
function exceptionGate({ batches, openExceptions, neglected }: CutoverFacts, policy: GatePolicy): Judged {
  const { openExceptionsMax, neglectedExceptionsMax } = policy.gates;
  const open = limitsOf(SEVERITIES, openExceptions, openExceptionsMax);
  const left = limitsOf(NEGLECTS, neglected, neglectedExceptionsMax ?? { unowned: null, overdue: null });
  const counts = [...SEVERITIES.map((each) => [each, openExceptions[each]] as const)];
  const lying = NEGLECTS.filter((each) => neglected[each] > 0).map((each) => [each, neglected[each]] as const);
  const measured = [...counts, ...lying].map(([name, count]) => `${name} ${count}`).join(', ');
  const required = `open at most ${[...open, ...left].map(({ text }) => text).join(', ') || 'any number'}`;
  if (open.some(({ isBeyond }) => isBeyond)) return { state: 'failed', measured, required };
  if (left.some(({ isBeyond }) => isBeyond)) return { state: 'at-risk', measured, required };
  return { state: areReconciled(batches) ? 'passed' : 'unknown', measured, required };
}

function limitsOf<Name extends string>(
  names: readonly Name[],
  counts: Readonly<Record<Name, number>>,
  limits: Readonly<Record<Name, number | null>>,
): readonly { readonly text: string; readonly isBeyond: boolean }[] {
  return names.flatMap((name) => {
    const max = limits[name];
    return max === null ? [] : [{ text: `${name} ${max}`, isBeyond: counts[name] > max }];
  });
}

/** The last layer: people used what arrived, and say so by role. */
function acceptanceGate({ acceptances }: CutoverFacts, policy: GatePolicy): Judged {
  const rules = everyRole(policy.acceptance?.roles);
  const asked = ACCEPTANCE_ROLES.filter((role) => rules[role].signOff === 'required');
  const stateOf = (role: AcceptanceRole) => acceptances.find((each) => each.role === role)?.state ?? 'awaited';
  const measured = asked.map((role) => `${role} ${stateOf(role)}`).join(', ') || 'no role is asked';
  const required = asked.length === 0 ? 'nothing: the policy asks no role' : `accepted by ${asked.join(', ')}`;
  const states = new Set(asked.map(stateOf));
  // A role that was not asked and says no has said it all the same.
  if (acceptances.some(({ state }) => state === 'rejected')) {
    const rejecting = acceptances.filter(({ state }) => state === 'rejected').map(({ role }) => role);
    return { state: 'failed', measured: `${measured}; rejected by ${rejecting.join(', ')}`, required };
  }
  if (states.has('awaited')) return { state: 'unknown', measured, required };
  return { state: states.has('outdated') ? 'at-risk' : 'passed', measured, required };
}

function evidenceGate({ evidence }: CutoverFacts): Judged {
  const required = 'the evidence pack sealed after the last fact';
  switch (evidence) {
    case 'none':
      return { state: 'unknown', measured: 'no evidence pack', required };
    case 'outdated':
      return { state: 'at-risk', measured: 'sealed, and something happened since', required };
    case 'sealed':
      return { state: 'passed', measured: 'sealed', required };
    default:
      return evidence satisfies never;
  }
}

function areReconciled(batches: readonly BatchFacts[]): boolean {
  return batches.length > 0 && batches.every(({ dispositions }) => dispositions !== null);
}

function defectsOf(records: RecordCounts): number {
  const { differs, missingOnTarget, missingOnSource, unreadable, duplicates } = records;
  return differs + missingOnTarget + missingOnSource + unreadable + duplicates;
}

function defectRate({ records }: BatchFacts): number {
  if (records === null) return 0;
  const defects = defectsOf(records);
  return defects === 0
    ? 0
    : defects / Math.max(1, records.source - (records.notDrawn ?? 0) - (records.acknowledged ?? 0));
}

function sumDispositions(
  batches: readonly BatchFacts[],
): Readonly<Record<'verified' | 'acknowledged' | 'failed', number>> {
  const counted = batches.flatMap(({ dispositions }) => dispositions ?? []);
  return {
    verified: counted.reduce((sum, { verified }) => sum + verified, 0),
    acknowledged: counted.reduce((sum, { acknowledged = 0 }) => sum + acknowledged, 0),
    failed: counted.reduce((sum, { failed }) => sum + failed, 0),
  };
}
