/** FHIR resources by a lineage map: every kind of record from the resources of the type it names. */
import { positionOf, readFhir } from '../fhir/read.ts';
import type { ItemChunks } from '../item-bytes.ts';
import type { LineageMap, RecordRules } from './language.ts';
import type { MappedRecord } from './lineage.ts';
import { houseOf } from './house.ts';
import { leavesOfResource } from './leaves.ts';
import { compileRecord, unmappedRecord, type MakeRecord } from './record.ts';
import type { RuleHouse } from './rules.ts';
import type { Source } from './source.ts';
import { treeSource, type TreeScope } from './source-tree.ts';
import type { Tracer } from './trace.ts';
import { JSON_TREE, jsonRoot, type JsonNode } from './tree-json.ts';

type Scope = TreeScope<JsonNode>;

interface Kind {
  readonly scopes: ((scope: Scope) => readonly Scope[]) | undefined;
  readonly make: MakeRecord<Scope>;
}

/** `Patient` or `Patient.contact`: the resource type, and the path below it where there is one. */
export function parseResourcePath(forEach: string): { readonly type: string; readonly below: string | undefined } {
  const dot = forEach.indexOf('.');
  return dot === -1
    ? { type: forEach, below: undefined }
    : { type: forEach.slice(0, dot), below: forEach.slice(dot + 1) };
}

export function compileFhirRecords(
  map: LineageMap,
  tracer?: Tracer,
): (path: string, chunks: ItemChunks) => AsyncGenerator<MappedRecord> {
  const source = treeSource<JsonNode>({
    tree: JSON_TREE,
    separator: '.',
    position: ({ pointer }) => pointer || '/',
    leavesOf: ({ pointer }) => [pointer],
  });
  const house = houseOf(source, map, () => map.zone, tracer);
  const kinds = compileKinds(map, source, house);
  const fallback = map.records?.[0]?.type ?? 'Basic';
  return async function* (path, chunks) {
    for await (const read of readFhir(path, chunks)) {
      if (read.kind === 'problem') {
        const { position } = read.problem;
        yield unmappedRecord(fallback, `unreadable:${position}`, position, [read.problem]);
        continue;
      }
      const at = positionOf(read.at);
      const makers = kinds.get(String(read.resource['resourceType']));
      if (makers === undefined) {
        const why = 'the lineage does not map resources of this type';
        const problem = {
          category: 'schema-invalid',
          code: 'RESOURCE_NOT_MAPPED',
          position: at,
          message: why,
        } as const;
        yield unmappedRecord(fallback, `unmapped:${at}`, at, [problem]);
        continue;
      }
      const root: Scope = { node: jsonRoot(read.resource, `${read.at.prefix}${read.at.pointer}`), ordinal: 1 };
      for (const { scopes, make } of makers) {
        for (const scope of scopes?.(root) ?? [root]) {
          const record = await make(scope);
          if (record !== undefined) yield record;
        }
      }
      tracer?.unit(() => leavesOfResource(root.node));
    }
  };
}

/** By resource type, what is made of such a resource. */
function compileKinds(
  map: LineageMap,
  source: Source<Scope>,
  house: RuleHouse<Scope>,
): ReadonlyMap<string, readonly Kind[]> {
  const kindsOf = Map.groupBy(map.records ?? [], typeOf);
  return new Map(
    [...kindsOf].map(([type, records]) => [
      type,
      records.map((record) => {
        const { below } = parseResourcePath(record.forEach ?? record.type);
        const scopes = below === undefined ? undefined : source.each(below);
        return { scopes, make: compileRecord(record, house) };
      }),
    ]),
  );
}

function typeOf({ forEach, type }: RecordRules): string {
  return parseResourcePath(forEach ?? type).type;
}
