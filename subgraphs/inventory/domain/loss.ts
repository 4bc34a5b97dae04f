/** When a loss report speaks of the map and the items that will move, and what of it becomes a finding. */
import type { LossReport } from '../../../records/lineage/loss.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { FINDING_ITEMS_MAX, type Found } from './finding.ts';

export const LOSS_STATES = ['running', 'complete', 'failed'] as const;
export type LossState = (typeof LOSS_STATES)[number];

export interface Measured {
  readonly lineage: Sha256 | null;
  readonly survey: Sha256 | null;
}

/** A report over another map, or over another survey, says nothing about this one. */
export function isCurrent(report: Measured & { readonly state: LossState }, dataset: Measured): boolean {
  return report.state === 'complete' && report.lineage === dataset.lineage && report.survey === dataset.survey;
}

export function findingsOf(report: LossReport): readonly Found[] {
  const { lost, overwritten, fromNothing } = report;
  const items = [...new Set(lost.flatMap((path) => path.items))].slice(0, FINDING_ITEMS_MAX);
  const found: Found[] = [];
  if (lost.length > 0) {
    found.push({
      code: 'FIELDS_LOST',
      severity: 'P2',
      requirement: 'B14',
      count: lost.length,
      itemIds: items,
      position: null,
      detail: `populated fields reach no target: ${named(lost.map(({ path }) => path))}; map or exclude them`,
    });
  }
  if (overwritten.length > 0) {
    found.push({
      code: 'TARGETS_OVERWRITTEN',
      severity: 'P2',
      requirement: 'B10',
      count: overwritten.length,
      itemIds: [],
      position: null,
      detail: `two rules fill one target: ${named(overwritten.map(({ type, target }) => `${type}.${target}`))}`,
    });
  }
  const critical = fromNothing.filter((each) => each.critical);
  const targets = named(critical.map(({ type, target }) => `${type}.${target}`));
  if (critical.length > 0) {
    found.push({
      code: 'CRITICAL_FROM_NOTHING',
      severity: 'P2',
      requirement: 'B10',
      count: critical.length,
      itemIds: [],
      position: null,
      detail: `critical targets say the same whatever the source says: ${targets}`,
    });
  }
  return found;
}

const NAMED_MAX = 10;

/** Paths are of the format and of the map, never of a patient. */
function named(paths: readonly string[]): string {
  const more = paths.length > NAMED_MAX ? ` and ${paths.length - NAMED_MAX} more` : '';
  return `${paths.slice(0, NAMED_MAX).join(', ')}${more}`;
}
