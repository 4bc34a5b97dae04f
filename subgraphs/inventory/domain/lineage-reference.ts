/** How a plan names a lineage map. */
import type { Refusal } from '../../../kernel/refusal.ts';
import { nearestWord } from '../../../records/spelling.ts';

export type LineageReference =
  | { readonly kind: 'pass-through' }
  | { readonly kind: 'shipped'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

const PASS_THROUGH = 'pass-through';
const SHIPPED = 'shipped:';
/** Without one of these a word is taken for a misspelt keyword rather than for a path. */
const LOOKS_LIKE_PATH = /[./\\]/;

export function readLineageReference(text: string): LineageReference {
  if (text === PASS_THROUGH) return { kind: 'pass-through' };
  if (text.startsWith(SHIPPED)) return { kind: 'shipped', name: text.slice(SHIPPED.length) };
  return { kind: 'file', path: text };
}

/** Refuses names of shipped maps that do not exist, and words that are neither a keyword nor a path. */
export function checkLineageReference(
  text: string,
  shipped: readonly string[],
  at: readonly string[],
): readonly Refusal[] {
  const reference = readLineageReference(text);
  const isKnown = reference.kind === 'shipped' ? shipped.includes(reference.name) : true;
  if (isKnown && (reference.kind !== 'file' || LOOKS_LIKE_PATH.test(text))) return [];
  const allowed = [PASS_THROUGH, ...shipped.map((name) => SHIPPED + name)];
  const nearest = nearestWord(text, allowed);
  return [
    {
      code: 'LINEAGE_UNKNOWN',
      message: `${JSON.stringify(text)} is no lineage; allowed: ${allowed.join(', ')}, or a path such as ./map.yaml`,
      field: at,
      remedy: nearest === undefined ? 'write one of those' : `write ${nearest}, if that is what was meant`,
    },
  ];
}
