/** Collects the problems of one item, up to a limit that is itself reported. */
import type { Problem } from './format.ts';

/** More problems than this are counted, not listed. */
export const PROBLEMS_MAX = 1000;

export class Findings {
  readonly #problems: Problem[] = [];
  #more = 0;
  #last: Problem | undefined;

  add(problem: Problem): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem);
    else {
      this.#more++;
      this.#last = problem;
    }
  }

  get any(): boolean {
    return this.#problems.length > 0;
  }

  all(): readonly Problem[] {
    if (this.#last === undefined) return this.#problems;
    const { category, position } = this.#last;
    const message = `${this.#more} more problems, the last one here`;
    return [...this.#problems, { category, code: 'MORE_PROBLEMS', position, message }];
  }
}

/** The problem of an item or record too large to be held and parsed. */
export function tooLarge(position: string, what: string, bytesMax: number): Problem {
  const message = `${what} is longer than ${bytesMax} bytes and was not parsed`;
  return { category: 'unreadable', code: 'TOO_LARGE', position, message };
}
