/** Where work on a long document goes on that was begun before. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Attempt, PackRow } from './tables.ts';

/** Of how many lines of the manifest it is known what became of them, from its first on and without a gap. */
export function settledFromFirst(em: SqlEntityManager, batchId: string): Promise<number> {
  return fromFirst(batchId, (lines) => em.count(Attempt, lines));
}

/** How many lines of the survey are packed, from its first on and without a gap; one that is excluded is a gap. */
export function packedFromFirst(em: SqlEntityManager, batchId: string): Promise<number> {
  return fromFirst(batchId, (lines) => em.count(PackRow, lines));
}

interface Lines {
  readonly batchId: string;
  readonly ordinal?: { readonly $gte: number; readonly $lt: number };
}

/** By bisection: to ask for every stretch of a million lines would take seconds. */
async function fromFirst(batchId: string, count: (lines: Lines) => Promise<number>): Promise<number> {
  let [low, high] = [0, await count({ batchId })];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((await count({ batchId, ordinal: { $gte: low, $lt: middle } })) === middle - low) low = middle;
    else high = middle - 1;
  }
  return low;
}
