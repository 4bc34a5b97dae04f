/** A way in which two sides say one fact differently. */
import type { Fact, Said, Side } from './facts.ts';

/** What an equivalence may look at. */
export interface View {
  readonly expected: Side;
  readonly made: Side;
  /** The resource of ours that an expected one is held against. */
  counterpart(said: Said): Said | undefined;
  /** How an expected fact has been found on our side; undefined where it has not. */
  answer(fact: Fact): unknown;
  /** Whether a fact of ours has answered one of theirs already. */
  isSpent(fact: Fact): boolean;
}

export interface Equivalence {
  readonly name: string;
  readonly reason: string;
  /** The fact of ours that says the same; `restated` where theirs adds nothing to what has been found already. */
  readonly answer: (fact: Fact, said: Said, view: View) => Fact | 'restated' | undefined;
}
