/** Which of the allowed words somebody probably meant. */

const DISTANCE_SHARE_MAX = 0.5;
const WORD_LENGTH_MAX = 64;

/** The allowed word with the fewest single-character edits, or `undefined` when none is near. */
export function nearestWord(word: string, allowed: readonly string[]): string | undefined {
  const given = word.slice(0, WORD_LENGTH_MAX).toLowerCase();
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of allowed) {
    const distance = editDistance(given, candidate.toLowerCase());
    if (best === undefined || distance < best.distance) best = { candidate, distance };
  }
  if (best === undefined) return undefined;
  return best.distance <= Math.max(given.length, best.candidate.length) * DISTANCE_SHARE_MAX
    ? best.candidate
    : undefined;
}

/** Levenshtein distance, one row at a time. */
function editDistance(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const changed = (above[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(changed, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[right.length] ?? 0;
}
