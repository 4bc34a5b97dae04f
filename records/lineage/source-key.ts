/** Where a FHIR R4 resource carries the key of its source, and how it is put there and taken away. */
import type { Json } from '../../kernel/canonical-json.ts';
import { elementAt, resourceTypes } from '../fhir/r4.ts';
import { isArray, isObject, type JsonObject } from '../leaves.ts';
import type { Draft, DraftValue } from './draft.ts';
import { SOURCE_IDENTIFIER_SYSTEM } from './lineage.ts';

/** The source key as a path: of the types that have identifiers, and of the others. */
export const SOURCE_KEY_PATH = `identifier[system='${SOURCE_IDENTIFIER_SYSTEM}'].value`;
export const SOURCE_TAG_PATH = `meta.tag[system='${SOURCE_IDENTIFIER_SYSTEM}'].code`;

let identified: ReadonlySet<string> | undefined;

/** Whether R4 gives the type a list of identifiers. One that has none, or room for one of its own only, has a tag. */
function hasIdentifiers(type: string): boolean {
  identified ??= new Set(resourceTypes().filter((each) => elementAt(each, 'identifier')?.isList === true));
  return identified.has(type);
}

/** The key comes first in the resource; copying it at the end would be a second resource for each record. */
export function withRoomForKey(resourceType: string): Draft {
  return hasIdentifiers(resourceType) ? { resourceType, identifier: undefined } : { resourceType, meta: undefined };
}

/** The resource with the key every mapped resource carries, before the identifiers or tags of its own. */
export function withSourceKey(resource: Draft, key: string): Json {
  if (hasIdentifiers(String(resource['resourceType']))) {
    resource['identifier'] = [{ system: SOURCE_IDENTIFIER_SYSTEM, value: key }, ...listOf(resource['identifier'])];
    return resource as Json;
  }
  const meta = (resource['meta'] ?? {}) as Draft;
  const tag = [{ system: SOURCE_IDENTIFIER_SYSTEM, code: key }, ...listOf(meta['tag'])];
  resource['meta'] = { ...meta, tag };
  return resource as Json;
}

function listOf(value: DraftValue | undefined): readonly DraftValue[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as DraftValue[]) : [value];
}

/** As it is for a target that knows nothing of our keys. */
export function withoutSourceKey(resource: JsonObject): JsonObject {
  const { identifier, meta } = resource;
  const kept = isArray(identifier) ? { identifier: identifier.filter(isForeign) } : {};
  const tag = isObject(meta) ? meta['tag'] : undefined;
  const tags = isObject(meta) && isArray(tag) ? { meta: { ...meta, tag: tag.filter(isForeign) } } : {};
  return { ...resource, ...kept, ...tags };
}

function isForeign(element: Json): boolean {
  return !isObject(element) || element['system'] !== SOURCE_IDENTIFIER_SYSTEM;
}
