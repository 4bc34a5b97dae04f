/** Units of measure as UCUM writes them (case-sensitive, The Unified Code for Units of Measure, version 2.1, §2). */
import { readFileSync } from 'node:fs';

interface Table {
  readonly prefixes: readonly string[];
  /** By code: its dimension, a `*` before it where it takes prefixes. Arbitrary units are dimensions of their own. */
  readonly atoms: Readonly<Record<string, string>>;
}

let loaded: Table | undefined;

function table(): Table {
  loaded ??= JSON.parse(readFileSync(new URL('ucum.v1.json', import.meta.url), 'utf8')) as Table;
  return loaded;
}

/** A longer text is no unit. */
const UNIT_CHARS_MAX = 80;
const REMEMBERED_MAX = 4_000;
const remembered = new Map<string, string | null>();

/**
 * What a unit measures: two units of one dimension can be converted into each other, `mg/dL` and `g/L` for example.
 * Undefined where the text is not a UCUM unit.
 */
export function dimensionOf(unit: string): string | undefined {
  const before = remembered.get(unit);
  if (before !== undefined) return before ?? undefined;
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  const dimension = unit.length > UNIT_CHARS_MAX ? undefined : new Reading(unit).whole();
  remembered.set(unit, dimension ?? null);
  return dimension;
}

/** Powers of the seven base units; of arbitrary units by their name. */
type Powers = Map<string, number>;

/** Recursive descent over the grammar of §2.3: terms of components, `.` and `/` from left to right. */
class Reading {
  #at = 0;

  constructor(readonly text: string) {}

  whole(): string | undefined {
    const powers = this.text === '' ? undefined : this.#mainTerm();
    return powers === undefined || this.#at !== this.text.length ? undefined : nameOf(powers);
  }

  #mainTerm(): Powers | undefined {
    if (!this.#skip('/')) return this.#term();
    const inner = this.#term();
    return inner === undefined ? undefined : scaled(inner, -1);
  }

  #term(): Powers | undefined {
    const product = this.#component();
    if (product === undefined) return undefined;
    for (;;) {
      const sign = this.#skip('.') ? 1 : this.#skip('/') ? -1 : 0;
      if (sign === 0) return product;
      const next = this.#component();
      if (next === undefined) return undefined;
      for (const [base, power] of scaled(next, sign)) product.set(base, (product.get(base) ?? 0) + power);
    }
  }

  #component(): Powers | undefined {
    if (this.#skip('(')) {
      const inner = this.#term();
      return inner === undefined || !this.#skip(')') ? undefined : inner;
    }
    if (this.#annotation()) return new Map();
    const factor = this.#match(/\d+(?![*^\d])/y);
    if (factor !== undefined) {
      this.#annotation();
      return new Map();
    }
    const simple = this.#match(/(?:10[*^]|%|[^\d\s./(){}+\-[\]]*(?:\[[^\]\s]*\][^\d\s./(){}+\-[\]]*)*)/y) ?? '';
    const powers = atomOf(simple);
    if (powers === undefined) return undefined;
    const exponent = this.#match(/[+-]?\d+/y);
    this.#annotation();
    return exponent === undefined ? powers : scaled(powers, Number(exponent));
  }

  #annotation(): boolean {
    return this.#match(/\{[\x21-\x7a|~]*\}/y) !== undefined;
  }

  #skip(sign: string): boolean {
    if (this.text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined || found === '') return undefined;
    this.#at += found.length;
    return found;
  }
}

function atomOf(simple: string): Powers | undefined {
  const { atoms, prefixes } = table();
  if (simple === '') return undefined;
  if (Object.hasOwn(atoms, simple)) return powersOf(atoms[simple] ?? '');
  for (const prefix of prefixes) {
    const rest = simple.startsWith(prefix) ? simple.slice(prefix.length) : '';
    if (Object.hasOwn(atoms, rest) && atoms[rest]?.startsWith('*')) return powersOf(atoms[rest] ?? '');
  }
  return undefined;
}

function powersOf(kind: string): Powers {
  const [...parts] = kind.replace('*', '').split(',');
  const powers: Powers = new Map();
  for (const [index, part] of parts.entries()) {
    if (!/^-?\d+$/.test(part)) powers.set(part, 1);
    else if (part !== '0') powers.set(`${index}`, Number(part));
  }
  return powers;
}

function scaled(powers: Powers, by: number): Powers {
  return new Map([...powers].map(([base, power]) => [base, power * by]));
}

function nameOf(powers: Powers): string {
  const named = [...powers].filter(([, power]) => power !== 0).map(([base, power]) => `${base}^${power}`);
  return named.toSorted().join(' ');
}
