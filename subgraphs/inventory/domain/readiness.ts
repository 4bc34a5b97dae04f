/** Whether a migration may start: facts in, one line for each requirement out. Nothing moves before all say yes. */
import type { Policy } from './policy.ts';
import { blocked, no, type Problem, type ReadinessLine, yes } from './readiness-line.ts';
import { type TrustFacts, trustLines } from './certificate.ts';
import { type ChartedDataset, type ProgrammeFacts, programmeLines } from './readiness-programme.ts';
import type { ApprovalState } from './two-person-approval.ts';

export type { Problem, ReadinessLine } from './readiness-line.ts';

export const SURVEY_STATES = ['none', 'running', 'complete', 'failed'] as const;
export type SurveyState = (typeof SURVEY_STATES)[number];

export interface SurveyFacts {
  readonly state: SurveyState;
  readonly finishedAt: Date | null;
  readonly unclaimedItems: number;
  readonly failure: Problem | null;
}

export interface DatasetFacts extends ChartedDataset {
  readonly owner: string | null;
  readonly items: number;
  readonly lineage: { readonly state: ApprovalState; readonly problem: Problem | null };
  readonly exclusionsWaiting: number;
}

/** What was seen when an endpoint was tried; `label` says which one, for example `target of lab-results`. */
export interface EndpointFacts {
  readonly label: string;
  readonly connector: string;
  readonly settingsProblem: Problem | null;
  readonly connectionProblem: Problem | null;
}

export interface ReadinessFacts {
  readonly survey: SurveyFacts;
  readonly datasets: readonly DatasetFacts[];
  readonly endpoints: readonly EndpointFacts[];
  readonly isPolicySealed: boolean;
  readonly policyApproval: ApprovalState;
  readonly programme: ProgrammeFacts;
  readonly trust: TrustFacts;
}

const HOUR_MS = 3_600_000;

export function evaluateReadiness(facts: ReadinessFacts, policy: Policy, now: Date): readonly ReadinessLine[] {
  return [
    ...policyLines(facts, policy),
    ...facts.endpoints.flatMap((each) => endpointLines(each, facts.programme.isLaunched)),
    ...surveyLines(facts, policy, now),
    ...facts.datasets.flatMap((dataset) => datasetLines(dataset, facts.survey.state, policy)),
    ...programmeLines(facts.programme, facts.datasets, policy, now),
    ...trustLines(facts.trust, policy, now),
  ];
}

export function isReady(lines: readonly ReadinessLine[]): boolean {
  return lines.every(({ ok }) => ok);
}

/** When the first line of a ready migration stops being true by itself; null when none does. */
export function readyUntil(lines: readonly ReadinessLine[]): string | null {
  return lines.flatMap(({ until }) => until ?? []).toSorted()[0] ?? null;
}

function policyLines({ isPolicySealed, policyApproval }: ReadinessFacts, policy: Policy): readonly ReadinessLine[] {
  if (!isPolicySealed) return [no('A04', 'the policy is sealed', 'POLICY_MISSING', 'declare the migration again')];
  const sealed = yes('A04', `the policy ${policy.name} ${policy.version} is sealed`);
  return [sealed, approvalLine({ requirement: 'A04', what: 'the policy', code: 'POLICY' }, policyApproval)];
}

/** What passes by itself; a batch under way finds out, waits and pauses on its own. */
const PASSING: readonly string[] = ['UNAVAILABLE', 'RATE_LIMITED', 'STREAM_TRUNCATED', 'OUTCOME_UNKNOWN'];

function endpointLines(
  { label, connector, settingsProblem, connectionProblem }: EndpointFacts,
  isLaunched: boolean,
): readonly ReadinessLine[] {
  const settings = `the settings of the ${label} fit the connector ${connector}`;
  if (settingsProblem !== null) return [blocked('D24', settings, settingsProblem)];
  const connection = `the ${label} answers through the connector ${connector}`;
  if (connectionProblem === null) return [yes('D24', settings), yes('D25', connection)];
  const { code, reason } = connectionProblem;
  const isPassing = isLaunched && PASSING.includes(code);
  const known = `the ${label} answered before the launch`;
  return [
    yes('D24', settings),
    isPassing ? yes('D25', known, `not now: ${reason}`) : blocked('D25', connection, connectionProblem),
  ];
}

