/** How a target code relates to its source code: FHIR R4's ConceptMapEquivalence, read from target to source. */

/** Relations under which the target may stand for the source, the best first. */
export const MAPPED_EQUIVALENCES = [
  'equal',
  'equivalent',
  'wider',
  'subsumes',
  'narrower',
  'specializes',
  'inexact',
  'relatedto',
] as const;
export type MappedEquivalence = (typeof MAPPED_EQUIVALENCES)[number];

/** The target says that nothing stands for the source. */
export const UNMAPPED_EQUIVALENCES = ['unmatched', 'disjoint'] as const;
export type UnmappedEquivalence = (typeof UNMAPPED_EQUIVALENCES)[number];

/** Whether nothing of the meaning is lost. */
export function isExact(equivalence: MappedEquivalence): boolean {
  return equivalence === 'equal' || equivalence === 'equivalent';
}

export function isMappedEquivalence(text: string): text is MappedEquivalence {
  return (MAPPED_EQUIVALENCES as readonly string[]).includes(text);
}

export function isUnmappedEquivalence(text: string): text is UnmappedEquivalence {
  return (UNMAPPED_EQUIVALENCES as readonly string[]).includes(text);
}
