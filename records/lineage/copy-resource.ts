/** FHIR resources as they are: the id becomes the source identifier, references become logical. */
import type { Json } from '../../kernel/canonical-json.ts';
import { checkResource } from '../fhir/check.ts';
import { positionOf, readFhir, type Bundle, type FhirRead } from '../fhir/read.ts';
import type { Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { isArray, isObject, type JsonObject } from '../leaves.ts';
import { compileAsOf } from './as-of.ts';
import type { Draft } from './draft.ts';
import type { LineageMap } from './language.ts';
import { type MappedRecord, SOURCE_IDENTIFIER_SYSTEM } from './lineage.ts';
import { unmappedRecord } from './record.ts';
import { withRoomForKey, withSourceKey } from './source-key.ts';
import { treeSource } from './source-tree.ts';
import { JSON_TREE, jsonRoot, type JsonNode } from './tree-json.ts';

type KeyOf = (type: string, id: string) => string;
type MapItem = (path: string, chunks: ItemChunks) => AsyncGenerator<MappedRecord>;

export function compileCopyResource(map: LineageMap): MapItem {
  const keys = map.copyResource?.keys ?? {};
  const keyOf: KeyOf = (type, id) => (keys[type] ?? `${type}:{id}`).replaceAll('{id}', id);
  const asOf = map.asOf === undefined ? undefined : compileAsOf(map.asOf, RESOURCES, { map, zone: () => map.zone });
  return async function* (path, chunks) {
    let any = false;
    for await (const read of readFhir(path, chunks)) {
      any = true;
      const record = copied(read, keyOf);
      const isDated = read.kind !== 'problem' && asOf !== undefined;
      yield isDated ? { ...record, asOf: asOf({ node: jsonRoot(read.resource, ''), ordinal: 1 }) } : record;
    }
    if (any) return;
    const problem = invalid('NOTHING_MAPPED', '/', 'no resource in it');
    yield unmappedRecord('Bundle', 'unreadable:/', '/', [problem]);
  };
}

/** What `asOf` is read from: `meta.lastUpdated`, `meta.versionId`. */
const RESOURCES = treeSource<JsonNode>({
  tree: JSON_TREE,
  separator: '.',
  position: ({ pointer }) => pointer,
  leavesOf: ({ pointer }) => [pointer],
});

function copied(read: FhirRead, keyOf: KeyOf): MappedRecord {
  if (read.kind === 'problem') {
    const { position } = read.problem;
    return unmappedRecord('Basic', `unreadable:${position}`, position, [read.problem]);
  }
  const { resource, at, bundle } = read;
  const position = positionOf(at);
  const { id: given, resourceType, ...rest } = resource;
  const type = String(resourceType);
  const problems: Problem[] = [...checkResource(resource, at)];
  const id = typeof given === 'string' && given !== '' ? given : undefined;
  if (id === undefined) problems.push(invalid('RESOURCE_ID_MISSING', positionOf(at, '/id'), 'the resource has no id'));
  const key = id === undefined ? `unkeyed:${position}` : keyOf(type, id);
  const body = rewritten(rest, bundle, keyOf) as Draft;
  return {
    key,
    type,
    parent: type === 'Patient' ? null : patientOf(body),
    position,
    resource: withSourceKey({ ...withRoomForKey(type), ...body }, key),
    problems: problems.map((problem) => ({ ...problem, record: key })),
  };
}

/** Elements by which a resource says whose it is. */
const OWNERS = ['subject', 'patient', 'beneficiary'] as const;

function patientOf(body: Draft): string | null {
  for (const name of OWNERS) {
    const reference = body[name] as Json | undefined;
    if (!isObject(reference) || reference['type'] !== 'Patient' || !isObject(reference['identifier'])) continue;
    const { system, value } = reference['identifier'];
    if (system === SOURCE_IDENTIFIER_SYSTEM && typeof value === 'string') return value;
  }
  return null;
}

const RELATIVE = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;

/** Every reference `Type/id`, or to a bundle entry's full URL, by the key of the resource it means. */
function rewritten(value: Json, bundle: Bundle | null, keyOf: KeyOf): Json {
  if (isArray(value)) return value.map((each) => rewritten(each, bundle, keyOf));
  if (!isObject(value)) return value;
  const copy: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) copy[name] = rewritten(member, bundle, keyOf);
  }
  return logical(copy, bundle, keyOf) ?? copy;
}

function logical(value: JsonObject, bundle: Bundle | null, keyOf: KeyOf): Json | undefined {
  const { reference, ...rest } = value;
  if (typeof reference !== 'string') return undefined;
  const [, type, id] = RELATIVE.exec(bundle?.references.get(reference) ?? reference) ?? [];
  if (type === undefined || id === undefined) return undefined;
  return { ...rest, identifier: { system: SOURCE_IDENTIFIER_SYSTEM, value: keyOf(type, id) }, type };
}

function invalid(code: string, position: string, message: string): Problem {
  return { category: 'schema-invalid', code, position, message };
}
