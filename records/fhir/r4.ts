/** What elements FHIR R4 (4.0.1) knows, from HL7's own definitions: r4.v1.json, written by proofs/fhir-r4-table.ts. */
import { readFileSync } from 'node:fs';
import { nearestWord } from '../spelling.ts';

export interface Element {
  /**
   * Type codes; a backbone element is named by its path (`Patient.contact`). Several only for `value[x]` itself.
   * None inside of a contained resource, where the resource decides.
   */
  readonly types: readonly string[];
  readonly isList: boolean;
  /** Of a choice only `value[x]` itself is: any of its types will do. */
  readonly isRequired: boolean;
  /** Of a required binding that is short enough to list: of a code, or of the codings of a concept. */
  readonly codes?: readonly string[];
  /** The resource types a reference may point to; absent where any may be meant. */
  readonly references?: readonly string[];
}

interface WrittenType {
  readonly from: string | null;
  /** By name: types, cardinality (`?` 0..1, `!` 1..1, `*` 0..*, `+` 1..*), and the value set of a required binding. */
  readonly elements: Readonly<Record<string, string>>;
}

interface Table {
  readonly primitives: readonly string[];
  readonly codes: Readonly<Record<string, readonly string[]>>;
  readonly types: Readonly<Record<string, WrittenType>>;
}

let loaded: Table | undefined;
const known = new Map<string, ReadonlyMap<string, Element>>();

function table(): Table {
  loaded ??= JSON.parse(readFileSync(new URL('r4.v1.json', import.meta.url), 'utf8')) as Table;
  return loaded;
}

/** Types that only others derive from. */
const ABSTRACT: readonly string[] = ['Resource', 'DomainResource'];

/** What stands inside of a resource that is carried by another one. */
const OPEN: Element = { types: [], isList: false, isRequired: false };

/** Every resource type that can be written. */
export function resourceTypes(): readonly string[] {
  return Object.keys(table().types).filter((type) => !ABSTRACT.includes(type) && derivesFrom(type, 'Resource'));
}

export function isPrimitive(type: string): boolean {
  return table().primitives.includes(type);
}

/**
 * The element at a path from `type` down: `name[0].family`, `valueQuantity.value`, `value[x]`, `_birthDate.extension`.
 * List positions are taken as written, whether the element is a list or not. Undefined where FHIR R4 has none.
 */
export function elementAt(type: string, path: string): Element | undefined {
  let holder = type;
  let found: Element | undefined;
  for (const [index, step] of stepsOf(path).entries()) {
    if (index > 0 && holder === 'Resource') return OPEN;
    found = elementsOf(holder)?.get(step);
    if (found === undefined) return undefined;
    holder = found.types.length === 1 ? (found.types[0] ?? '') : '';
  }
  return found;
}

const NEAREST_MAX = 3;

/** Paths that exist and were perhaps meant by one that does not, the nearest first. */
export function nearestElements(type: string, path: string): readonly string[] {
  const steps = path.split('.');
  const good = steps.findIndex((_, index) => elementAt(type, steps.slice(0, index + 1).join('.')) === undefined);
  if (good === -1) return [];
  const parent = steps.slice(0, good).join('.');
  const holder = parent === '' ? type : elementAt(type, parent)?.types[0];
  const asked = (steps[good] ?? '').replace(POSITION, '');
  let candidates = [...(elementsOf(holder ?? '')?.keys() ?? [])].filter((name) => !/^_|\[x\]$/.test(name));
  const nearest: string[] = candidates.filter((name) => name.startsWith(asked)).slice(0, NEAREST_MAX);
  while (nearest.length < NEAREST_MAX) {
    candidates = candidates.filter((name) => !nearest.includes(name));
    const next = nearestWord(asked, candidates);
    if (next === undefined) break;
    nearest.push(next);
  }
  return nearest.map((name) => (parent === '' ? name : `${parent}.${name}`));
}

/** Names of the elements of a type in the order of the specification, a choice once; none of what is no type. */
export function elementNames(type: string): readonly string[] {
  const names = [...(elementsOf(type)?.keys() ?? [])].filter((name) => !name.startsWith('_'));
  const choices = names.filter((name) => name.endsWith('[x]')).map((name) => name.slice(0, -3));
  return names.filter((name) => !choices.some((choice) => new RegExp(`^${choice}[A-Z]`).test(name)));
}

/** Whether a type is `ancestor` or one of its kinds: an Age is a Quantity. */
export function isKindOf(type: string, ancestor: string): boolean {
  return type === ancestor || derivesFrom(type, ancestor);
}

/** Names of the elements a type must have; a choice once, as `medication[x]`. */
export function requiredElements(type: string): readonly string[] {
  return [...(elementsOf(type) ?? [])].filter(([, element]) => element.isRequired).map(([name]) => name);
}

const POSITION = /\[\d+\]/g;

function stepsOf(path: string): readonly string[] {
  return path.replaceAll(POSITION, '').split('.');
}

function derivesFrom(type: string, ancestor: string): boolean {
  const parent = table().types[type]?.from;
  return parent === ancestor || (typeof parent === 'string' && derivesFrom(parent, ancestor));
}

/** The elements of a type with those it inherits, choices written out, and the siblings of primitives. */
export function elementsOf(type: string): ReadonlyMap<string, Element> | undefined {
  const before = known.get(type);
  if (before !== undefined) return before;
  const written = Object.hasOwn(table().types, type) ? table().types[type] : undefined;
  if (written === undefined) return undefined;
  const elements = new Map(written.from === null ? [] : elementsOf(written.from));
  for (const [name, text] of Object.entries(written.elements)) addElement(elements, name, readElement(text));
  known.set(type, elements);
  return elements;
}

function addElement(elements: Map<string, Element>, name: string, element: Element): void {
  elements.set(name, element);
  if (name.endsWith('[x]')) {
    for (const type of element.types) {
      const chosen = name.slice(0, -3) + type.slice(0, 1).toUpperCase() + type.slice(1);
      addElement(elements, chosen, { ...element, types: [type], isRequired: false });
    }
  } else if (isPrimitive(element.types[0] ?? '')) {
    elements.set(`_${name}`, { types: ['Element'], isList: element.isList, isRequired: false });
  }
}

const ELEMENT = /^(?<types>[^?!*+]+)(?<cardinality>[?!*+])(?:=(?<codes>.+))?$/;

function readElement(text: string): Element {
  const { types = '', cardinality = '?', codes = '' } = ELEMENT.exec(text)?.groups ?? {};
  const named = types.split('|').map((type) => /^([^(]+)(?:\((.*)\))?$/.exec(type) ?? [type, type]);
  const references = named.find(([, name]) => name === 'Reference')?.[2]?.split(',');
  const listed = table().codes[codes];
  return {
    types: named.map(([, name]) => name ?? ''),
    isList: cardinality === '*' || cardinality === '+',
    isRequired: cardinality === '!' || cardinality === '+',
    ...(listed === undefined ? {} : { codes: listed }),
    ...(references === undefined ? {} : { references }),
  };
}
