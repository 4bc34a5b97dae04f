/** FHIR resources as a tree: lists are gone through, primitives are its leaves. */
import { type Json, NumberLiteral } from '../../kernel/canonical-json.ts';
import { escaped, isArray, isObject, type JsonObject } from '../leaves.ts';
import type { Tree } from './tree-path.ts';

/** A JSON value that knows where it stands. */
export interface JsonNode {
  readonly value: Json;
  readonly name: string;
  readonly pointer: string;
  readonly around: JsonNode | undefined;
}

/** `at` is where the resource stands in its item. */
export function jsonRoot(resource: JsonObject, at: string): JsonNode {
  return { value: resource as Json, name: String(resource['resourceType'] ?? ''), pointer: at, around: undefined };
}

function members(node: JsonNode, name: string, value: Json | undefined): readonly JsonNode[] {
  if (value === undefined || value === null) return [];
  const pointer = `${node.pointer}/${escaped(name)}`;
  if (!isArray(value)) return [{ value, name, pointer, around: node }];
  return value.flatMap((each, index) =>
    each === null ? [] : [{ value: each, name, pointer: `${pointer}/${index}`, around: node }],
  );
}

function children(node: JsonNode, name: string): readonly JsonNode[] {
  if (!isObject(node.value)) return [];
  if (name !== '*') return members(node, name, node.value[name]);
  return Object.entries(node.value).flatMap(([each, value]) => members(node, each, value));
}

export const JSON_TREE: Tree<JsonNode> = {
  namesRoot: false,
  children,
  *below(node) {
    for (const child of children(node, '*')) {
      yield child;
      yield* this.below(child);
    }
  },
  isNamed: (node, name) => name === '*' || node.name === name,
  around: (node) => node.around,
  root(node) {
    let root = node;
    while (root.around !== undefined) root = root.around;
    return root;
  },
  text: ({ value }) => (typeof value === 'object' && !(value instanceof NumberLiteral) ? undefined : String(value)),
};
