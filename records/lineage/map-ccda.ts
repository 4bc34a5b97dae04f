/** C-CDA documents by a lineage map: every kind of record from the elements its path leads to. */
import { readClinicalDocument } from '../ccda/tree.ts';
import type { ItemChunks } from '../item-bytes.ts';
import type { LineageMap } from './language.ts';
import type { MappedRecord } from './lineage.ts';
import { houseOf } from './house.ts';
import { leavesOfDocument } from './leaves.ts';
import { compileRecord, unmappedRecord } from './record.ts';
import { treeSource, type TreeScope } from './source-tree.ts';
import type { Tracer } from './trace.ts';
import { leavesOfNode, positionOfNode, XML_TREE, type XmlNode } from './tree-xml.ts';
import { writtenOffset } from './zone.ts';

type Scope = TreeScope<XmlNode>;

export function compileCcda(
  map: LineageMap,
  tracer?: Tracer,
): (path: string, chunks: ItemChunks) => AsyncGenerator<MappedRecord> {
  const source = treeSource<XmlNode>({
    tree: XML_TREE,
    separator: '/',
    position: positionOfNode,
    leavesOf: leavesOfNode,
  });
  const house = houseOf(source, map, (scope) => zoneOf(scope, map.zone), tracer);
  const kinds = (map.records ?? []).map((record) => ({
    scopes: record.forEach === undefined ? undefined : source.each(record.forEach),
    make: compileRecord<Scope>(record, house),
  }));
  const type = map.records?.[0]?.type ?? 'Basic';
  return async function* (_path, chunks) {
    const read = await readClinicalDocument(chunks);
    if ('problem' in read) {
      const { position } = read.problem;
      return yield unmappedRecord(type, `unreadable:${position}`, position, [read.problem]);
    }
    const document: Scope = { node: read.root, ordinal: 1 };
    let any = false;
    for (const { scopes, make } of kinds) {
      for (const scope of scopes?.(document) ?? [document]) {
        const record = await make(scope);
        if (record === undefined) continue;
        any = true;
        yield record;
      }
    }
    tracer?.unit(() => leavesOfDocument(read.root));
    if (any) return;
    const why = 'the document holds none of the elements the lineage maps';
    const problem = { category: 'schema-invalid', code: 'NOTHING_MAPPED', position: '/', message: why } as const;
    yield unmappedRecord(type, 'unmapped:/', '/', [problem]);
  };
}

/** The offset of the document's effectiveTime is the default of the times in it; the map's zone comes after it. */
function zoneOf({ node }: Scope, declared: string | undefined): string | undefined {
  const root = XML_TREE.root(node);
  const written = 'attribute' in root ? undefined : root.children.find(({ name }) => name === 'effectiveTime');
  return writtenOffset(written?.attributes['value'] ?? '') ?? declared;
}
