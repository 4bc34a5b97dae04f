/**
 * The one terminal outcome of a source item: eligible = verified + acknowledged + excluded + quarantined + failed,
 * always. `acknowledged`: its receiver says that it has it, and nobody can look; it is not verified.
 */
export const DISPOSITIONS = ['verified', 'acknowledged', 'excluded', 'quarantined', 'failed'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** What every count has. `acknowledged` stands in it only where there are any: few targets cannot be read back. */
export const ALWAYS_COUNTED = ['verified', 'excluded', 'quarantined', 'failed'] as const;
export type DispositionCounts = { readonly [D in (typeof ALWAYS_COUNTED)[number]]: number } & {
  readonly eligible: number;
  readonly acknowledged?: number;
};

export function countDispositions(counts: Omit<DispositionCounts, 'eligible'>): DispositionCounts {
  const { verified, acknowledged = 0, excluded, quarantined, failed } = counts;
  const eligible = verified + acknowledged + excluded + quarantined + failed;
  const told = { eligible, verified, excluded, quarantined, failed };
  return acknowledged === 0 ? told : { ...told, acknowledged };
}

/** Whether the accounting identity holds. An item in none of the five is a defect of ours. */
export function isBalanced(counts: DispositionCounts): boolean {
  return counts.eligible === countDispositions(counts).eligible;
}
