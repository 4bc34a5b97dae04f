/** Holds a whole resource against FHIR R4's own table: elements, cardinality, data types, required bindings. */
import type { Json } from '../../kernel/canonical-json.ts';
import { isArray, isObject, type JsonObject } from '../leaves.ts';
import { brokenInvariants } from './invariants.ts';
import { primitiveProblem } from './primitives.ts';
import { type Element, elementsOf, isPrimitive, resourceTypes } from './r4.ts';

/** What is wrong, and in which element: `name[0].family`. Never a value. */
export interface StructureProblem {
  readonly code:
    | 'TYPE_UNKNOWN'
    | 'ELEMENT_UNKNOWN'
    | 'ELEMENT_EMPTY'
    | 'REQUIRED_MISSING'
    | 'CARDINALITY_WRONG'
    | 'CHOICE_REPEATED'
    | 'VALUE_INVALID'
    | 'DATE_INVALID'
    | 'CODE_INVALID'
    | 'REFERENCE_TYPE_WRONG'
    | 'INVARIANT_BROKEN';
  readonly field: string;
  readonly message: string;
}

/** More problems of one resource tell nothing new. */
const PROBLEMS_MAX = 50;
const DEPTH_MAX = 64;
/** Siblings of primitives, and what JSON writers leave. */
const ALWAYS_ALLOWED: ReadonlySet<string> = new Set(['resourceType', 'fhir_comments']);

let types: ReadonlySet<string> | undefined;

function isResourceType(type: Json | undefined): type is string {
  types ??= new Set(resourceTypes());
  return typeof type === 'string' && types.has(type);
}

/** The problems of a resource, in the order of its elements; none of what is sound. Never throws on data. */
export function structureProblems(resource: JsonObject): readonly StructureProblem[] {
  const inspection = new Inspection();
  inspection.resource(resource, 0);
  return inspection.problems;
}

class Inspection {
  readonly problems: StructureProblem[] = [];
  readonly #path: (string | number)[] = [];

  resource(resource: JsonObject, depth: number): void {
    const type = resource['resourceType'];
    if (!isResourceType(type)) return this.#add('TYPE_UNKNOWN', 'FHIR R4 has no such resource type');
    // The definitions call the id of a resource a string; its data type is id.
    const problem = resource['id'] === undefined ? undefined : primitiveProblem('id', resource['id']);
    if (problem !== undefined) this.#at('id', problem.code, problem.message);
    this.#object(type, resource, depth);
  }

