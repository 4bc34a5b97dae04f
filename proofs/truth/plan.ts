/** How large a truth set is, and which of its records each kind of fault falls on. */
import { createHash } from 'node:crypto';
import { text } from '../../test/validation/practice.ts';
import { mrnOf } from './people.ts';

export interface Size {
  readonly patients: number;
  readonly messages: number;
  readonly allergies: number;
  readonly medications: number;
  readonly documents: number;
  readonly queue: number;
  /** Faults of each of the kinds. */
  readonly faults: number;
}

/** The set of a share of `size`, at least one fault of each kind. */
export function shareOf(size: Size, share: number): Size {
  const part = (count: number): number => Math.ceil(count * share);
  const { patients, messages, allergies, medications, documents, queue, faults } = size;
  return {
    ...{ patients: part(patients), messages: part(messages), allergies: part(allergies) },
    ...{ medications: part(medications), documents: part(documents), queue: part(queue), faults: part(faults) },
  };
}

export const paperOf = (n: number): string => `documents/${mrnOf(n)}.txt`;
export const wordsOf = (n: number): string =>
  text(`document ${n}: ${createHash('sha256').update(`${n}`).digest('hex')}`);
export const messageOf = (n: number): string => `adt/${mrnOf(n)}.hl7`;

/** Numbers of the records that each kind spoils: apart from each other, and the same on every run. */
export class Plan {
  readonly found: string[] = [];
  readonly #faults: number;

  constructor(faults: number) {
    this.#faults = faults;
  }

  /** `faults` numbers of a kind out of `of`; the kinds that share an `of` have different `lane`s out of `lanes`. */
  pick(of: number, lane: number, lanes: number, skip = 2): readonly number[] {
    const step = Math.floor((of - skip) / this.#faults);
    const offset = skip + Math.floor((lane * step) / lanes);
    return Array.from({ length: this.#faults }, (_, at) => offset + at * step);
  }

  expect(numbers: readonly number[], line: (n: number) => string): ReadonlySet<number> {
    this.found.push(...numbers.map(line));
    return new Set(numbers);
  }

  readonly #lacking = new Set<number>();

  /** Patients who landed without something: one exception each, however much it is. */
  lack(numbers: readonly number[]): void {
    for (const n of numbers.filter((each) => !this.#lacking.has(each))) {
      this.#lacking.add(n);
      this.found.push(`incomplete-chart demographics mrn:${mrnOf(n)}`);
    }
  }
}
