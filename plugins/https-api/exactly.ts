/** Objects with these members and no others; what is misspelt is told which name is near. */
import { z } from 'zod';

/** Edits, in parts of the longer word. */
const DISTANCE_SHARE_MAX = 0.5;
const WORD_LENGTH_MAX = 64;

export function exactly<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownNames(issue.keys, names) : undefined),
  });
}

/** A name may be a password in the wrong place, so only names that are nearly right are repeated. */
export function unknownNames(given: readonly string[], names: readonly string[]): string {
  const near = given.map((each) => nearestName(each, names)).filter((each) => each !== undefined);
  const meant = near.length === 0 ? `allowed are ${names.join(', ')}` : `did you mean ${near.join(', ')}?`;
  return `there is no such setting: ${meant}`;
}

export function nearestName(given: string, names: readonly string[]): string | undefined {
  const word = given.slice(0, WORD_LENGTH_MAX).toLowerCase();
  const [best] = names
    .map((name) => ({ name, distance: editsBetween(word, name.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance);
  if (best === undefined || best.distance > Math.max(word.length, best.name.length) * DISTANCE_SHARE_MAX)
    return undefined;
  return best.name;
}

/** Levenshtein distance, one row at a time. */
function editsBetween(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (const [row, letter] of [...left].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...right].entries()) {
      const changed = (above[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above.at(-1) ?? 0;
}
