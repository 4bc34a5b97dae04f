/** The risk class of a dataset; decides order, depth of validation and whether a defect is a patient-safety event. */
export const TIERS = [
  'active-clinical',
  'financially-sensitive',
  'historical-searchable',
  'compliance-archive',
] as const;
export type Tier = (typeof TIERS)[number];

/** Sorts the riskiest tier first: the order in which batches move. */
export function byRisk(left: Tier, right: Tier): number {
  return TIERS.indexOf(left) - TIERS.indexOf(right);
}
