/** Which datasets have to arrive before which: names checked, circles found, and the order that follows. */
import type { Refusal } from '../../../kernel/refusal.ts';
import { byRisk, type Tier } from '../../../kernel/tier.ts';
import { nearestWord } from '../../../records/spelling.ts';

export interface Dependent {
  readonly name: string;
  readonly tier: Tier;
  readonly dependsOn?: readonly string[] | undefined;
}

/** Refuses with DEPENDENCY_UNKNOWN names of no dataset, with DEPENDENCY_CIRCLE those that wait for themselves. */
export function checkDependencies(datasets: readonly Dependent[]): readonly Refusal[] {
  const names = datasets.map(({ name }) => name);
  const unknown = datasets.flatMap(({ dependsOn = [] }, at) =>
    dependsOn.flatMap((name, each) =>
      names.includes(name) ? [] : [unknownName(name, names, [`datasets[${at}]`, `dependsOn[${each}]`])],
    ),
  );
  if (unknown.length > 0) return unknown;
  const circle = findCircle(datasets);
  return circle.length === 0 ? [] : [circular(circle, names.indexOf(circle[0] ?? ''))];
}

/**
 * The order of moving: whatever others wait for comes before them, and among those that could be next the riskiest
 * tier, then the place in the plan. A dataset that riskier ones wait for is as urgent as they are.
 */
export function orderOf(datasets: readonly Dependent[]): readonly string[] {
  const tiers = urgencies(datasets);
  const waiting = datasets.map(({ name, dependsOn = [] }) => ({ name, open: new Set(dependsOn) }));
  const order: string[] = [];
  while (waiting.length > 0) {
    const free = waiting.filter(({ open }) => open.size === 0);
    // In a circle, which no checked plan has, the place in the plan decides.
    const candidates = free.length > 0 ? free : waiting.slice(0, 1);
    const [next] = candidates.toSorted((left, right) => byRisk(tierOf(tiers, left.name), tierOf(tiers, right.name)));
    if (next === undefined) break;
    order.push(next.name);
    waiting.splice(waiting.indexOf(next), 1);
    for (const { open } of waiting) open.delete(next.name);
  }
  return order;
}

function tierOf(tiers: ReadonlyMap<string, Tier>, name: string): Tier {
  return tiers.get(name) ?? 'compliance-archive';
}

/** The riskiest tier among a dataset and everything that waits for it. */
function urgencies(datasets: readonly Dependent[]): ReadonlyMap<string, Tier> {
  const byName = new Map(datasets.map((each) => [each.name, each]));
  const tiers = new Map<string, Tier>();
  const raise = (name: string, tier: Tier): void => {
    const known = tiers.get(name);
    if (known !== undefined && byRisk(known, tier) <= 0) return;
    tiers.set(name, tier);
    for (const each of byName.get(name)?.dependsOn ?? []) raise(each, tier);
  };
  for (const { name, tier } of datasets) raise(name, tier);
  return tiers;
}

/** The names of one circle, in order; empty when there is none. */
function findCircle(datasets: readonly Dependent[]): readonly string[] {
  const open = new Map(datasets.map(({ name, dependsOn = [] }) => [name, new Set(dependsOn)]));
  for (let isShrinking = true; isShrinking; ) {
    isShrinking = false;
    for (const [name, others] of open) {
      if ([...others].some((each) => open.has(each))) continue;
      open.delete(name);
      isShrinking = true;
    }
  }
  const trail: string[] = [];
  let [at] = open.keys();
  while (at !== undefined && !trail.includes(at)) {
    trail.push(at);
    at = [...(open.get(at) ?? [])].find((each) => open.has(each));
  }
  return at === undefined ? [] : trail.slice(trail.indexOf(at));
}

function unknownName(name: string, names: readonly string[], field: readonly string[]): Refusal {
  const nearest = nearestWord(name, names);
  return {
    code: 'DEPENDENCY_UNKNOWN',
    message: `${field.join('.')} is ${JSON.stringify(name)}, which is no dataset; allowed: ${names.join(', ')}`,
    field,
    remedy: nearest === undefined ? 'write the name of a dataset' : `write ${nearest}, if that is what was meant`,
  };
}

function circular(circle: readonly string[], at: number): Refusal {
  const field = [`datasets[${at}]`, 'dependsOn'];
  return {
    code: 'DEPENDENCY_CIRCLE',
    message: `${field.join('.')}: ${[...circle, circle[0]].join(' waits for ')}`,
    field,
    remedy: 'take one of them out, so that something can be first',
  };
}
