/** Which source fields decide what a map does: their value is in what was chosen, though no rule writes it. */
import type { LineageMap, RecordRules } from './language.ts';
import { parseResourcePath } from './map-fhir.ts';
import { readsOfRecord, type Read } from './reads.ts';
import { parseTreePath, type TreePath } from './tree-path.ts';

/** Paths as leaves are named, of a map whose shapes are in place. */
export function decidingPaths(map: LineageMap): ReadonlySet<string> {
  const records = map.records ?? [];
  if (map.format === 'fhir') return new Set(records.flatMap(ofResource));
  const decided = records.flatMap(readsOfRecord).flatMap(({ path, as }) => (as === 'decides' ? [path] : []));
  // The type of a message decides whether the map is for it at all.
  return new Set([...decided, ...(map.format === 'hl7v2' ? ['MSH-9.1', 'MSH-9.2'] : [])]);
}

function ofResource(record: RecordRules): readonly string[] {
  const forEach = record.forEach ?? record.type;
  const { type } = parseResourcePath(forEach);
  const at = (path: TreePath, base: string) => (path.absolute ? type : base);
  return readsOfRecord(record).flatMap((read) => ofRead(read, forEach, at));
}

function ofRead({ path, as, within }: Read, forEach: string, at: (path: TreePath, base: string) => string) {
  const found: string[] = [];
  let base = forEach;
  for (const text of [...within, path]) {
    const parsed = parseTreePath(text, '.');
    if (parsed === undefined) return found;
    base = walked(parsed, at(parsed, base), found);
  }
  return as === 'decides' ? [...found, base] : found;
}

/** Where a path leads, its names without predicates; what its predicates compare goes into `found`. */
function walked({ steps }: TreePath, base: string, found: string[]): string {
  let at = base;
  for (const { name, predicates } of steps) {
    at = name === '..' ? at.slice(0, at.lastIndexOf('.')) : `${at}.${name}`;
    for (const predicate of predicates) if ('path' in predicate) found.push(walked(predicate.path, at, found));
  }
  return at;
}
