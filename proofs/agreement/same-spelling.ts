/** The same fact at the same place, spelled otherwise. */
import type { Equivalence, View } from './equivalence.ts';
import { beside, type Fact, type Said } from './facts.ts';
import { isOfHl7, systemOf } from './systems.ts';

/** What a system, a name or a unit belongs to: facts of two sides are held together only where these agree. */
const WHAT_IT_QUALIFIES = ['code', 'value'] as const;

/** Facts of the counterpart at `path` that answer nothing yet. */
export function unspent(view: View, said: Said, path: string): readonly Fact[] {
  return (view.counterpart(said)?.facts.get(path) ?? []).filter((fact) => !view.isSpent(fact));
}

function qualifyAlike(theirs: Fact, ours: Fact): boolean {
  return WHAT_IT_QUALIFIES.every((name) => [undefined, beside(ours, name)].includes(beside(theirs, name)));
}

const sameSystem: Equivalence = {
  name: 'one system, two names',
  reason: 'a name of the site’s own is one by every publisher; a table of HL7 is one by its URI, OID and number',
  answer: (fact, said, view) =>
    /(?:^|\.)system$/.test(fact.path)
      ? unspent(view, said, fact.path).find(
          (ours) => systemOf(ours.value) === systemOf(fact.value) && qualifyAlike(fact, ours),
        )
      : undefined,
};

const nameOfCode: Equivalence = {
  name: 'the name of a code both say',
  reason: 'the names of the codes of HL7’s own systems are the system’s; the code says them, however they are worded',
  answer: (fact, said, view) => {
    const code = beside(fact, 'code');
    const system = beside(fact, 'system');
    if (!fact.path.endsWith('.display') || code === undefined || system === undefined || !isOfHl7(system)) return;
    const path = fact.path.replace(/display$/, 'code');
    const isSaid = view
      .counterpart(said)
      ?.facts.get(path)
      ?.some((ours) => {
        const itsSystem = beside(ours, 'system');
        return ours.value === code && itsSystem !== undefined && systemOf(itsSystem) === systemOf(system);
      });
    if (isSaid !== true) return;
    return unspent(view, said, fact.path).find((ours) => beside(ours, 'code') === code) ?? 'restated';
  },
};

const joinedParts: Equivalence = {
  name: 'parts in one text',
  reason: 'parts for which there is one text are joined: by two dashes there, by a space here',
  answer: (fact, said, view) => {
    if (!fact.value.includes('--')) return;
    const text = fact.value.split('--').join(' ');
    return unspent(view, said, fact.path).find(({ value }) => value === text);
  },
};

export const SPELLINGS: readonly Equivalence[] = [sameSystem, nameOfCode, joinedParts];
