/** The coverage matrix: a line a dataset, saying what was looked at and how, what was found, and who signed for it. */
import type { AssuranceLevel } from '../../../kernel/assurance.ts';
import type { DispositionCounts } from '../../../kernel/disposition.ts';
import type { Id } from '../../../kernel/id.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { RoleStatus } from './acceptance.ts';
import { type Severity, SEVERITIES } from './category.ts';
import type { MethodId } from './methods.ts';
import { finiteInterval } from './sampling/interval.ts';
import type { SamplingOutcome } from './sampling/outcome.ts';
import type { VerdictCounts } from './verdict.ts';
import type { WorkflowLine } from './workflow.ts';

/** `high`: what was looked at meets what the tier tolerates, nothing is open, and everybody asked has signed. */
export const COVERAGE_STANDINGS = ['high', 'limited', 'none'] as const;
export type CoverageStanding = (typeof COVERAGE_STANDINGS)[number];

export interface CoverageRow {
  readonly datasetId: Id;
  readonly dataset: string;
  readonly tier: Tier;
  readonly unit: 'records' | 'items';
  /** Units of the source; null before they were counted. */
  readonly population: number | null;
  /** Units looked into. */
  readonly sampleSize: number;
  readonly methods: readonly MethodId[];
  readonly defects: number;
  /** Of the units looked into; null where none was. */
  readonly defectRate: number | null;
  /** Of the defect rate of the whole population, exact, at `confidence`; a point where all was looked into. */
  readonly interval: { readonly lower: number; readonly upper: number } | null;
  readonly confidence: number;
  readonly assurance: Readonly<Partial<Record<AssuranceLevel, number>>>;
  /** What the target it went to was asked, and what came of it. */
  readonly workflow: readonly RowWorkflow[];
  readonly exceptionsOpen: Readonly<Record<Severity, number>>;
  readonly signOffs: readonly RoleStatus[];
  readonly standing: CoverageStanding;
  /** What keeps it from being high, in words, without patient data. */
  readonly open: readonly string[];
}

export type RowWorkflow = Omit<WorkflowLine, 'connector' | 'datasets'>;

export interface CoverageFacts {
  readonly dataset: Pick<CoverageRow, 'datasetId' | 'dataset' | 'tier' | 'unit'>;
  readonly items: number | null;
  /** Null until the batch is reconciled. */
  readonly reconciled: {
    readonly verdicts: VerdictCounts;
    readonly dispositions: DispositionCounts;
    readonly assurance: CoverageRow['assurance'];
    readonly sampling: SamplingOutcome | null;
  } | null;
  readonly exceptionsOpen: Readonly<Record<Severity, number>>;
  readonly signOffs: readonly RoleStatus[];
  readonly confidence: number;
  readonly defectRateMax: number;
  /** Whether people went through scripts with records of the dataset. */
  readonly scripts: 'walked' | 'not-walked';
  readonly workflow: readonly RowWorkflow[];
}

export function coverageRow(facts: CoverageFacts): CoverageRow {
  const { dataset, reconciled, exceptionsOpen, signOffs, confidence, workflow } = facts;
  const common = { ...dataset, confidence, exceptionsOpen, signOffs, workflow };
  if (reconciled === null) {
    const nothing = { sampleSize: 0, methods: [], defects: 0, defectRate: null, interval: null, assurance: {} };
    return { ...common, ...nothing, population: facts.items, standing: 'none', open: ['not reconciled yet'] };
  }
  const { verdicts, assurance } = reconciled;
  const population = verdicts.source;
  const sampleSize = population - verdicts.notDrawn - (verdicts.acknowledged ?? 0);
  const defects = defectsOf(verdicts);
  const defectRate = sampleSize === 0 ? null : defects / sampleSize;
  const interval = intervalOf(facts, { population, sampleSize, defects });
  const open = openOf(facts, defectRate);
  return {
    ...common,
    ...{ population, sampleSize, defects, defectRate, interval, assurance, open },
    methods: methodsOf(facts),
    standing: open.length === 0 ? 'high' : 'limited',
  };
}

function defectsOf(verdicts: VerdictCounts): number {
  const { differs, missingOnTarget, missingOnSource, unreadable, duplicates } = verdicts;
  return differs + missingOnTarget + missingOnSource + unreadable + duplicates;
}

/** Only what was drawn by rank stands for the others; defects that are known of are there in any case. */
function intervalOf(
  { reconciled, confidence }: CoverageFacts,
  seen: { readonly population: number; readonly sampleSize: number; readonly defects: number },
): CoverageRow['interval'] {
  const { population, sampleSize, defects } = seen;
  if (population === 0) return null;
  const sampling = reconciled?.sampling;
  const isSampled = sampling?.draw === 'sample' && sampleSize < population;
  const known = Math.min(defects, population);
  if (!isSampled) {
    const { lower, upper } = finiteInterval({ population, drawn: sampleSize, defects: known }, confidence);
    return { lower: lower / population, upper: upper / population };
  }
  const { lower, upper } = sampling.interval;
  return { lower: Math.max(lower, known) / population, upper: Math.max(upper, known) / population };
}

function methodsOf({ reconciled, scripts }: CoverageFacts): readonly MethodId[] {
  const { assurance, sampling } = reconciled ?? {};
  const compared = (assurance?.workflow ?? 0) + (assurance?.fields ?? 0) + (assurance?.record ?? 0);
  return [
    ...((assurance?.bytes ?? 0) > 0 ? (['checksum'] as const) : []),
    'row-count',
    ...(compared > 0 ? (['field-level'] as const) : []),
    ...(sampling?.draw === 'sample' ? (['sampling-review'] as const) : []),
    ...(scripts === 'walked' || (assurance?.workflow ?? 0) > 0 ? (['workflow-validation'] as const) : []),
  ];
}

function openOf(facts: CoverageFacts, defectRate: number | null): readonly string[] {
  const { reconciled, exceptionsOpen, signOffs, defectRateMax } = facts;
  const open: string[] = [];
  const exceptions = SEVERITIES.filter((severity) => exceptionsOpen[severity] > 0);
  if (exceptions.length > 0) {
    open.push(`exceptions open: ${exceptions.map((each) => `${each} ${exceptionsOpen[each]}`).join(', ')}`);
  }
  const { acknowledged = 0, quarantined = 0, failed = 0 } = reconciled?.dispositions ?? {};
  if (acknowledged > 0) open.push(`${acknowledged} items acknowledged by their receiver and not verified`);
  if (quarantined > 0) open.push(`${quarantined} items quarantined`);
  if (failed > 0) open.push(`${failed} items failed`);
  if ((defectRate ?? 0) > defectRateMax) open.push('more defects than its tier tolerates');
  if (reconciled?.sampling?.draw === 'sample' && reconciled.sampling.achievedConfidence < facts.confidence) {
    if (reconciled.sampling.verdict === 'accepted') open.push('the sample shows less confidence than was asked for');
  }
  const blind = facts.workflow.filter(({ verdict }) => verdict === 'not-verifiable');
  for (const [why, own] of Map.groupBy(blind, (line) => line.why)) {
    open.push(`workflow not verifiable, as ${why}: ${own.map(({ check }) => check).join(', ')}`);
  }
  for (const state of ['awaited', 'rejected', 'outdated'] as const) {
    const roles = signOffs.filter((each) => each.state === state).map(({ role }) => role);
    if (roles.length > 0) open.push(`sign-off ${state}: ${roles.join(', ')}`);
  }
  return open;
}
