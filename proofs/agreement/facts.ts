/** What FHIR resources say, taken apart: element paths and values, without ids, narrative or the order of lists. */
import { SOURCE_IDENTIFIER_SYSTEM } from '../../records/lineage/lineage.ts';

/** A resource or an element of one. A scalar of FHIR XML is an element whose only member is `value`. */
export type Element = Readonly<Record<string, unknown>>;

export interface Fact {
  /** The element path without positions: `name.family`. */
  readonly path: string;
  readonly value: string;
  /** The elements it stands in, the innermost first; the resource itself is not among them. */
  readonly within: readonly Element[];
  /** Of a reference: what it was written with, a key of ours or a reference of theirs. */
  readonly reference?: string | undefined;
}

/** The facts of one resource by their paths, each as often as it is said. */
export interface Said {
  readonly type: string;
  readonly facts: ReadonlyMap<string, readonly Fact[]>;
}

/** All that one side makes of one source. */
export interface Side {
  readonly said: readonly Said[];
  /** Where a reference leads, if that was made too. */
  readonly find: (reference: string) => Said | undefined;
}

/** The type of the resource a reference names. */
export type TypeOf = (reference: string) => string | undefined;

const UUID = /^(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;
/** Of the resource, not of what it says: its name, its narrative, and when the store last wrote it. */
const LEFT_OUT = new Set(['resourceType', 'id', 'text.status', 'text.div', 'meta.lastUpdated', 'meta.versionId']);

/** References become the type of what they refer to, times moments; white space counts once, and not at the ends. */
export function factsOf(resource: Element, typeOf: TypeOf): Said {
  const facts = new Map<string, Fact[]>();
  const say = (fact: Fact) => {
    const known = facts.get(fact.path);
    if (known === undefined) facts.set(fact.path, [fact]);
    else known.push(fact);
  };
  for (const [name, value] of Object.entries(resource)) walk(name, value, { say, typeOf, within: [] });
  return { type: String(resource['resourceType']), facts };
}

/** Every fact of a resource. */
export function allOf({ facts }: Said): readonly Fact[] {
  return [...facts.values()].flat();
}

/** A scalar that stands beside a fact, as facts are written. */
export function beside({ within: [element] }: Fact, name: string): string | undefined {
  const value = element?.[name];
  return value === undefined || typeof value === 'object' ? undefined : normalised(value);
}

interface Walk {
  readonly say: (fact: Fact) => void;
  readonly typeOf: TypeOf;
  readonly within: readonly Element[];
}

function walk(path: string, value: unknown, walking: Walk): void {
  if (LEFT_OUT.has(path) || path.endsWith('.id')) return;
  if (Array.isArray(value)) {
    for (const each of value) walk(path, each, walking);
  } else if (isElement(value)) {
    walkElement(path, value, { ...walking, within: [value, ...walking.within] });
  } else if (value !== null && value !== undefined) {
    const said = normalised(value);
    if (said !== undefined) walking.say({ path, value: said, within: walking.within });
  }
}

function walkElement(path: string, element: Element, walking: Walk): void {
  const { system, reference, type, identifier } = element;
  if ((path === 'identifier' || path === 'meta.tag') && system === SOURCE_IDENTIFIER_SYSTEM) return;
  if (typeof reference === 'string') return refer(path, walking.typeOf(reference), reference, walking);
  if (isElement(identifier) && identifier['system'] === SOURCE_IDENTIFIER_SYSTEM) {
    return refer(path, typeof type === 'string' ? type : undefined, String(identifier['value']), walking);
  }
  for (const [name, value] of Object.entries(element)) walk(`${path}.${name}`, value, walking);
}

function refer(path: string, type: string | undefined, reference: string, walking: Walk): void {
  const { within, say } = walking;
  if (type !== undefined) say({ path, value: `to ${type}`, within, reference });
  walk(`${path}.display`, within[0]?.['display'], walking);
}

function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined where the value is an identifier made up by whoever wrote it, or nothing. */
function normalised(value: unknown): string | undefined {
  const text = String(value).trim().replaceAll(/\s+/g, ' ');
  if (text === '' || UUID.test(text)) return undefined;
  return MOMENT.test(text) ? `moment ${Date.parse(text)}` : text;
}
