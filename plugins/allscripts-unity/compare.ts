/** What came back against what was sent: the same, cut off, or something else. Only what comes back is compared. */
import type { ReadBack } from './actions.ts';

type Inputs = Readonly<Record<string, string>>;

export type Comparison =
  | { readonly kind: 'same' }
  /** A text of which only the beginning came back. */
  | { readonly kind: 'cut'; readonly input: string; readonly sent: number; readonly found: number }
  | { readonly kind: 'other'; readonly input: string };

export function compare(sent: Inputs, found: Inputs, columns: ReadBack['columns']): Comparison {
  let cut: Comparison | undefined;
  for (const input of Object.keys(columns)) {
    const [wanted, value] = [sent[input]?.replaceAll('\r\n', '\n'), found[input] ?? ''];
    if (wanted === undefined || wanted === value) continue;
    if (!wanted.startsWith(value)) return { kind: 'other', input };
    cut ??= { kind: 'cut', input, sent: wanted.length, found: value.length };
  }
  return cut ?? { kind: 'same' };
}

/** Whether anything of what was sent comes back, or all of it. */
export function sightOf(sent: Inputs, columns: ReadBack['columns']): 'nothing' | 'part' | 'all' {
  const inputs = Object.keys(sent);
  const seen = inputs.filter((input) => columns[input] !== undefined).length;
  if (seen === inputs.length) return 'all';
  return seen === 0 ? 'nothing' : 'part';
}
