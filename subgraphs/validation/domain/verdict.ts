/** Verdicts: what reconciliation says of each unit (a record, or a parcel of bytes), and how they add up. */

/**
 * Disjoint. `acknowledged`: the receiver says that it has it, and nobody can look. A unit held more than once on one
 * side gets none of them: duplicates are found, not matched. Neither does one that no sample drew.
 */
export const VERDICTS = [
  'matched',
  'differs',
  'missing-on-target',
  'missing-on-source',
  'unreadable',
  'acknowledged',
] as const;
export type Verdict = (typeof VERDICTS)[number];

export type VerdictCounts = {
  /** Distinct units the source has. */
  readonly source: number;
  /** Copies found at the target, duplicates included. */
  readonly target: number;
  readonly matched: number;
  readonly differs: number;
  readonly missingOnTarget: number;
  readonly missingOnSource: number;
  readonly unreadable: number;
  /** Units held more than once on one side. */
  readonly duplicates: number;
  /** Units that are there and were not looked into: a sample vouches for them. */
  readonly notDrawn: number;
  /** Units that the receiver acknowledged and nobody can read back: neither matched nor a defect. */
  readonly acknowledged: number;
  /** Earlier versions of units, which say something else than the one that stands; counted apart from all of these. */
  readonly superseded: number;
};

export const NO_VERDICTS: VerdictCounts = {
  source: 0,
  target: 0,
  matched: 0,
  differs: 0,
  missingOnTarget: 0,
  missingOnSource: 0,
  unreadable: 0,
  duplicates: 0,
  notDrawn: 0,
  acknowledged: 0,
  superseded: 0,
};

const NAMES = Object.keys(NO_VERDICTS) as readonly (keyof VerdictCounts)[];

export function addVerdicts(left: Partial<VerdictCounts>, right: Partial<VerdictCounts>): VerdictCounts {
  const sum = NAMES.map((name) => [name, (left[name] ?? 0) + (right[name] ?? 0)]);
  return Object.fromEntries(sum) as VerdictCounts;
}

/** Whether every unit of the source has exactly one verdict, is a duplicate, or was not drawn. */
export function isAccountedFor(counts: VerdictCounts): boolean {
  const { source, matched, differs, missingOnTarget, unreadable, duplicates, notDrawn, acknowledged } = counts;
  return source === matched + differs + missingOnTarget + unreadable + duplicates + notDrawn + acknowledged;
}
