/** From the fields that differ to the faults behind them: one fault often shows in several fields. */
import type { Difference } from '../../../records/lineage/lineage.ts';

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
  return all.some(({ category, field }) => category !== 'value-mismatch' && elementOf(field) === element);
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
