/** Draws the sample of a batch: one pass over its sealed documents, before anything is read. */
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { keyedDigest } from '../../../kernel/digest.ts';
import type { EligibleItem } from '../domain/account.ts';
import { rankOf, RankCount } from '../domain/sampling/draw.ts';
import type { DrawPlan } from '../domain/sampling/draw-plan.ts';
import { type Fence, FenceCount, isOutside } from '../domain/sampling/fence.ts';
import { DRAWN_FOR, type DrawnFor, isRejected, outcomeOf, type SamplingOutcome } from '../domain/sampling/outcome.ts';
import { anyOf } from '../domain/selection.ts';
import type { BatchTask } from './batch-work.ts';
import { itemsOf } from './items-of.ts';

type SamplePlan = Extract<DrawPlan, { draw: 'sample' }>;

/** What is drawn of a batch, and what came of it so far. */
export interface Sample {
  /** Why the item is drawn as far as its name, size and date tell; undefined: it is not. */
  drawnFor(item: EligibleItem): DrawnFor | undefined;
  /** An item was looked into, or only found to be there. */
  note(drawnFor: DrawnFor | undefined, result: 'sound' | 'defective'): void;
  readonly findings: 'drawn' | 'left';
  isRejected(): boolean;
  outcome(): SamplingOutcome;
}

export async function drawSample(task: BatchTask, plan: SamplePlan): Promise<Sample> {
  const seed = seedOf(task);
  const key = Buffer.from(seed, 'hex');
  const isHighRisk = anyOf(plan.highRisk);
  const ranks = new RankCount(plan.demand);
  const [sizes, dates] = [new FenceCount(), new FenceCount()];
  for await (const item of itemsOf(task)) {
    if (!isLookedInto(item)) continue;
    sizes.add(item.sizeBytes);
    const day = dayOf(item);
    if (day !== undefined) dates.add(day);
    if (!isHighRisk(item.path)) ranks.add(rankOf(key, item.itemId));
  }
  const fences = fencesOf(plan, sizes, dates);
  return sampleOf(plan, { seed, isHighRisk, ...fences, population: ranks.population, ...ranks.end() });
}

interface Drawn {
  readonly seed: string;
  readonly isHighRisk: (path: string) => boolean;
  readonly size: number;
  readonly upTo: number;
  readonly population: number;
  readonly sizes: Fence | undefined;
  readonly dates: Fence | undefined;
}

function sampleOf(plan: SamplePlan, { isHighRisk, upTo, sizes, dates, ...told }: Drawn): Sample {
  const drawn = Object.fromEntries(DRAWN_FOR.map((reason) => [reason, 0])) as Record<DrawnFor, number>;
  const key = Buffer.from(told.seed, 'hex');
  let [notDrawn, defects] = [0, 0];
  return {
    findings: plan.spotChecks.findings,
    drawnFor(item) {
      if (isHighRisk(item.path)) return 'high-risk';
      // Something was found about it, and is to be gone now.
      if (item.movedBy !== null) return 'finding';
      if (rankOf(key, item.itemId) <= upTo) return 'sample';
      if (isOutside(item.sizeBytes, sizes)) return 'size';
      const day = dayOf(item);
      return day !== undefined && isOutside(day, dates) ? 'date' : undefined;
    },
    note(drawnFor, result) {
      if (drawnFor === undefined) notDrawn += 1;
      else drawn[drawnFor] += 1;
      if (drawnFor === 'sample' && result === 'defective') defects += 1;
    },
    isRejected: () => isRejected(defects, plan.demand),
    outcome: () => outcomeOf(plan, { ...told, drawn, notDrawn, defects }),
  };
}

/** Nobody who does not hold the key of the house can know beforehand what is going to be drawn. */
function seedOf({ house, migration, dataset, inputs }: BatchTask): string {
  const of = { purpose: 'sample', migration: migration.id, dataset: dataset.id, policy: inputs.policy };
  return keyedDigest(house.keys.record, canonicalJson(of));
}

/** What passes through and has been moved; nothing else can be read back as it is. */
export function isLookedInto({ state, parcels }: EligibleItem): boolean {
  return state === 'moved' && parcels.some(({ shape }) => shape === 'bytes');
}

function fencesOf({ spotChecks }: SamplePlan, sizes: FenceCount, dates: FenceCount): Pick<Drawn, 'sizes' | 'dates'> {
  const { fenceFactor } = spotChecks;
  if (fenceFactor === null) return { sizes: undefined, dates: undefined };
  return { sizes: sizes.end(fenceFactor), dates: dates.end(fenceFactor) };
}

const DAY_MS = 86_400_000;

/** Days since 1970 when it was changed; undefined where that is not known, or before. */
function dayOf({ modifiedAt }: EligibleItem): number | undefined {
  const day = modifiedAt === null ? Number.NaN : Math.floor(Date.parse(modifiedAt) / DAY_MS);
  return day >= 0 ? day : undefined;
}
