/** What a mapping did, rule by rule: every value taken, where it stood, and where it went. */
import { getAt, type Draft, type DraftValue } from './draft.ts';
import type { Fill } from './fill.ts';
import type { Leaf } from './leaves.ts';
import { parseTarget } from './path.ts';
import type { Rule } from './rule.ts';
import type { Source, Trouble } from './source.ts';

export interface TracedRead {
  readonly path: string;
  readonly position: string;
  readonly value: string;
  /** Names of the source values it was made of; see Source. */
  readonly instances: readonly string[];
}

/** What one rule did in one place. */
export interface TracedWrite {
  readonly rule: Rule;
  /** From the record down, list positions included: `identifier[1].value`. */
  readonly target: string;
  /** Undefined where the rule complained instead, or where an expression is still to be evaluated. */
  readonly value: DraftValue | undefined;
  /** Empty for what comes from no source value. */
  readonly reads: readonly TracedRead[];
  /** Another rule had put another value there. */
  readonly overwrote: boolean;
}

export interface TracedRecord {
  readonly type: string;
  readonly key: string;
  /** Taken by the keys of the record and its parent. */
  readonly keyReads: readonly TracedRead[];
  readonly writes: readonly TracedWrite[];
}

/** A message, row, document or resource: everything that was made of it, and everything that is in it. */
export interface TracedUnit {
  readonly records: readonly TracedRecord[];
  leaves(): Iterable<Leaf>;
}

interface Frame {
  readonly above: string;
  readonly start: number;
  readonly elements: Map<Draft, number>;
}

export class Tracer {
  readonly #listener: (unit: TracedUnit) => void;
  #reads: TracedRead[] = [];
  #writes: TracedWrite[] = [];
  #records: TracedRecord[] = [];
  readonly #frames: Frame[] = [];

  constructor(listener: (unit: TracedUnit) => void) {
    this.#listener = listener;
  }

  /** A record is complete. */
  made(type: string, key: string): void {
    this.#records.push({ type, key, keyReads: this.#reads, writes: this.#writes });
    this.#reads = [];
    this.#writes = [];
  }

  /** Every record of a unit is complete. */
  unit(leaves: () => Iterable<Leaf>): void {
    const records = this.#records;
    this.#records = [];
    this.#listener({ records, leaves });
  }

  source<Scope>(source: Source<Scope>): Source<Scope> {
    return {
      ...source,
      value: (taken) => {
        const read = source.value(taken);
        const instances = source.instances(taken);
        return (scope, trouble) => {
          const value = read(scope, trouble);
          if (value === undefined || value.trim() === '') return value;
          const position = source.position(scope, taken.path);
          this.#reads.push({ path: taken.path, position, value, instances: instances(scope) });
          return value;
        };
      },
    };
  }

  watch<Scope>(rule: Rule, fill: Fill<Scope>): Fill<Scope> {
    if (rule.do === 'refuse' || rule.do === 'shape') return fill;
    if (rule.do === 'each') return this.#each(rule.to, fill);
    const steps = parseTarget(rule.to);
    return (scope, draft, trouble) => {
      const outer = this.#reads;
      this.#reads = [];
      const before = getAt(draft, steps);
      let complained = false;
      const heard: Trouble = (...complaint) => {
        complained = true;
        trouble(...complaint);
      };
      fill(scope, draft, heard);
      const after = getAt(draft, steps);
      const reads = this.#reads;
      this.#reads = outer;
      const wrote = after !== undefined && after !== before;
      if (!wrote && !complained && (reads.length === 0 || rule.do !== 'jsonata')) {
        // The same value once more is still a value that arrived.
        if (after === undefined || reads.length === 0) return;
      }
      const overwrote = wrote && before !== undefined;
      this.#writes.push({ rule, target: this.#targetOf(draft, rule.to), value: after, reads, overwrote });
    };
  }

  #each<Scope>(to: string, fill: Fill<Scope>): Fill<Scope> {
    const steps = parseTarget(to);
    return (scope, draft, trouble) => {
      const list = getAt(draft, steps);
      const start = Array.isArray(list) ? list.length : 0;
      this.#frames.push({ above: this.#targetOf(draft, to), start, elements: new Map() });
      fill(scope, draft, trouble);
      this.#frames.pop();
    };
  }

  #targetOf(draft: Draft, to: string): string {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return to;
    let index = frame.elements.get(draft);
    if (index === undefined) {
      index = frame.start + frame.elements.size;
      frame.elements.set(draft, index);
    }
    const element = `${frame.above}[${index}]`;
    return to === '.' ? element : `${element}.${to}`;
  }
}
