/** What became of every source value of an item: the rule, the target element, and the digests on both sides. */
import { canonicalJson, type Json } from '../../kernel/canonical-json.ts';
import { compileLineage } from './compile.ts';
import { compileExclusions } from './exclusions.ts';
import type { LineageMap } from './language.ts';
import { expandShapes } from './shapes.ts';
import { Tracer, type TracedUnit, type TracedWrite } from './trace.ts';

export interface ExplainedSource {
  readonly path: string;
  /** Where in the item. */
  readonly position: string;
  readonly digest: string;
}

/** One target element of a record and what it was made of. */
export interface ExplainedField {
  readonly target: string;
  /** `copy`, `code`, ...: the transformation. */
  readonly transform: string;
  /** Where the rule stands in the map, and which use of a shape led there. */
  readonly rule: string;
  readonly sources: readonly ExplainedSource[];
  /** Of the value written; null where the rule complained and wrote nothing. */
  readonly digest: string | null;
  readonly overwrote: boolean;
}

export interface ExplainedRecord {
  readonly type: string;
  readonly key: string;
  /** Sources of the record's key and its parent's. */
  readonly identity: readonly ExplainedSource[];
  readonly fields: readonly ExplainedField[];
  /** Codes and positions of what stood in the way; the record was then not written. */
  readonly problems: readonly { readonly code: string; readonly position: string }[];
}

/** A populated source value that went nowhere. */
export interface LeftBehind {
  readonly path: string;
  /** Null where the map does not say: it is lost. */
  readonly reason: string | null;
  readonly count: number;
}

export interface Explanation {
  readonly map: { readonly name: string; readonly version: string };
  readonly records: readonly ExplainedRecord[];
  readonly leftBehind: readonly LeftBehind[];
  /** True where the item makes more records than are explained. */
  readonly cut: boolean;
}

/** Keys a value (HMAC): a plain digest of a birth date can be guessed. No value itself is in an explanation. */
export type DigestOf = (value: string) => string;

export const EXPLAINED_RECORDS_MAX = 1000;

export interface ExplainedItem {
  readonly path: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Explains the records of this key alone. */
  readonly key?: string | undefined;
}

export async function explainItem(map: LineageMap, item: ExplainedItem, digestOf: DigestOf): Promise<Explanation> {
  const { originOf } = expandShapes(map);
  const excludedBecause = compileExclusions(map.exclusions ?? []);
  const records: ExplainedRecord[] = [];
  const left = new Map<string, LeftBehind>();
  let cut = false;
  const field = ({ rule, target, value, reads, overwrote }: TracedWrite): ExplainedField => {
    const origin = originOf(rule);
    const used = origin?.usedAt === undefined ? '' : ` (used at ${origin.usedAt.join('.')})`;
    return {
      target,
      transform: rule.do ?? 'copy',
      rule: `${origin?.at.join('.') ?? ''}${used}`,
      sources: reads.map(({ path, position, value: text }) => ({ path, position, digest: digestOf(text) })),
      digest: value === undefined ? null : digestOf(typeof value === 'string' ? value : canonicalJson(value as Json)),
      overwrote,
    };
  };
  const listen = (unit: TracedUnit) => {
    const wanted = unit.records.filter(({ key }) => item.key === undefined || key === item.key);
    for (const { type, key, keyReads, writes } of wanted) {
      if (records.length >= EXPLAINED_RECORDS_MAX) {
        cut = true;
        break;
      }
      const identity = keyReads.map(({ path, position, value }) => ({ path, position, digest: digestOf(value) }));
      records.push({ type, key, identity, fields: writes.map(field), problems: [] });
    }
    if (wanted.length > 0) countLeft(unit, left, excludedBecause);
  };
  const problems = new Map<string, { code: string; position: string }[]>();
  for await (const record of compileLineage(map, new Tracer(listen)).map(item.path, item.bytes)) {
    if (record.problems.length === 0) continue;
    const known = problems.get(`${record.type} ${record.key}`) ?? [];
    problems.set(`${record.type} ${record.key}`, [
      ...known,
      ...record.problems.map(({ code, position }) => ({ code, position })),
    ]);
  }
  const { name, version } = map;
  return {
    map: { name, version },
    records: records.map((each) => ({ ...each, problems: problems.get(`${each.type} ${each.key}`) ?? [] })),
    leftBehind: [...left.values()].sort((one, other) => (one.path < other.path ? -1 : 1)),
    cut,
  };
}

function countLeft(
  { records, leaves }: TracedUnit,
  left: Map<string, LeftBehind>,
  excludedBecause: (path: string) => string | undefined,
): void {
  const carried = new Set(
    records.flatMap(({ keyReads, writes }) =>
      [...keyReads, ...writes.flatMap(({ reads }) => reads)].flatMap(({ instances }) => instances),
    ),
  );
  for (const { path, names } of leaves()) {
    if (names.some((name) => carried.has(name))) continue;
    const count = (left.get(path)?.count ?? 0) + 1;
    left.set(path, { path, reason: excludedBecause(path) ?? null, count });
  }
}
