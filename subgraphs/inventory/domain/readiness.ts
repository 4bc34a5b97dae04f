/** Whether a migration may start: facts in, one line for each requirement out. Nothing moves before all say yes. */
import type { LineageState } from './lineage-approval.ts';
import type { Policy } from './policy.ts';

export interface Problem {
  readonly code: string;
  /** What happened and what would help; never patient data, never a secret. */
  readonly reason: string;
}

export const SURVEY_STATES = ['none', 'running', 'complete', 'failed'] as const;
export type SurveyState = (typeof SURVEY_STATES)[number];

export interface SurveyFacts {
  readonly state: SurveyState;
  readonly finishedAt: Date | null;
  readonly unclaimedItems: number;
  readonly failure: Problem | null;
}

export interface DatasetFacts {
  readonly name: string;
  readonly owner: string | null;
  readonly items: number;
  readonly lineage: { readonly state: LineageState; readonly problem: Problem | null };
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
}

const HOUR_MS = 3_600_000;

export function evaluateReadiness(facts: ReadinessFacts, policy: Policy, now: Date): readonly ReadinessLine[] {
  return [
    facts.isPolicySealed
      ? yes('S', `the policy ${policy.name} ${policy.version} is sealed`)
      : no('S', 'the policy is sealed', 'POLICY_MISSING', 'declare the migration again'),
    ...facts.endpoints.flatMap(endpointLines),
    ...surveyLines(facts.survey, policy, now),
    ...facts.datasets.flatMap((dataset) => datasetLines(dataset, facts.survey.state, policy)),
  ];
}

export function isReady(lines: readonly ReadinessLine[]): boolean {
  return lines.every(({ ok }) => ok);
}

function endpointLines({ label, connector, settingsProblem, connectionProblem }: EndpointFacts) {
  const settings = `the settings of the ${label} fit the connector ${connector}`;
  if (settingsProblem !== null) return [blocked('D24', settings, settingsProblem)];
  const connection = `the ${label} answers through the connector ${connector}`;
  const reached = connectionProblem === null ? yes('D25', connection) : blocked('D25', connection, connectionProblem);
  return [yes('D24', settings), reached];
}

function surveyLines(survey: SurveyFacts, policy: Policy, now: Date): readonly ReadinessLine[] {
  const line = 'every item of the source is listed';
  switch (survey.state) {
    case 'none':
      return [no('A07', line, 'SURVEY_MISSING', 'survey the migration')];
    case 'running':
      return [no('A07', line, 'SURVEY_RUNNING', 'wait for the survey to end')];
    case 'failed':
      return [blocked('A07', line, survey.failure ?? { code: 'SURVEY_FAILED', reason: 'survey the migration again' })];
    case 'complete':
      return [yes('A07', line), ageLine(survey, policy, now), unclaimedLine(survey.unclaimedItems, policy)];
    default:
      return survey.state satisfies never;
  }
}

function ageLine({ finishedAt }: SurveyFacts, policy: Policy, now: Date): ReadinessLine {
  const hoursMax = policy.readiness.surveyAgeMaxHours;
  const line = `the survey is not older than ${hoursMax} hours`;
  const isFresh = finishedAt !== null && now.getTime() - finishedAt.getTime() <= hoursMax * HOUR_MS;
  return isFresh ? yes('A07', line) : no('A07', line, 'SURVEY_STALE', 'survey the migration again');
}

function unclaimedLine(items: number, policy: Policy): ReadinessLine {
  const line = 'every item of the source belongs to a dataset';
  if (items === 0) return yes('A06', line);
  const reason = `${items} items belong to no dataset and stay outside the migration; widen a select to take them in`;
  if (policy.readiness.unclaimedItems === 'blocking') return no('A06', line, 'ITEMS_UNCLAIMED', reason);
  return { ...yes('A06', 'items outside every dataset are known'), reason };
}

function datasetLines(dataset: DatasetFacts, survey: SurveyState, policy: Policy): readonly ReadinessLine[] {
  const { name, owner, lineage, exclusionsWaiting } = dataset;
  const lines = [yes('C07', `${name} has a tier`), ownerLine(name, owner, policy), ...lineageLines(name, lineage)];
  if (exclusionsWaiting > 0) {
    const reason = `${exclusionsWaiting} of them wait for an approver`;
    lines.push(no('B14', `the exclusions of ${name} are approved`, 'EXCLUSION_NOT_APPROVED', reason));
  }
  if (survey === 'complete' && dataset.items === 0) {
    lines.push({ ...yes('A08', `${name} is surveyed`), reason: `no item matches the select of ${name}` });
  }
  return lines;
}

function ownerLine(name: string, owner: string | null, policy: Policy): ReadinessLine {
  const line = `${name} has an owner`;
  if (owner !== null) return yes('A21', line);
  if (policy.readiness.owner === 'optional') return { ...yes('A21', line), reason: 'the policy does not ask for one' };
  return no('A21', line, 'OWNER_MISSING', `add an owner to the dataset ${name} in the plan`);
}

function lineageLines(name: string, lineage: DatasetFacts['lineage']): readonly ReadinessLine[] {
  const works = `the lineage of ${name} can be followed`;
  const approved = `the lineage of ${name} is approved`;
  return [
    lineage.problem === null ? yes('B01', works) : blocked('B01', works, lineage.problem),
    approvalLine(approved, lineage.state),
  ];
}

function approvalLine(line: string, state: LineageState): ReadinessLine {
  switch (state) {
    case 'approved':
      return yes('B09', line);
    case 'not-required':
      return { ...yes('B09', line), reason: 'not required by the policy: the declaration counts' };
    case 'proposed':
      return no('B09', line, 'LINEAGE_NOT_APPROVED', 'an approver other than the proposer has to approve it');
    case 'draft':
      return no('B09', line, 'LINEAGE_NOT_PROPOSED', 'an operator has to propose it');
    default:
      return state satisfies never;
  }
}

function yes(requirement: string, line: string): ReadinessLine {
  return { requirement, line, ok: true, code: null, reason: null };
}

function no(requirement: string, line: string, code: string, reason: string): ReadinessLine {
  return { requirement, line, ok: false, code, reason };
}

function blocked(requirement: string, line: string, problem: Problem): ReadinessLine {
  return no(requirement, line, problem.code, problem.reason);
}
