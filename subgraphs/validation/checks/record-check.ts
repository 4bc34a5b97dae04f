/** Checks that need nothing but one record. */
import { type Json, NumberLiteral } from '../../../kernel/canonical-json.ts';
import type { Check } from '../domain/check.ts';
import type { Finding } from '../domain/finding.ts';
import type { Members } from './resource.ts';

/** What is wrong, and in which element, for example `name[0].family`. Never a value. */
export interface Seen {
  readonly category: Finding['category'];
  readonly code: string;
  readonly field: string;
  readonly message: string;
}

/** What is known beside the record. */
export interface Told {
  /** When the batch arrived: RFC 3339, or a day of it. */
  readonly today: string;
  /** The most characters the target keeps, by element: `Patient.name.family`. */
  readonly lengthMax: ReadonlyMap<string, number>;
  /** Whether it could not be mapped whole. */
  readonly isPartial?: boolean;
}

export interface RecordCheck extends Check {
  /** Says nothing of records that could not be mapped whole: what they lack, the mapping has told. */
  readonly needsWhole?: true;
  /** Looks at the record as a whole. */
  readonly look?: (resource: Members, told: Told) => readonly Seen[];
  /** Looks at every object inside of the record; `field` is only worked out where something is found. */
  readonly lookAt?: (element: Members, field: () => string, told: Told) => readonly Seen[];
  /** Looks at every text inside of the record. */
  readonly lookAtText?: (text: string, field: () => string, told: Told) => readonly Seen[];
}

/** More findings of one record tell nothing new. */
const SEEN_MAX = 50;
const DEPTH_MAX = 64;

/** One walk over the record for all checks, in their order at each place. */
export function lookAtRecord(given: readonly RecordCheck[], resource: Members, told: Told): readonly Seen[] {
  const checks = told.isPartial === true ? given.filter(({ needsWhole }) => needsWhole !== true) : given;
  const found = checks.flatMap(({ look }) => look?.(resource, told) ?? []);
  const walk = new Walk(checks, told, found);
  walk.visit(resource as Json, 0);
  return found.slice(0, SEEN_MAX);
}

class Walk {
  readonly #path: (string | number)[] = [];
  readonly #field = (): string => fieldOf(this.#path);
  readonly #ofElements: readonly NonNullable<RecordCheck['lookAt']>[];
  readonly #ofTexts: readonly NonNullable<RecordCheck['lookAtText']>[];
  readonly #told: Told;
  readonly #found: Seen[];

  constructor(checks: readonly RecordCheck[], told: Told, found: Seen[]) {
    this.#ofElements = checks.flatMap(({ lookAt }) => lookAt ?? []);
    this.#ofTexts = checks.flatMap(({ lookAtText }) => lookAtText ?? []);
    this.#told = told;
    this.#found = found;
  }

  visit(value: Json | undefined, depth: number): void {
    if (depth > DEPTH_MAX || this.#found.length >= SEEN_MAX) return;
    if (typeof value === 'string') {
      for (const look of this.#ofTexts) this.#add(look(value, this.#field, this.#told));
    } else if (Array.isArray(value)) {
      for (const [index, each] of value.entries()) this.#step(index, each as Json, depth);
    } else if (typeof value === 'object' && value !== null) {
      const members = value as Members;
      for (const look of this.#ofElements) this.#add(look(members, this.#field, this.#told));
      for (const name in members) this.#step(name, members[name], depth);
    }
  }

  #step(step: string | number, value: Json | undefined, depth: number): void {
    if (typeof value === 'number' || typeof value === 'boolean' || value instanceof NumberLiteral) return;
    this.#path.push(step);
    this.visit(value, depth + 1);
    this.#path.pop();
  }

  #add(seen: readonly Seen[]): void {
    if (seen.length > 0) this.#found.push(...seen);
  }
}

function fieldOf(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}