  #object(type: string, object: JsonObject, depth: number): void {
    const elements = elementsOf(type);
    if (elements === undefined || depth > DEPTH_MAX || this.problems.length >= PROBLEMS_MAX) return;
    for (const name in object) {
      if (ALWAYS_ALLOWED.has(name)) continue;
      const element = elements.get(name);
      // Its name may be anything at all, so it is not told.
      if (element === undefined || name.endsWith('[x]')) {
        this.#add('ELEMENT_UNKNOWN', `FHIR R4 has no such element in ${type}`);
      } else this.#element(name, element, object[name], depth);
    }
    this.#required(type, object);
    for (const message of brokenInvariants(type, object)) this.#add('INVARIANT_BROKEN', message);
  }

  #element(name: string, element: Element, value: Json | undefined, depth: number): void {
    this.#path.push(name);
    // Beside a primitive, null keeps the place of what is only in its sibling, or the other way about.
    const mayBeNull = name.startsWith('_') || isPrimitive(element.types[0] ?? '');
    if (isArray(value as Json)) this.#list(element, value as readonly Json[], depth, mayBeNull);
    else if (element.isList) this.#add('CARDINALITY_WRONG', 'a list is needed here');
    else this.#value(element, value, depth);
    this.#path.pop();
  }

  #list(element: Element, values: readonly Json[], depth: number, mayBeNull: boolean): void {
    if (!element.isList) return this.#add('CARDINALITY_WRONG', 'only one value may stand here');
    if (values.length === 0) return this.#add('ELEMENT_EMPTY', 'an empty list');
    for (const [index, value] of values.entries()) {
      if (value === null && mayBeNull) continue;
      this.#path.push(index);
      this.#value(element, value, depth);
      this.#path.pop();
    }
  }

  #value(element: Element, value: Json | undefined, depth: number): void {
    const [type = ''] = element.types;
    if (value === null || value === undefined) return this.#add('ELEMENT_EMPTY', 'nothing stands here');
    if (type === 'Resource') {
      if (isObject(value)) return this.resource(value, depth + 1);
      return this.#add('VALUE_INVALID', 'a resource is needed here');
    }
    if (isPrimitive(type)) return this.#primitive(type, element, value);
    if (!isObject(value)) return this.#add('VALUE_INVALID', `a ${type} is needed here`);
    if (Object.keys(value).length === 0) return this.#add('ELEMENT_EMPTY', 'an element without content');
    this.#coded(element, value);
    this.#reference(element, value);
    this.#object(type, value, depth + 1);
  }

  #primitive(type: string, { codes }: Element, value: Json): void {
    const problem = primitiveProblem(type, value);
    if (problem !== undefined) return this.#add(problem.code, problem.message);
    if (codes !== undefined && !codes.includes(String(value))) {
      this.#add('CODE_INVALID', `not one of ${codes.join(', ')}`);
    }
  }

  /** Of a CodeableConcept each coding of the bound system, which is told by the code alone; of a Coding itself. */
  #coded({ codes }: Element, value: JsonObject): void {
    if (codes === undefined) return;
    const codings = isArray(value['coding'] ?? null) ? (value['coding'] as readonly Json[]) : [value];
    for (const coding of codings) {
      const code = isObject(coding) ? coding['code'] : undefined;
      if (typeof code === 'string' && !codes.includes(code))
        this.#add('CODE_INVALID', `not one of ${codes.join(', ')}`);
    }
  }

  #reference({ references }: Element, value: JsonObject): void {
    if (references === undefined) return;
    const { reference, type } = value;
    const led =
      typeof reference === 'string' ? /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z\d.-]{1,64}(?:\/|$)/.exec(reference) : null;
    const named = typeof type === 'string' ? type : led?.[1];
    if (named === undefined || !isResourceType(named) || references.includes(named)) return;
    this.#add('REFERENCE_TYPE_WRONG', `it may only point to ${references.join(', ')}`);
  }

  #required(type: string, object: JsonObject): void {
    for (const { name, chosen } of requiredOf(type)) {
      const found = chosen.filter((each) => object[each] !== undefined || object[`_${each}`] !== undefined);
      if (found.length === 0) this.#at(name, 'REQUIRED_MISSING', `${name} is required and missing`);
    }
    for (const { name, chosen } of choicesOf(type)) {
      const found = chosen.filter((each) => object[each] !== undefined);
      if (found.length > 1) this.#at(name, 'CHOICE_REPEATED', `only one ${name} may stand here`);
    }
  }

  #at(name: string, code: StructureProblem['code'], message: string): void {
    this.#path.push(name);
    this.#add(code, message);
    this.#path.pop();
  }

  #add(code: StructureProblem['code'], message: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ code, field: fieldOf(this.#path), message });
  }
}

interface Group {
  /** As FHIR writes it: `value[x]`. */
  readonly name: string;
  /** The names it may stand under. */
  readonly chosen: readonly string[];
}

const required = new Map<string, readonly Group[]>();
const choices = new Map<string, readonly Group[]>();

function requiredOf(type: string): readonly Group[] {
  return grouped(required, type, ([, { isRequired }]) => isRequired);
}

function choicesOf(type: string): readonly Group[] {
  return grouped(choices, type, ([name]) => name.endsWith('[x]'));
}

function grouped(
  known: Map<string, readonly Group[]>,
  type: string,
  isMeant: (entry: readonly [string, Element]) => boolean,
): readonly Group[] {
  const before = known.get(type);
  if (before !== undefined) return before;
  const made = [...(elementsOf(type) ?? [])].filter(isMeant).map(([name, element]) => ({
    name,
    chosen: name.endsWith('[x]')
      ? element.types.map((each) => name.slice(0, -3) + each.slice(0, 1).toUpperCase() + each.slice(1))
      : [name],
  }));
  known.set(type, made);
  return made;
}

function fieldOf(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}
