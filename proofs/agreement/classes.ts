/** Says of every published fact whether the source states it, and what became of it with us: by program, with proof. */
import type { Comparison } from './compare.ts';
import type { Carried, Carrying } from './carried.ts';
import { allOf, type Fact, type Said } from './facts.ts';
import type { Images } from './images.ts';
import { ANYWHERE, TELLING_CHARACTERS_MIN, WITH_COMPANY, type Stated, type Statement } from './source.ts';

export const CLASSES = ['same', 'form', 'elsewhere', 'missing', 'wrong', 'envelope', 'invented'] as const;
export type Class = (typeof CLASSES)[number];

export interface Verdict {
  readonly class: Class;
  /** What shows it: a path of the source, an element of ours, a row of a table. Never a value. */
  readonly proof: string;
  readonly statements: readonly Statement[];
}

/** Segments of HL7 v2 chapter 2: what the interface says of the message and not of the patient. */
const OF_THE_INTERFACE = /^(?:MSH|SFT|MSA|UAC|DSC|FHS|BHS|BTS|FTS)-/;

/** What kind of value an OBX holds, and the value. */
const DATA_TYPE = 'OBX-2.1';
const VALUE = 'OBX-5.';

const KINDS_OF_UNIVERSAL_ID: ReadonlySet<string> = new Set(['ISO', 'GUID', 'UUID', 'DNS', 'URI']);

interface Judging {
  readonly comparison: Comparison;
  readonly stated: Stated;
  readonly carried: Carried;
  readonly images: Images;
}

export class Judge {
  readonly #judging: Judging;
  readonly #verdicts = new Map<Fact, Verdict>();
  readonly #statements = new Map<Fact, readonly Statement[]>();
  readonly #ends = new Map<Said, End>();

  constructor(judging: Judging) {
    this.#judging = judging;
  }

  of(fact: Fact, said: Said): Verdict {
    const known = this.#verdicts.get(fact);
    if (known !== undefined) return known;
    const verdict = this.#judge(fact, said);
    this.#verdicts.set(fact, verdict);
    return verdict;
  }

