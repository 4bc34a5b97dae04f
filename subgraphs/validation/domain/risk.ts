/** Every category of risk with what covers it: in the coverage matrix none is silently absent. */
import { type Tier, TIERS } from '../../../kernel/tier.ts';
import type { ChartsByTier } from './category.ts';
import type { CoverageRow } from './coverage.ts';
import type { Format, QualityRisk } from './plan.ts';
import type { LeftOutRisk, PolicyApproval, RiskModel, SamplingPolicy } from './sampling/draw-plan.ts';

/** Besides the tiers: who is harmed most, and what flows while the systems change places. */
export const RISK_CATEGORIES = [...TIERS, 'high-risk-cohorts', 'interface-feeds'] as const;
export type RiskCategory = (typeof RISK_CATEGORIES)[number];

/**
 * `covered`: all of it was looked into, or what the approved risk model asks for. `left-out`: it is not, and two people
 * agreed to that. `open`: it is not, and nobody decided so. `absent`: the migration brings nothing of it.
 */
export const RISK_COVERS = ['covered', 'left-out', 'open', 'absent'] as const;
export type RiskCover = (typeof RISK_COVERS)[number];

export interface RiskLine {
  /** One of RISK_CATEGORIES, or a risk in the words of the plan or the policy; never patient data. */
  readonly risk: string;
  readonly datasets: readonly string[];
  readonly cover: RiskCover;
  /** How it is covered, or why there is nothing to cover, in words. */
  readonly how: readonly string[];
  /** What of it is not covered. */
  readonly lacking: readonly string[];
  /** Who agreed that it is looked at by a sample, or not at all; null where nobody had to. */
  readonly decided: PolicyApproval | null;
}

export type RiskRow = Pick<CoverageRow, 'dataset' | 'tier' | 'population' | 'sampleSize' | 'unit' | 'methods'> & {
  readonly format: Format;
  readonly isSampled: boolean;
  /** Items at a target that does not give them back. */
  readonly notVerifiable: number;
  readonly feeds: number;
};

export interface RiskFacts {
  readonly rows: readonly RiskRow[];
  readonly sampling: SamplingPolicy;
  readonly charts: ChartsByTier;
  readonly quality: readonly QualityRisk[];
  /** Of the policy, by two people. */
  readonly approval: PolicyApproval | null;
}

export function riskLines(facts: RiskFacts): readonly RiskLine[] {
  const lines = [
    ...TIERS.map((tier) => tierLine(tier, facts)),
    cohortLine(facts),
    feedLine(facts),
    ...facts.quality.map(qualityLine),
  ].map((line) => decidedLine(line, facts));
  const known = new Set(lines.map(({ risk }) => risk));
  const unknown = leftOutOf(facts).filter(({ risk }) => !known.has(risk));
  const how = ['the policy leaves it out, and neither the plan nor a tier names it'];
  return [...lines, ...unknown.map(({ risk }): RiskLine => ({ risk, ...ABSENT, how }))];
}

const ABSENT = { datasets: [], cover: 'absent', lacking: [], decided: null } as const;

function tierLine(tier: Tier, { rows, sampling, charts, approval }: RiskFacts): RiskLine {
  const own = rows.filter((row) => row.tier === tier);
  if (own.length === 0) return { risk: tier, ...ABSENT, how: ['the plan brings no dataset of it'] };
  const datasets = own.map(({ dataset }) => dataset);
  const lacking = lackingOf(own);
  const sampled = own.filter(({ isSampled }) => isSampled);
  const how = [
    ...own.flatMap(({ dataset, population, sampleSize, unit, methods }) =>
      methods.length === 0 ? [] : [`${dataset}: ${sampleSize} of ${population} ${unit} by ${methods.join(', ')}`],
    ),
    ...(sampled.length > 0 ? [`a sample of ${named(sampled)}, by ${modelText(sampling.riskModel)}`] : []),
    charts[tier] > 0 ? `up to ${charts[tier]} charts opened at each target` : 'no chart is opened, as the policy says',
  ];
  const decided = sampled.length > 0 ? approval : null;
  return { risk: tier, datasets, cover: coverOf(lacking), how, lacking, decided };
}

