/** The one terminal outcome of a source item: eligible = verified + excluded + quarantined + failed, always. */
export const DISPOSITIONS = ['verified', 'excluded', 'quarantined', 'failed'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

export type DispositionCounts = { readonly [D in Disposition]: number } & { readonly eligible: number };

export function countDispositions(counts: Readonly<Record<Disposition, number>>): DispositionCounts {
  const { verified, excluded, quarantined, failed } = counts;
  return { eligible: verified + excluded + quarantined + failed, verified, excluded, quarantined, failed };
}

/** Whether the accounting identity holds. An item in none of the four is a defect of ours. */
export function isBalanced(counts: DispositionCounts): boolean {
  return counts.eligible === counts.verified + counts.excluded + counts.quarantined + counts.failed;
}
