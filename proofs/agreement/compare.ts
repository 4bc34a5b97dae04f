/** Fact by fact: what of the expected is made, as it is written or in another way that is written down. */
import type { Equivalence, View } from './equivalence.ts';
import { EQUIVALENCES } from './equivalences.ts';
import { allOf, type Fact, type Said, type Side } from './facts.ts';
import { alike, matchAll } from './match.ts';

/** How an expected fact is said on the other side. */
export type Answer = 'alike' | Equivalence;

/** The two sides of one source. Of theirs every fact is answered or not, of ours every fact answers or is beyond it. */
export class Comparison implements View {
  readonly expected: Side;
  readonly made: Side;
  readonly #counterparts = new Map<Said, Said>();
  readonly #answers = new Map<Fact, Answer>();
  readonly #spent = new Set<Fact>();

  constructor(expected: Side, made: Side) {
    this.expected = expected;
    this.made = made;
    for (const match of matchAll(expected.said, made.said)) {
      if (match.expected === undefined || match.made === undefined) continue;
      this.#counterparts.set(match.expected, match.made);
      for (const [path, facts] of match.expected.facts) {
        const found = alike(facts, match.made.facts.get(path) ?? []);
        for (const [fact, answer] of found) {
          this.#answers.set(fact, 'alike');
          this.#spent.add(answer);
        }
      }
    }
    for (const equivalence of EQUIVALENCES) this.#answerBy(equivalence);
  }

  counterpart(said: Said): Said | undefined {
    return this.#counterparts.get(said);
  }

  answer(fact: Fact): Answer | undefined {
    return this.#answers.get(fact);
  }

  isSpent(fact: Fact): boolean {
    return this.#spent.has(fact);
  }

  #answerBy(equivalence: Equivalence): void {
    for (const said of this.expected.said) {
      for (const fact of allOf(said)) {
        if (this.#answers.has(fact)) continue;
        const answer = equivalence.answer(fact, said, this);
        if (answer === undefined) continue;
        this.#answers.set(fact, equivalence);
        if (answer !== 'restated') this.#spent.add(answer);
      }
    }
  }
}
