/** Contestants measured in turn, round after round, so that what else the machine does falls on all of them. */

const ROUNDS = 5;

export interface Cost {
  readonly seconds: number;
  /** User and system time of this process. */
  readonly cpuSeconds: number;
}

/**
 * The median cost of each contestant over five rounds, after one that is not counted; `before` makes what it works on,
 * and is not measured.
 */
export async function inTurn<Name extends string>(
  contestants: Readonly<Record<Name, () => Promise<void> | void>>,
  before: (name: Name) => void = () => {},
): Promise<Readonly<Record<Name, Cost>>> {
  const named = Object.entries(contestants) as [Name, () => Promise<void> | void][];
  const costs = new Map<Name, Cost[]>(named.map(([name]) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, work] of named) {
      before(name);
      const cost = await measured(work);
      if (round > 0) costs.get(name)?.push(cost);
    }
  }
  return Object.fromEntries([...costs].map(([name, each]) => [name, medianCost(each)])) as Record<Name, Cost>;
}

async function measured(work: () => Promise<void> | void): Promise<Cost> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
}

export function medianCost(costs: readonly Cost[]): Cost {
  return {
    seconds: median(costs.map(({ seconds }) => seconds)),
    cpuSeconds: median(costs.map(({ cpuSeconds }) => cpuSeconds)),
  };
}

/** The middle one, or the higher of the two in the middle; NaN where there is none. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}
