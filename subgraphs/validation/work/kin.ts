/** Takes down who belongs to whom in one item, gathered: a line for each patient, and one for each patient told of. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { allergyStatementOf, type AllergyStatement } from '../checks/conflicting-allergy.ts';
import { numbersOf, personOf, writePerson } from '../checks/person.ts';
import { earliestEventOf, plausibleBirthOf } from '../checks/implausible-dates.ts';
import type { EligibleItem } from '../domain/account.ts';
import { RELATIONS } from './scratch.ts';
import type { Spool } from './spool.ts';

/** A patient; a number of one; what is told of one by an item; a statement about allergies; a document of one. */
export type RelationKind = 'patient' | 'number' | 'child' | 'statement' | 'paper';

export interface RelationLine {
  readonly r: RelationKind;
  /** Within what keys mean the same: the migration for mapped records, else the dataset. */
  readonly s: string;
  /** The dataset's place in the plan, the item's in the survey, and its own in the item: one order everywhere. */
  readonly ds: number;
  readonly n: number;
  readonly o: number;
  readonly i: string;
  readonly b: string;
  /** The record, its type and place; of children and statements the first. */
  readonly k: string;
  readonly t: string;
  readonly p: string;
  /** The patient it belongs to; of a patient its own key. */
  readonly a: string;
  /** How many records this line stands for. */
  readonly c: number;
  /**
   * Of a patient who it is (checks/person.ts), and the number; of a statement what it says; of children the earliest
   * record's key.
   */
  readonly x: string | null;
  /** Of a patient the birth date; of children the earliest date. */
  readonly y: string | null;
  /** Of children the field of the earliest date; of documents how it is known whose they are. */
  readonly f: string | null;
  /** The type of the record that is dated earliest. */
  readonly u: string | null;
}

export interface KinScope {
  readonly scope: string;
  readonly datasetOrdinal: number;
  readonly batchId: string;
  readonly today: string;
}

interface Told {
  line: RelationLine;
  count: number;
  earliest:
    | { readonly date: string; readonly field: string; readonly record: string; readonly type: string }
    | undefined;
}

/** Different patients told of in one item that are held at once; beyond, lines are written early and repeat. */
const PATIENTS_HELD_MAX = 50_000;

export class Kin {
  readonly #item: Pick<EligibleItem, 'ordinal' | 'itemId'>;
  readonly #scope: KinScope;
  readonly #spool: Spool;
  #children = new Map<string, Told>();
  #statements = new Map<string, RelationLine>();
  #count = 0;

  constructor(item: Pick<EligibleItem, 'ordinal' | 'itemId'>, scope: KinScope, spool: Spool) {
    this.#item = item;
    this.#scope = scope;
    this.#spool = spool;
  }

  async take(record: { key: string; type: string; parent: string | null; position: string; resource: Json }) {
    const { key, type, parent, resource } = record;
    const line = this.#line('child', record);
    if (type === 'Patient') {
      const person = personOf(resource);
      const x = person === undefined ? null : writePerson(person);
      await this.#write({ ...line, r: 'patient', a: key, x, y: plausibleBirthOf(resource, this.#scope.today) ?? null });
      for (const number of numbersOf(key, resource)) await this.#write({ ...line, r: 'number', a: key, x: number });
      return;
    }
    if (parent === null) return;
    const told = this.#children.get(parent) ?? { line, count: 0, earliest: undefined };
    told.count += 1;
    const event = earliestEventOf(resource);
    if (event !== undefined && (told.earliest === undefined || event.date < told.earliest.date)) {
      told.earliest = { ...event, record: key, type };
    }
    this.#children.set(parent, told);
    const statement = allergyStatementOf(resource);
    if (statement !== undefined) this.state(parent, statement, record);
    if (this.#children.size >= PATIENTS_HELD_MAX) await this.flush();
  }

  state(patient: string, statement: AllergyStatement, at: { key: string; type: string; position: string }): void {
    const name = `${statement} ${patient}`;
    if (this.#statements.has(name)) return;
    this.#statements.set(name, { ...this.#line('statement', { ...at, parent: patient }), x: statement });
  }

  /** A document that names its patient by `numbers`; filed under its parent, or where its path or an index says. */
  async paper(
    at: { key: string; type: string; parent: string | null; position: string },
    numbers: readonly string[],
    by: 'inside' | 'record',
  ): Promise<void> {
    if (numbers.length === 0) return;
    await this.#write({ ...this.#line('paper', at), a: at.parent ?? '', x: numbers.join(' '), f: by });
  }

  /** Writes what is gathered. */
  async flush(): Promise<void> {
    for (const { line, count, earliest } of this.#children.values()) {
      const { date = null, field = null, record = null, type = null } = earliest ?? {};
      await this.#write({ ...line, c: count, x: record, y: date, f: field, u: type });
    }
    for (const line of this.#statements.values()) await this.#write(line);
    this.#children = new Map();
    this.#statements = new Map();
  }

  #line(r: RelationKind, of: { key: string; type: string; parent: string | null; position: string }): RelationLine {
    this.#count += 1;
    const { scope: s, datasetOrdinal: ds, batchId: b } = this.#scope;
    const { ordinal: n, itemId: i } = this.#item;
    const { key: k, type: t, position: p } = of;
    return { r, s, ds, n, o: this.#count, i, b, k, t, p, a: of.parent ?? k, c: 1, x: null, y: null, f: null, u: null };
  }

  async #write(line: RelationLine): Promise<void> {
    await (await this.#spool.lines(RELATIONS)).line(line);
  }
}
