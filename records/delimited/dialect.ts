/** Finds out how an extract separates its columns, from its first lines. */
import type { UnitCharset } from './units.ts';

export const SEPARATORS = [',', '\t', '|', ';'] as const;
export type Separator = (typeof SEPARATORS)[number];

/** How an extract is written. */
export interface Dialect {
  readonly separator: Separator;
  /** Whether cells may be quoted. */
  readonly quotes: boolean;
  /** The first line end of the extract; `\n` takes a carriage return before it along. */
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly charset: UnitCharset;
}

export function sniffDialect(head: string, charset: UnitCharset): Dialect {
  const separator = sniffSeparator(head);
  const quotes = usesQuotes(head, separator);
  return { separator, quotes, lineEnd: firstLineEnd(head, quotes), charset };
}

/** Outside quotation marks, where there are any. */
function firstLineEnd(head: string, quotes: boolean): Dialect['lineEnd'] {
  let quoted = false;
  for (let at = 0; at < head.length; at++) {
    if (quotes && head[at] === '"') quoted = !quoted;
    if (quoted) continue;
    if (head[at] === '\n') return '\n';
    if (head[at] === '\r') return head[at + 1] === '\n' || at + 1 === head.length ? '\r\n' : '\r';
  }
  return '\n';
}

const SAMPLE_LINES_MAX = 50;

/** How well a separator divides a text: the columns of its first line, and the share of lines as wide as that. */
export interface Division {
  readonly separator: Separator;
  readonly columns: number;
  readonly lines: number;
  /** 0 to 1. */
  readonly evenness: number;
}

/** Every separator that divides the first line of `head`, quotes respected; the most even first. */
export function divisions(head: string): readonly Division[] {
  const found: Division[] = [];
  for (const separator of SEPARATORS) {
    const widths = columnCounts(head, separator);
    const columns = widths[0] ?? 1;
    const evenness = widths.filter((width) => width === columns).length / widths.length;
    if (columns > 1) found.push({ separator, columns, lines: widths.length, evenness });
  }
  return found.sort((one, other) => score(other) - score(one));
}

/** The header's width breaks ties: free text holds commas, a header rarely does. */
function score({ evenness, columns }: Division): number {
  return evenness + Math.min(columns, 99) / 1000;
}

/** The separator of `head`, the beginning of a text; one without any counts as a single column separated by commas. */
export function sniffSeparator(head: string): Separator {
  return divisions(head)[0]?.separator ?? ',';
}

function columnCounts(head: string, separator: string): readonly number[] {
  const counts: number[] = [];
  let columns = 1;
  let quoted = false;
  let empty = true;
  for (let at = 0; at < head.length; at++) {
    const character = head[at];
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === separator) columns++;
    // A lone carriage return ends a line too, as the old Macintosh wrote it; the last one may have lost its other half.
    const isReturn = character === '\r' && at + 1 < head.length && head[at + 1] !== '\n';
    if (quoted || (character !== '\n' && !isReturn)) {
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