function surveyLines({ survey, programme }: ReadinessFacts, policy: Policy, now: Date): readonly ReadinessLine[] {
  const line = 'every item of the source is listed';
  switch (survey.state) {
    case 'none':
      return [no('A07', line, 'SURVEY_MISSING', 'survey the migration')];
    case 'running':
      return [no('A07', line, 'SURVEY_RUNNING', 'wait for the survey to end')];
    case 'failed':
      return [blocked('A07', line, survey.failure ?? { code: 'SURVEY_FAILED', reason: 'survey the migration again' })];
    case 'complete':
      return [
        yes('A07', line),
        ageLine(survey, programme.isLaunched, policy, now),
        unclaimedLine(survey.unclaimedItems, policy),
      ];
    default:
      return survey.state satisfies never;
  }
}

/** What is under way is measured by the survey it was launched with. */
function ageLine({ finishedAt }: SurveyFacts, isLaunched: boolean, policy: Policy, now: Date): ReadinessLine {
  const hoursMax = policy.readiness.surveyAgeMaxHours;
  const line = `the survey is not older than ${hoursMax} hours`;
  if (isLaunched) return yes('A07', 'the survey stands since the launch');
  const until = finishedAt === null ? null : new Date(finishedAt.getTime() + hoursMax * HOUR_MS);
  if (until === null || now > until) return no('A07', line, 'SURVEY_STALE', 'survey the migration again');
  return yes('A07', line, null, until);
}

function unclaimedLine(items: number, policy: Policy): ReadinessLine {
  const line = 'every item of the source belongs to a dataset';
  if (items === 0) return yes('A06', line);
  const reason = `${items} items belong to no dataset and stay outside the migration; widen a select to take them in`;
  if (policy.readiness.unclaimedItems === 'blocking') return no('A06', line, 'ITEMS_UNCLAIMED', reason);
  return yes('A06', 'items outside every dataset are known', reason);
}

function datasetLines(dataset: DatasetFacts, survey: SurveyState, policy: Policy): readonly ReadinessLine[] {
  const { name, owner, lineage, exclusionsWaiting } = dataset;
  const lines = [yes('C07', `${name} has a tier`), ownerLine(name, owner, policy), ...lineageLines(name, lineage)];
  if (exclusionsWaiting > 0) {
    const reason = `${exclusionsWaiting} of them wait for an approver`;
    lines.push(no('B14', `the exclusions of ${name} are approved`, 'EXCLUSION_NOT_APPROVED', reason));
  }
  if (survey === 'complete' && dataset.items === 0) {
    lines.push(yes('A08', `${name} is surveyed`, `no item matches the select of ${name}`));
  }
  return lines;
}

function ownerLine(name: string, owner: string | null, policy: Policy): ReadinessLine {
  const line = `${name} has an owner`;
  if (owner !== null) return yes('A21', line);
  if (policy.readiness.owner === 'optional') return yes('A21', line, 'the policy does not ask for one');
  return no('A21', line, 'OWNER_MISSING', `add an owner to the dataset ${name} in the plan`);
}

function lineageLines(name: string, lineage: DatasetFacts['lineage']): readonly ReadinessLine[] {
  const works = `the lineage of ${name} can be followed`;
  return [
    lineage.problem === null ? yes('B01', works) : blocked('B01', works, lineage.problem),
    approvalLine({ requirement: 'B09', what: `the lineage of ${name}`, code: 'LINEAGE' }, lineage.state),
  ];
}

interface Approved {
  readonly requirement: string;
  readonly what: string;
  /** How the codes begin. */
  readonly code: 'LINEAGE' | 'POLICY';
}

function approvalLine({ requirement, what, code }: Approved, state: ApprovalState): ReadinessLine {
  const line = `${what} is approved`;
  switch (state) {
    case 'approved':
      return yes(requirement, line);
    case 'not-required':
      return yes(requirement, line, 'not required by the policy: the declaration counts');
    case 'proposed': {
      const reason = 'an approver other than the proposer has to approve it';
      return no(requirement, line, `${code}_NOT_APPROVED`, reason);
    }
    case 'draft':
      return no(requirement, line, `${code}_NOT_PROPOSED`, 'an operator has to propose it');
    default:
      return state satisfies never;
  }
}