  #judge(fact: Fact, said: Said): Verdict {
    const { comparison } = this.#judging;
    const answer = comparison.answer(fact);
    const statements = this.#statementsOf(fact, said);
    if (answer !== undefined) {
      const name = answer === 'alike' ? 'same' : 'form';
      return { class: name, proof: answer === 'alike' ? '' : answer.name, statements };
    }
    if (fact.reference !== undefined) return this.#reference(fact, said);
    if (statements.length === 0) return this.#unstated(fact, said);
    const verdict = this.#stated(fact, said, statements);
    const isOfInterface = statements.every(({ path }) => OF_THE_INTERFACE.test(path));
    return verdict.class === 'missing' && isOfInterface ? { ...verdict, class: 'envelope' } : verdict;
  }

  /** Said once by each side, and by ours out of the source: then theirs contradicts it. */
  #unstated(fact: Fact, said: Said): Verdict {
    const { comparison, images } = this.#judging;
    const counterpart = comparison.counterpart(said);
    const [ours, ...others] = counterpart?.facts.get(fact.path) ?? [];
    const isOnce = others.length === 0 && said.facts.get(fact.path)?.length === 1;
    const statement =
      counterpart === undefined || ours === undefined || !isOnce || comparison.isSpent(ours)
        ? undefined
        : this.#statementsOf(ours, counterpart)[0];
    if (ours === undefined || statement === undefined) return { class: 'invented', proof: '', statements: [] };
    const row = images.of(ours.value).find(({ code }) => code === statement.value.trim())?.row;
    return { class: 'wrong', proof: row === undefined ? statement.path : `${statement.path} ${row}`, statements: [] };
  }

  #stated(fact: Fact, said: Said, statements: readonly Statement[]): Verdict {
    const { carried, stated } = this.#judging;
    const forms = new Set(stated.forms(fact.value));
    const all = statements.flatMap((each) => carried.of(each).map((carrying) => ({ each, carrying })));
    const isAlike = ({ value }: Carrying) => stated.forms(value).some((form) => forms.has(form));
    const field = `${said.type}.${fact.path}`;
    const [found] = [...all.filter(({ carrying }) => isAlike(carrying)), ...all];
    if (found === undefined) {
      const beside = this.#inSameField(fact, statements);
      if (beside !== undefined) return { class: 'form', proof: beside, statements };
      const kind = this.#kindOfId(fact, statements);
      if (kind !== undefined) return { class: 'form', proof: `${kind} as the scheme of a URI`, statements };
      return { class: 'missing', proof: statements[0]?.path ?? '', statements };
    }
    const { each, carrying } = found;
    const name = carrying.field === field ? 'form' : 'elsewhere';
    return { class: name, proof: `${each.path} ${carrying.transform} ${carrying.field}`, statements };
  }

  /** A code has its name in the next component, and the name a table gives it is the same: one of them is enough. */
  #inSameField(fact: Fact, statements: readonly Statement[]): string | undefined {
    const { stated, carried } = this.#judging;
    const forms = new Set(stated.forms(fact.value));
    for (const { place, path } of statements) {
      if (path === DATA_TYPE && this.#isCarried(place, VALUE)) return `${DATA_TYPE} as the type of value[x]`;
      const [field = ''] = path.split('.');
      const others = stated.all.filter((each) => each.place === place && each.path.startsWith(`${field}.`));
      for (const each of others) {
        const found = carried.of(each).find(({ value }) => stated.forms(value).some((form) => forms.has(form)));
        if (found !== undefined) return `${each.path} ${found.transform} ${found.field}`;
      }
    }
    return undefined;
  }

  #isCarried(place: string, field: string): boolean {
    const { stated, carried } = this.#judging;
    const values = stated.all.filter((each) => each.place === place && each.path.startsWith(field));
    return values.some((each) => carried.of(each).length > 0);
  }

  /** The kind of a universal id (HL7 table 0301) is said by the URI that is made of the id before it. */
  #kindOfId(fact: Fact, statements: readonly Statement[]): string | undefined {
    const { stated, carried } = this.#judging;
    if (!KINDS_OF_UNIVERSAL_ID.has(fact.value)) return undefined;
    const kind = statements.find(({ place, path }) => {
      const id = path.replace(/\d+$/, (part) => String(Number(part) - 1));
      const ids = stated.all.filter((each) => each.place === place && each.path === id);
      return ids.some((each) => carried.of(each).some(({ value }) => /^(?:urn:(?:oid|uuid):|dns:)/.test(value)));
    });
    return kind?.path;
  }

  #statementsOf(fact: Fact, said: Said): readonly Statement[] {
    const known = this.#statements.get(fact);
    if (known !== undefined) return known;
    const found = this.#findStatements(fact, said);
    this.#statements.set(fact, found);
    return found;
  }

  #findStatements(fact: Fact, said: Said): readonly Statement[] {
    const { stated, images } = this.#judging;
    const direct = stated.at(fact.value);
    const isTelling = fact.value.length >= TELLING_CHARACTERS_MIN;
    if (direct.length > 0) return stated.nearest(direct, fact, said, isTelling ? ANYWHERE : WITH_COMPANY);
    const parts = stated.partsOf(fact.value);
    if (parts.length > 0) return parts;
    const codes = new Set(images.of(fact.value).map(({ code }) => code));
    const coded = stated.all.filter(({ value }) => codes.has(value.trim()));
    return coded.length === 0 ? [] : stated.nearest(coded, fact, said, WITH_COMPANY);
  }

  /** A link is carried where what we make of one end leads to what we make of the other, or says it itself. */
  #reference(fact: Fact, said: Said): Verdict {
    const { comparison } = this.#judging;
    const target = comparison.expected.find(fact.reference ?? '');
    const from = this.#endOf(said);
    const to = target === undefined ? NO_END : this.#endOf(target);
    const proof = `a link to ${target?.type ?? 'nothing'}`;
    if (from.statements.length === 0 || to.statements.length === 0) return { class: 'invented', proof, statements: [] };
    const statements = from.statements;
    const isOfInterface = [from, to].some((end) => end.statements.every(({ path }) => OF_THE_INTERFACE.test(path)));
    if (isOfInterface) return { class: 'envelope', proof, statements };
    const isLinked = from.keys.some(
      (key) => to.keys.includes(key) || this.#refer(key, to) || to.keys.some((other) => this.#refer(other, from, key)),
    );
    const isThrough = isLinked || this.#isThroughAnother(from, to);
    return { class: isThrough ? 'elsewhere' : 'missing', proof, statements };
  }

  /** A record that refers to both links them: the report of a result and of the specimen it was made of. */
  #isThroughAnother(from: End, to: End): boolean {
    return this.#judging.comparison.made.said.some((said) => {
      const references = allOf(said).flatMap(({ reference }) => (reference === undefined ? [] : [reference]));
      return from.keys.some((key) => references.includes(key)) && to.keys.some((key) => references.includes(key));
    });
  }

  #refer(key: string, to: End, other?: string): boolean {
    const record = this.#judging.comparison.made.find(key);
    const keys = other === undefined ? to.keys : [other];
    return (
      record !== undefined && allOf(record).some(({ reference }) => reference !== undefined && keys.includes(reference))
    );
  }

  /** The place that states most of a resource, and our records of it; a code system is named in many places. */
  #endOf(said: Said): End {
    const known = this.#ends.get(said);
    if (known !== undefined) return known;
    const { carried } = this.#judging;
    const values = allOf(said).filter(({ reference, path }) => reference === undefined && !path.endsWith('.system'));
    const byPlace = new Map<string, Set<Statement>>();
    for (const fact of values) {
      for (const statement of this.#statementsOf(fact, said)) {
        const place = byPlace.get(statement.place) ?? new Set();
        byPlace.set(statement.place, place.add(statement));
      }
    }
    const [best = new Set<Statement>()] = [...byPlace.values()].sort((one, other) => other.size - one.size);
    const statements = [...best];
    const end = { statements, keys: [...new Set(statements.flatMap((each) => carried.recordsOf(each)))] };
    this.#ends.set(said, end);
    return end;
  }
}

interface End {
  readonly statements: readonly Statement[];
  readonly keys: readonly string[];
}

const NO_END: End = { statements: [], keys: [] };
