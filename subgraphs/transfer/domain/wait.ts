/** Waiting: a batch moves once every batch of the datasets that its own depends on has ended, however it did. */
import type { BatchState } from './batch.ts';

/** When a dataset that others wait for counts as ended: the policy says. */
export const DEPENDENCY_ENDS = ['reconciled', 'moved'] as const;
export type DependencyEnd = (typeof DEPENDENCY_ENDS)[number];

const ENDED: Readonly<Record<DependencyEnd, readonly BatchState[]>> = {
  reconciled: ['reconciled', 'cancelled'],
  moved: ['moved', 'reconciled', 'cancelled'],
};

export interface Dependency {
  readonly dataset: string;
  /** Of all its batches; none while it is not planned yet. */
  readonly states: readonly BatchState[];
}

/** What a batch waits for. */
export interface Waiting {
  /** Names of datasets. */
  readonly datasets: readonly string[];
  readonly reason: string;
}

/** Undefined when nothing is waited for any more. What it ends with does not matter: exceptions hold nobody up. */
export function waitingFor(dependencies: readonly Dependency[], end: DependencyEnd): Waiting | undefined {
  const open = dependencies.filter(({ states }) => states.length === 0 || states.some((each) => !isEnded(each, end)));
  if (open.length === 0) return undefined;
  const each = open.map(({ dataset, states }) => `${dataset} (${stateOf(states, end)})`);
  return { datasets: open.map(({ dataset }) => dataset), reason: `waits until ${end}: ${each.join(', ')}` };
}

function isEnded(state: BatchState, end: DependencyEnd): boolean {
  return ENDED[end].includes(state);
}

function stateOf(states: readonly BatchState[], end: DependencyEnd): string {
  return states.find((each) => !isEnded(each, end)) ?? 'not surveyed';
}
