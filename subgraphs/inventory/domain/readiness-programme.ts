/** What the gate asks of the programme around the data: people, rules, holds, consumers, backups and reviews. */
import type { Tier } from '../../../kernel/tier.ts';
import type { ConfirmationKind, Confirmed } from './confirmation.ts';
import { orderOf } from './dependency.ts';
import type { Policy, WantedFact } from './policy.ts';
import { type Charter, type Programme, SIGN_OFFS } from './programme.ts';
import { no, type ReadinessLine, yes } from './readiness-line.ts';

/** The newest loss report of this map over this survey; `none` where nothing is mapped. */
export type LossFacts = { readonly blocking: number } | 'missing' | 'none';

export interface HoldFacts {
  readonly matter: string;
  /** What would leave held items behind, in words; null when nothing does. */
  readonly broken: string | null;
}

export interface ChartedDataset {
  readonly name: string;
  readonly tier: Tier;
  readonly charter: Charter;
  readonly loss: LossFacts;
}

export interface ProgrammeFacts {
  readonly programme: Programme;
  /** The systems at either end, by name. */
  readonly systems: readonly string[];
  /** In force; a dataset that the plan dropped may still be held. */
  readonly holds: readonly (HoldFacts & { readonly dataset: string })[];
  readonly confirmations: readonly Confirmed[];
  /** Once something is launched, what was fresh then does not grow old. */
  readonly isLaunched: boolean;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NAMED_MAX = 10;

export function programmeLines(
  facts: ProgrammeFacts,
  datasets: readonly ChartedDataset[],
  policy: Policy,
  now: Date,
): readonly ReadinessLine[] {
  return [
    stakeholderLine(facts.programme, policy),
    dependencyLine(datasets),
    ...CHARTED.map((asked) => chartedLine(asked, datasets, policy)),
    riskLine(datasets, policy),
    ...lossLines(datasets, policy),
    ...facts.holds.map(holdLine),
    ...consumerLines(datasets),
    ...backupLines(facts, policy, now),
    reviewLine(facts, policy, now),
  ];
}

interface Charted {
  readonly fact: WantedFact;
  readonly requirement: string;
  readonly line: string;
  readonly code: string;
  /** The member of a dataset of the plan. */
  readonly member: keyof Charter;
}

/** What a dataset of the plan says of itself. */
const CHARTED: readonly Charted[] = [
  charted('domain', 'A08', 'what it is about', 'DOMAIN_MISSING'),
  charted('risks', 'A23', 'what may be wrong with its data', 'RISKS_MISSING'),
  charted('acceptance', 'A24', 'when it counts as arrived well', 'ACCEPTANCE_MISSING'),
  charted('retention', 'A25', 'how long its source has to keep it', 'RETENTION_MISSING'),
  charted('legalHold', 'A26', 'whether it is on legal hold', 'LEGAL_HOLD_MISSING'),
  charted('consumers', 'A27', 'what reads it in the old environment', 'CONSUMERS_MISSING'),
];

function charted(member: WantedFact & keyof Charter, requirement: string, says: string, code: string): Charted {
  return { fact: member, requirement, line: `every dataset says ${says}`, code, member };
}

function chartedLine(
  { fact, requirement, line, code, member }: Charted,
  datasets: readonly ChartedDataset[],
  policy: Policy,
): ReadinessLine {
  const silent = datasets.filter(({ charter }) => charter[member] === undefined).map(({ name }) => name);
  if (silent.length === 0) return yes(requirement, line);
  const reason = `${named(silent)} ${silent.length === 1 ? 'does' : 'do'} not; add ${member} to the plan`;
  return wanted(policy, fact) ? no(requirement, line, code, reason) : yes(requirement, line, notAsked(reason));
}

function stakeholderLine({ stakeholders = [] }: Programme, policy: Policy): ReadinessLine {
  const line = 'somebody is named for everything that is signed off';
  const open = SIGN_OFFS.filter((each) => !stakeholders.some(({ signsOff }) => signsOff.includes(each)));
  if (open.length === 0) return yes('A21', line);
  const reason = `nobody signs off ${open.join(', ')}; add who does to stakeholders in the plan`;
  return wanted(policy, 'stakeholders')
    ? no('A21', line, 'STAKEHOLDER_MISSING', reason)
    : yes('A21', line, notAsked(reason));
}

function dependencyLine(datasets: readonly ChartedDataset[]): ReadinessLine {
  const order = orderOf(datasets.map(({ name, tier, charter }) => ({ name, tier, dependsOn: charter.dependsOn })));
  const waits = datasets.filter(({ charter }) => (charter.dependsOn ?? []).length > 0).length;
  const reason = waits === 0 ? 'no dataset waits for another' : `the order is ${named(order)}`;
  return yes('A22', 'what has to arrive before what is known', reason);
}

function riskLine(datasets: readonly ChartedDataset[], policy: Policy): ReadinessLine {
  const line = 'something is done about every high risk of the quality of the data';
  const open = datasets.filter(({ charter }) =>
    (charter.risks ?? []).some(({ level, mitigation }) => level === 'high' && mitigation === undefined),
  );
  if (open.length === 0) return yes('A23', line);
  const reason = `not in ${named(open.map(({ name }) => name))}; add a mitigation to the risk in the plan`;
  return wanted(policy, 'risks') ? no('A23', line, 'RISK_OPEN', reason) : yes('A23', line, notAsked(reason));
}

/** Losses of active clinical data stop a migration whatever the policy says. */
function lossLines(datasets: readonly ChartedDataset[], policy: Policy): readonly ReadinessLine[] {
  return datasets.flatMap(({ name, tier, loss }) => {
    const line = `${name} loses nothing that is not excluded with a reason`;
    if (loss === 'none') return [];
    if (loss === 'missing') {
      const reason = 'nobody asked for a loss report of this map over this survey';
      const isWanted = wanted(policy, 'lossReport');
      const ask = `${reason}; ask for one with reportLoss`;
      return [isWanted ? no('B14', line, 'LOSS_REPORT_MISSING', ask) : yes('B14', line, notAsked(reason))];
    }
    if (loss.blocking === 0) return [yes('B14', line)];
    const reason = `the loss report has ${loss.blocking} findings; map the fields or exclude them with a reason`;
    return [tier === 'active-clinical' ? no('B14', line, 'FIELDS_LOST', reason) : yes('B14', line, reason)];
  });
}

function holdLine({ dataset, matter, broken }: ProgrammeFacts['holds'][number]): ReadinessLine {
  const line = `the legal hold on ${dataset} is honoured`;
  return broken === null ? yes('A26', line, `matter ${matter}`) : no('A26', line, 'LEGAL_HOLD', broken);
}

/** A consumer that nobody has decided about is in the way: it would go on reading what is no longer true. */
function consumerLines(datasets: readonly ChartedDataset[]): readonly ReadinessLine[] {
  const line = 'it is decided what becomes of everything that reads the old environment';
  const consumers = datasets.flatMap(({ charter }) => charter.consumers ?? []);
  const open = [...new Set(consumers.filter(({ atCutover }) => atCutover === undefined).map(({ name }) => name))];
  if (consumers.length === 0) return [];
  const reason = `nobody has decided about ${named(open)}; say atCutover in the plan`;
  return [open.length === 0 ? yes('A28', line) : no('A28', line, 'CONSUMER_UNDECIDED', reason)];
}

function backupLines(facts: ProgrammeFacts, policy: Policy, now: Date): readonly ReadinessLine[] {
  const hoursMax = policy.readiness.backupAgeMaxHours;
  return facts.systems.map((system) => {
    const line = `a backup of ${system}, not older than ${hoursMax} hours, is confirmed`;
    const { newest, isFresh, until } = newestOf(
      facts,
      { kind: 'backup', subject: system, ageMaxMs: hoursMax * HOUR_MS },
      now,
    );
    const tested = newest?.testedAt == null ? 'never restored for a test' : `restored for a test ${newest.testedAt}`;
    if (newest !== undefined && isFresh)
      return yes('N04', line, `by ${newest.confirmedBy}; ${tested}`, wantedUntil(policy, 'backup', until));
    const claim = facts.programme.backups?.find((each) => each.system === system);
    const onPaper = claim === undefined ? '' : '; the word of the plan is none';
    const reason = `${newestText(newest)}${onPaper}`;
    if (!wanted(policy, 'backup')) return yes('N04', line, notAsked(reason));
    return no('N04', line, newest === undefined ? 'BACKUP_MISSING' : 'BACKUP_STALE', `${reason}; confirm a new one`);
  });
}

function reviewLine(facts: ProgrammeFacts, policy: Policy, now: Date): ReadinessLine {
  const daysMax = policy.readiness.accessReviewAgeMaxDays;
  const line = `who may do what was reviewed within ${daysMax} days`;
  const { newest, isFresh, until } = newestOf(facts, { kind: 'access-review', ageMaxMs: daysMax * DAY_MS }, now);
  const open = (facts.programme.accessReviews ?? []).find(
    ({ scope, outcome, reviewedAt }) =>
      outcome === 'open' &&
      !facts.confirmations.some(
        ({ kind, subject, happenedAt }) =>
          kind === 'access-review' && subject === scope && Date.parse(happenedAt) > Date.parse(reviewedAt),
      ),
  );
  if (open !== undefined) {
    const reason = `the review of ${JSON.stringify(open.scope)} has something open; confirm a later one of that scope`;
    return no('E12', line, 'ACCESS_REVIEW_OPEN', reason);
  }
  if (newest !== undefined && isFresh) {
    return yes('E12', line, `by ${newest.confirmedBy}`, wantedUntil(policy, 'accessReview', until));
  }
  const reason = newestText(newest);
  if (!wanted(policy, 'accessReview')) return yes('E12', line, notAsked(reason));
  return no('E12', line, newest === undefined ? 'ACCESS_REVIEW_MISSING' : 'ACCESS_REVIEW_STALE', reason);
}

function newestText(newest: Confirmed | undefined): string {
  return newest === undefined ? 'none is confirmed here' : `the newest is of ${newest.happenedAt}`;
}

interface Sought {
  readonly kind: ConfirmationKind;
  readonly subject?: string | undefined;
  readonly ageMaxMs: number;
}

function newestOf({ confirmations, isLaunched }: ProgrammeFacts, { kind, subject, ageMaxMs }: Sought, now: Date) {
  const [newest] = confirmations
    .filter((each) => each.kind === kind && (subject === undefined || each.subject === subject))
    .toSorted((left, right) => Date.parse(right.happenedAt) - Date.parse(left.happenedAt));
  if (newest === undefined || isLaunched) return { newest, isFresh: newest !== undefined, until: null };
  const until = new Date(Date.parse(newest.happenedAt) + ageMaxMs);
  return { newest, isFresh: now <= until, until };
}

/** What is not asked for keeps nothing shut when it grows old. */
function wantedUntil(policy: Policy, fact: WantedFact, until: Date | null): Date | null {
  return wanted(policy, fact) ? until : null;
}

function wanted(policy: Policy, fact: WantedFact): boolean {
  return policy.readiness[fact] === 'required';
}

function notAsked(reason: string): string {
  return `the policy does not ask for it: ${reason}`;
}

function named(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return `${names.slice(0, NAMED_MAX).join(', ')}${more}`;
}
