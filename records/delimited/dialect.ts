/** Finds out how an extract separates its columns, from its first lines. */

export const SEPARATORS = [',', '\t', '|', ';'] as const;
export type Separator = (typeof SEPARATORS)[number];

const SAMPLE_LINES_MAX = 50;

/**
 * The separator that divides the first lines most evenly, quotes respected. `head` is the beginning of the text; a
 * text without any separator is one column wide and counts as separated by commas.
 */
export function sniffSeparator(head: string): Separator {
  let best: { separator: Separator; score: number } = { separator: ',', score: 0 };
  for (const separator of SEPARATORS) {
    const widths = columnCounts(head, separator);
    const first = widths[0] ?? 1;
    if (first === 1) continue;
    const even = widths.filter((width) => width === first).length / widths.length;
    // The header's width breaks ties: free text holds commas, a header rarely does.
    const score = even + Math.min(first, 99) / 1000;
    if (score > best.score) best = { separator, score };
  }
  return best.separator;
}

function columnCounts(head: string, separator: string): readonly number[] {
  const counts: number[] = [];
  let columns = 1;
  let quoted = false;
  let empty = true;
  for (const character of head) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === separator) columns++;
    if (quoted || character !== '\n') {
      if (character !== '\r') empty = false;
      continue;
    }
    if (!empty) counts.push(columns);
    if (counts.length === SAMPLE_LINES_MAX) return counts;
    columns = 1;
    empty = true;
  }
  // The last line may be cut off; it counts only where there is no other.
  return counts.length === 0 && !empty ? [columns] : counts;
}

/** Tabs and bars need no quotes; a quotation mark is then data, unless cells begin with one. */
export function usesQuotes(head: string, separator: Separator): boolean {
  if (separator === ',' || separator === ';') return true;
  return head.startsWith('"') || head.includes('\n"') || head.includes(`${separator}"`);
}
