/** Field by field, the record read back against the one the lineage expects; the source decides what is looked for. */
import type { Json, NumberLiteral } from '../../kernel/canonical-json.ts';
import { isArray, isObject, type JsonObject } from '../leaves.ts';
import { codeFieldsOf, compareLeaf, type LeafNature } from './compare-leaf.ts';
import type { LineageMap } from './language.ts';
import type { Difference } from './lineage.ts';
import { withoutPositions } from './path.ts';

/** What a server writes itself: its own id, and how it stores the resource. */
const SERVER_FIELDS: readonly string[] = ['id', 'meta.versionId', 'meta.lastUpdated', 'meta.source'];

/** The part of a resource that both ends must agree on: ids and metadata are the target's own. */
export function comparable(resource: Json): Json {
  if (!isObject(resource)) return resource;
  const { id: _id, meta: _meta, ...rest } = resource;
  return rest;
}

export function compileCompare(map: LineageMap): (type: string, expected: Json, actual: Json) => readonly Difference[] {
  const critical = Map.groupBy(map.critical, (path) => path.split('.')[0] ?? '');
  const codes = codeFieldsOf(map);
  return (type, expected, actual) => {
    const paths = (critical.get(type) ?? []).map((path) => path.slice(type.length + 1));
    const comparison = new Comparison({ critical: paths, codes: codes.get(type) ?? new Set(), skipped: SERVER_FIELDS });
    if (!isObject(actual)) return [comparison.difference('', { category: 'value-mismatch', note: 'missing' })];
    comparison.walk('', expected, actual);
    return comparison.differences.sort((left, right) => compareNames(left.field, right.field));
  };
}

/**
 * Two records of which no lineage says what counts: every element of either side does, but for `skipped` (paths without
 * positions, with everything inside them).
 */
export function compareWhole(expected: Json, actual: Json, skipped: readonly string[]): readonly Difference[] {
  const comparison = new Comparison({ critical: [], codes: new Set(), skipped, isWhole: true });
  comparison.walk('', expected, actual);
  return comparison.differences.sort((left, right) => compareNames(left.field, right.field));
}

/** `name[2]` before `name[10]`, code units otherwise: one order on every machine. */
function compareNames(left: string, right: string): number {
  const key = (field: string) => field.replaceAll(/\d+/g, (digits) => digits.padStart(6, '0'));
  const [first, second] = [key(left), key(right)];
  return first < second ? -1 : first > second ? 1 : 0;
}

interface Terms {
  readonly critical: readonly string[];
  readonly codes: ReadonlySet<string>;
  /** Elements that nobody looks at. */
  readonly skipped: readonly string[];
  /** What the source does not have is a difference wherever it stands. */
  readonly isWhole?: boolean;
}

class Comparison {
  readonly differences: Difference[] = [];
  readonly #terms: Terms;

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  walk(field: string, expected: Json | undefined, actual: Json | undefined): void {
    if (isNothing(expected)) return this.#unexpected(field, actual);
    if (isNothing(actual)) return this.#add(field, { category: 'value-mismatch', note: 'missing' });
    if (isArray(expected)) return this.#list(field, expected, isArray(actual) ? actual : [actual as Json]);
    if (isObject(expected)) {
      if (isObject(actual)) return this.#object(field, expected, actual);
      return this.#add(field, { category: 'value-mismatch', note: 'another type' });
    }
    if (expected === actual) return;
    const nature: LeafNature = {
      path: withoutPositions(field),
      isUntyped: this.#terms.isWhole,
      codes: this.#terms.codes,
    };
    const found = compareLeaf(nature, expected as string | number | boolean | NumberLiteral, actual as Json);
    if (found !== undefined) this.#add(field, found);
  }

  difference(field: string, found: Pick<Difference, 'category' | 'note'>): Difference {
    // The value is there; whether its digits matter is the policy's to say.
    return { field, ...found, critical: found.category !== 'precision-loss' && this.#isCritical(field) };
  }

  #object(field: string, expected: JsonObject, actual: JsonObject): void {
    const { skipped } = this.#terms;
    for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const inner = field === '' ? name : `${field}.${name}`;
      if (skipped.length > 0 && skipped.includes(withoutPositions(inner))) continue;
      this.walk(inner, expected[name], actual[name]);
    }
  }

  /** Equal elements belong together wherever they stand; what is left is compared in order. Texts keep their order. */
  #list(field: string, expected: readonly Json[], actual: readonly Json[]): void {
    const free = actual.map((value, index) => ({ value, index }));
    const open: { readonly value: Json; readonly index: number }[] = [];
    for (const [index, value] of expected.entries()) {
      const same = isObject(value) ? free.findIndex((each) => this.#isSame(field, value, each.value)) : -1;
      if (same === -1) open.push({ value, index });
      else free.splice(same, 1);
    }
    for (const { value, index } of open) {
      const partner = this.#partner(value, free);
      this.walk(`${field}[${index}]`, value, partner?.value);
    }
    for (const [extra, { value }] of free.entries())
      this.walk(`${field}[${expected.length + extra}]`, undefined, value);
  }

  /** The first element left; of identifiers and codings one of the same system before any other. */
  #partner(value: Json, free: { readonly value: Json; readonly index: number }[]) {
    const system = isObject(value) ? value['system'] : undefined;
    const kin = (each: { readonly value: Json }) => isObject(each.value) && each.value['system'] === system;
    const at = system === undefined ? 0 : Math.max(0, free.findIndex(kin));
    return free.splice(at, 1)[0];
  }

  #isSame(field: string, expected: Json, actual: Json): boolean {
    const inner = new Comparison(this.#terms);
    inner.walk(field, expected, actual);
    return inner.differences.length === 0;
  }

  /** What the source does not have matters where a clinician would act on it. */
  #unexpected(field: string, actual: Json | undefined): void {
    if (!isNothing(actual) && (this.#terms.isWhole === true || this.#isCritical(field))) {
      this.#add(field, { category: 'value-mismatch', note: 'unexpected element' });
    }
  }

  #isCritical(field: string): boolean {
    const path = withoutPositions(field);
    return this.#terms.critical.some((each) => path === each || path.startsWith(`${each}.`));
  }

  #add(field: string, found: Pick<Difference, 'category' | 'note'>): void {
    this.differences.push(this.difference(field, found));
  }
}

function isNothing(value: Json | undefined): value is null | undefined {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