function coverOf(lacking: readonly string[]): RiskCover {
  return lacking.length > 0 ? 'open' : 'covered';
}

/** What of a dataset was not looked at though nobody sampled it. */
function lackingOf(rows: readonly RiskRow[]): readonly string[] {
  const waiting = rows.filter(({ methods }) => methods.length === 0);
  const blind = rows.filter(({ notVerifiable }) => notVerifiable > 0);
  return [
    ...(waiting.length > 0 ? [`not reconciled yet: ${named(waiting)}`] : []),
    ...blind.map(({ dataset, notVerifiable }) => `${dataset}: items that cannot be verified: ${notVerifiable}`),
  ];
}

function cohortLine({ rows, sampling: { highRisk }, charts }: RiskFacts): RiskLine {
  const risk = 'high-risk-cohorts';
  if (rows.length === 0) return { risk, ...ABSENT, how: ['the plan brings nothing'] };
  const sampled = rows.filter(({ isSampled }) => isSampled);
  const datasets = rows.map(({ dataset }) => dataset);
  const whole = ['nobody is named, and everything of everybody is looked into'];
  const how =
    highRisk.length > 0
      ? [`every item at ${highRisk.join(', ')}`, `their charts opened, up to ${charts.highRiskMax}`]
      : sampled.length > 0
        ? []
        : whole;
  const unnamed = `the policy names no items of high risk, and a sample is taken of ${named(sampled)}`;
  const lacking = [...lackingOf(rows), ...(how.length === 0 ? [unnamed] : [])];
  return { risk, datasets, cover: coverOf(lacking), how, lacking, decided: null };
}

function feedLine({ rows }: RiskFacts): RiskLine {
  const risk = 'interface-feeds';
  const own = rows.filter(({ format }) => format === 'hl7v2');
  if (own.length === 0) return { risk, ...ABSENT, how: ['the plan brings no messages'] };
  const promised = own.filter(({ feeds }) => feeds > 0);
  const how = [
    'structure of every message, batch totals, sequence of each sender, silences',
    ...(promised.length > 0 ? [`held to the days that the plan promises: ${named(promised)}`] : []),
    ...own.flatMap(({ dataset, feeds }) =>
      feeds > 0 ? [] : [`${dataset}: the plan promises no days, so that one that never came is not missed`],
    ),
  ];
  const lacking = lackingOf(own);
  return { risk, datasets: own.map(({ dataset }) => dataset), cover: coverOf(lacking), how, lacking, decided: null };
}

function qualityLine({ dataset, risk, level, mitigation }: QualityRisk): RiskLine {
  const how = [`${level}, by the plan`, ...(mitigation === null ? [] : [mitigation])];
  const lacking = mitigation === null ? ['nothing is said to be done about it'] : [];
  return { risk, datasets: [dataset], cover: coverOf(lacking), how, lacking, decided: null };
}

/** What two people agreed to leave out is open no more; said by one, it is. */
function decidedLine(line: RiskLine, facts: RiskFacts): RiskLine {
  const left = leftOutOf(facts).find(({ risk }) => risk === line.risk);
  if (line.cover !== 'open' || left === undefined) return line;
  const why = `left out: ${left.reason} (${left.reference})`;
  if (facts.approval === null) return { ...line, lacking: [...line.lacking, `${why}, which nobody else agreed to`] };
  return { ...line, cover: 'left-out', how: [...line.how, why], decided: facts.approval };
}

/** Policies that were sealed before it could be said leave nothing out. */
function leftOutOf({ sampling: { leftOut = [] } }: RiskFacts): readonly LeftOutRisk[] {
  return leftOut;
}

function modelText(model: RiskModel | null): string {
  return model === null ? 'no risk model' : `the risk model ${model.title} (${model.reference})`;
}

function named(rows: readonly RiskRow[]): string {
  return rows.map(({ dataset }) => dataset).join(', ');
}
