/** Counts facts by class, and the values of the sources by who carries them. Values are counted, never kept. */
import type { Carried } from './carried.ts';
import { CLASSES, type Class, type Judge } from './classes.ts';
import { allOf, type Side } from './facts.ts';
import type { Stated, Statement } from './source.ts';

export interface Source {
  readonly stated: Stated;
  readonly carried: Carried;
}

/** Populated values of the sources. */
export interface SourceValues {
  all: number;
  both: number;
  onlyOurs: number;
  onlyTheirs: number;
}

export class Account {
  readonly classes: Record<Class, number> = Object.fromEntries(CLASSES.map((each) => [each, 0])) as Record<
    Class,
    number
  >;
  /** Facts the source states, what the interface says of itself left out, and those of them we carry. */
  stated = 0;
  carried = 0;
  readonly values: SourceValues = { all: 0, both: 0, onlyOurs: 0, onlyTheirs: 0 };
  /** By what shows it: how often a class was met in a field. */
  readonly proofs = new Map<string, number>();

  add(expected: Side, judge: Judge, { stated, carried }: Source): void {
    const theirs = new Set<Statement>();
    for (const said of expected.said) {
      for (const fact of allOf(said)) {
        const verdict = judge.of(fact, said);
        for (const statement of verdict.statements) theirs.add(statement);
        this.classes[verdict.class] += 1;
        const key = [verdict.class.padEnd(10), `${said.type}.${fact.path}`, verdict.proof].join('  ');
        this.proofs.set(key, (this.proofs.get(key) ?? 0) + 1);
        if (verdict.class === 'envelope' || (verdict.class !== 'missing' && verdict.statements.length === 0)) continue;
        this.stated += 1;
        if (verdict.class !== 'missing') this.carried += 1;
      }
    }
    for (const statement of stated.all) {
      const isOurs = carried.recordsOf(statement).length > 0;
      this.values.all += 1;
      if (isOurs) this.values[theirs.has(statement) ? 'both' : 'onlyOurs'] += 1;
      else if (theirs.has(statement)) this.values.onlyTheirs += 1;
    }
  }

  /** Of the facts the source states, those we carry. */
  get share(): number {
    return this.stated === 0 ? 1 : this.carried / this.stated;
  }
}
