/** What asking the target the way those who work with it ask came to: by check and target, and for single items. */
import type { Assurance, AssuranceLevel } from '../../../kernel/assurance.ts';

export const WORKFLOW_VERDICTS = ['passed', 'failed', 'not-verifiable', 'not-asked'] as const;
export type WorkflowVerdict = (typeof WORKFLOW_VERDICTS)[number];

/** Charts, messages or totals that a check was made of, that failed it, and that the target cannot be asked of. */
export interface WorkflowCounts {
  readonly asked: number;
  readonly failed: number;
  readonly notVerifiable: number;
}

/** What one check came to at one target. */
export interface WorkflowLine extends WorkflowCounts {
  readonly check: string;
  /** Of the target, and what went there. */
  readonly connector: string;
  readonly datasets: readonly string[];
  readonly verdict: WorkflowVerdict;
  /** Why it is not verifiable, or not all of it; null where all was asked. */
  readonly why: string | null;
}

export const NOTHING_ASKED: WorkflowCounts = { asked: 0, failed: 0, notVerifiable: 0 };

/** What passed in part has not passed. */
export function workflowLine(
  about: Pick<WorkflowLine, 'check' | 'connector' | 'datasets'>,
  { asked, failed, notVerifiable }: WorkflowCounts,
  why: string,
): WorkflowLine {
  const verdict =
    failed > 0 ? 'failed' : notVerifiable > 0 ? 'not-verifiable' : asked > 0 ? 'passed' : ('not-asked' as const);
  return { ...about, asked, failed, notVerifiable, verdict, why: notVerifiable > 0 ? why : null };
}

/** How many checks, each at each target, came to what. */
export function countVerdicts(
  lines: readonly Pick<WorkflowLine, 'verdict'>[],
): Readonly<Record<WorkflowVerdict, number>> {
  const counts = { passed: 0, failed: 0, 'not-verifiable': 0, 'not-asked': 0 };
  for (const { verdict } of lines) counts[verdict] += 1;
  return counts;
}

/** Of the records of an item that landed as they ought to. `passed` and `failed`: the chart they are in, as a whole. */
export interface OpenedRecords {
  readonly records: number;
  readonly passed: number;
  readonly failed: number;
  /** In the chart of a patient who was not drawn. */
  readonly notDrawn: number;
  /** In nobody's chart, or not there. */
  readonly chartless: number;
  readonly checksFailed: readonly string[];
}

/** Why the items of a target that shows no charts stay below the level. */
export const NO_CHARTS = 'not verifiable here, as the target shows no charts';
/** And those of which nothing was in a chart that was opened. */
export const NOT_OPENED = 'no record accounted to it was in a chart that was opened at the target';

/** The level is an item's only where it holds for all of its records; how far it holds is said in any case. */
export function openedItem(of: OpenedRecords): { readonly isWhole: boolean; readonly said: string } {
  const { records, passed, failed, notDrawn, chartless, checksFailed } = of;
  if (passed === records) {
    const said = `all ${records} records shown in charts that were opened at the target as those who work there do`;
    return { isWhole: true, said };
  }
  const told = [
    ...(passed > 0 ? [`${passed} in charts that were opened at the target and passed`] : []),
    ...(failed > 0 ? [`${failed} in charts that failed: ${checksFailed.join(', ')}`] : []),
    ...(notDrawn > 0 ? [`${notDrawn} in charts that were not drawn`] : []),
    ...(chartless > 0 ? [`${chartless} in nobody's chart`] : []),
  ];
  return { isWhole: false, said: `of ${records} records ${told.join(', ')}` };
}

/** What is said of an item before any chart is opened; null where no chart could show what is in it. */
export function unopened(
  { level, ends }: Pick<Assurance, 'level' | 'ends'>,
  charts: 'shown' | 'not-shown',
): string | null {
  const isCompared = (level === 'fields' || level === 'record') && ends === 'both';
  return isCompared ? (charts === 'shown' ? NOT_OPENED : NO_CHARTS) : null;
}

/** A chart that was opened does not outweigh fields that were not all compared, nor an older version. */
export function levelWith(level: AssuranceLevel, isWhole: boolean): AssuranceLevel {
  return level === 'fields' && isWhole ? 'workflow' : level;
}
