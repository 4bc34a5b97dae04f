/** What the records that are written carry of a source: for every value of it the target elements a rule put it in. */
import type { TracedUnit, TracedWrite } from '../../records/lineage/trace.ts';
import type { Statement } from './source.ts';

/** One source value in one element of ours. */
export interface Carrying {
  /** The element path without positions, from the type: `Patient.name.family`. */
  readonly field: string;
  /** What the rule does: `copy`, `date`, `code`, ... */
  readonly transform: string;
  /** What was written, as text. */
  readonly value: string;
}

export class Carried {
  readonly #byName = new Map<string, Carrying[]>();
  readonly #records = new Map<string, Set<string>>();

  /** `isWritten` says of a record, by type and key, whether it goes to the target. */
  add({ records }: TracedUnit, isWritten: (type: string, key: string) => boolean): void {
    for (const { type, key, writes } of records) {
      if (!isWritten(type, key)) continue;
      for (const write of writes) this.#write(type, key, write);
    }
  }

  /** The keys of the records that hold something of a value. */
  recordsOf({ names }: Statement): readonly string[] {
    return names.flatMap((name) => [...(this.#records.get(name) ?? [])]);
  }

  /** The elements a value of the source stands in; each is one of the value's own names, or of what it is inside. */
  of({ names }: Statement): readonly Carrying[] {
    return names.flatMap((name) => this.#byName.get(name) ?? []);
  }

  #write(type: string, key: string, { rule, target, value, reads }: TracedWrite): void {
    if (value === undefined) return;
    const carrying = {
      field: `${type}.${target.replaceAll(/\[\d+\]/g, '')}`,
      transform: rule.do ?? 'copy',
      value: typeof value === 'object' ? JSON.stringify(value) : String(value),
    };
    for (const name of reads.flatMap(({ instances }) => instances)) {
      const known = this.#byName.get(name);
      if (known === undefined) this.#byName.set(name, [carrying]);
      else known.push(carrying);
      const records = this.#records.get(name) ?? new Set();
      this.#records.set(name, records.add(key));
    }
  }
}
