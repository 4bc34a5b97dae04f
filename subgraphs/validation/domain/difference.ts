/** From the fields that differ to the faults behind them: one fault often shows in several fields. */
import type { Difference } from '../../../records/lineage/lineage.ts';

/** By record type, the fields that the target is not known to give back. */
export type Withheld = { readonly [type: string]: readonly string[] };

/** What the target says of how it keeps records. */
export interface Keeping {
  readonly withheld?: Withheld | undefined;
  readonly decimals?: 'kept' | 'normalised' | undefined;
}

/**
 * The differences that can be a fault: what the target gives nothing back of can be neither right nor wrong, and of one
 * that writes decimals with digits of its own only their value is held against what was written.
 */
export function comparedOf<Found extends { readonly field: string; readonly category: string }>(
  type: string,
  differences: readonly Found[],
  { withheld, decimals }: Keeping,
): readonly Found[] {
  const fields = withheld?.[type] ?? [];
  const valued =
    decimals === 'normalised' ? differences.filter(({ category }) => category !== 'precision-loss') : differences;
  return fields.length === 0 ? valued : valued.filter(({ field }) => !fields.includes(elementOf(field)));
}

/** The element a field belongs to: `name` of `name[0].family`. */
export function elementOf(field: string): string {
  return /^[^.[]*/.exec(field)?.[0] ?? field;
}

/** A clock that is wrong shifts every time of a record alike; anything else is one fault an element. */
function faultOf(difference: Difference): string {
  const { category, field, note } = difference;
  return category === 'timestamp-shift' ? `${category} ${note}` : `${category} ${elementOf(field)}`;
}

/** What only repeats a more telling difference of the same element is left out. */
function isEcho(difference: Difference, all: readonly Difference[]): boolean {
  if (difference.category !== 'value-mismatch') return false;
  const element = elementOf(difference.field);
  const isTelling = (category: Difference['category']) =>
    category !== 'value-mismatch' && category !== 'precision-loss';
  return all.some(({ category, field }) => isTelling(category) && elementOf(field) === element);
}

/** One difference for each fault: the first of its fields, saying how many others show it. */
export function faultsBehind(differences: readonly Difference[]): readonly Difference[] {
  const faults = new Map<string, { first: Difference; others: number }>();
  for (const difference of differences.filter((each) => !isEcho(each, differences))) {
    const known = faults.get(faultOf(difference));
    if (known) known.others += 1;
    else faults.set(faultOf(difference), { first: difference, others: 0 });
  }
  return [...faults.values()].map(({ first, others }) =>
    others === 0 ? first : { ...first, note: `${first.note} (and ${others} more fields)` },
  );
}
