/** The loss report of a map over a dataset: what is populated and reaches nothing, measured value by value. */
import type { Json } from '../../kernel/canonical-json.ts';
import { compileLineage } from './compile.ts';
import { decidingPaths } from './deciding.ts';
import { compileExclusions, type ExcludedBecause } from './exclusions.ts';
import type { LineageMap } from './language.ts';
import type { Leaf } from './leaves.ts';
import { withoutPositions } from './path.ts';
import { expandShapes } from './shapes.ts';
import { Tracer, type TracedRecord, type TracedUnit, type TracedWrite } from './trace.ts';

/** A source path with values that reach no target and are not excluded. */
export interface LostPath {
  readonly path: string;
  readonly populated: number;
  readonly lost: number;
  /** Items in which it is lost, the first of them. */
  readonly items: readonly string[];
}

export interface ExcludedPath {
  readonly path: string;
  readonly populated: number;
  readonly reason: string;
}

/** A target element and the rule that fills it: `records.0.rules.3`. */
export interface TargetFinding {
  readonly type: string;
  readonly target: string;
  readonly rule: string;
  readonly count: number;
  readonly critical: boolean;
}

export interface LossReport {
  readonly map: { readonly name: string; readonly version: string };
  readonly items: number;
  /** Messages, rows, documents or resources. */
  readonly units: number;
  readonly records: number;
  readonly recordsWithProblems: number;
  /** Populated source values in all. */
  readonly values: number;
  readonly lost: readonly LostPath[];
  readonly excluded: readonly ExcludedPath[];
  /** One rule put its value over another rule's, and something of that value is in no other target. */
  readonly overwritten: readonly TargetFinding[];
  /** Values that come from no source value and depend on none. */
  readonly fromNothing: readonly TargetFinding[];
  /** Paths beyond the limit of those that are told apart, counted together; 0 unless the data has no end of paths. */
  readonly pathsNotToldApart: number;
}

/** Distinct source paths that are told apart. */
const PATHS_MAX = 50_000;
const ITEMS_NAMED_MAX = 20;

interface PathCount {
  populated: number;
  lost: number;
  readonly items: Set<string>;
}

/** Maps items to see what a map loses; nothing it makes goes anywhere. */
export class LossMeter {
  readonly #map: LineageMap;
  readonly #lineage: ReturnType<typeof compileLineage>;
  readonly #excludedBecause: ExcludedBecause;
  /** Paths whose value decides a condition: it is in what was chosen. */
  readonly #deciding: ReadonlySet<string>;
  readonly #critical: readonly string[];
  readonly #paths = new Map<string, PathCount>();
  readonly #overwritten = new Map<string, TargetFinding>();
  readonly #fromNothing = new Map<string, TargetFinding>();
  readonly #ruleName: (write: TracedWrite) => string;
  #item = '';
  readonly #counts = { items: 0, units: 0, records: 0, recordsWithProblems: 0, values: 0, pathsNotToldApart: 0 };

  constructor(map: LineageMap) {
    const expanded = expandShapes(map);
    this.#map = expanded.map;
    this.#lineage = compileLineage(map, new Tracer((unit) => this.#unit(unit)));
    this.#excludedBecause = compileExclusions(map.exclusions ?? []);
    this.#deciding = decidingPaths(this.#map);
    this.#critical = map.critical;
    this.#ruleName = ({ rule }) => {
      const origin = expanded.originOf(rule);
      const used = origin?.usedAt === undefined ? '' : ` (used at ${origin.usedAt.join('.')})`;
      return `${origin?.at.join('.') ?? 'rule'}${used}`;
    };
  }

  /** `item` is an id, never a path: it is kept in the report. */
  async add(item: string, path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    this.#item = item;
    this.#counts.items += 1;
    for await (const { problems } of this.#lineage.map(path, bytes)) {
      this.#counts.records += 1;
      if (problems.length > 0) this.#counts.recordsWithProblems += 1;
    }
  }

  report(): LossReport {
    const labelOf = labels(this.#paths.keys());
    const paths = [...this.#paths].sort(([left], [right]) => (left < right ? -1 : 1));
    const lost: LostPath[] = [];
    const excluded: ExcludedPath[] = [];
    for (const [path, { populated, lost: count, items }] of paths) {
      const reason = this.#excludedBecause(path);
      const label = labelOf.get(path) ?? path;
      if (reason !== undefined) excluded.push({ path: label, populated, reason });
      else if (count > 0) lost.push({ path: label, populated, lost: count, items: [...items] });
    }
    const { name, version } = this.#map;
    const findings = (found: ReadonlyMap<string, TargetFinding>) =>
      [...found.keys()].sort().map((key) => found.get(key));
    return {
      map: { name, version },
      ...this.#counts,
      lost,
      excluded,
      overwritten: findings(this.#overwritten).filter((each) => each !== undefined),
      fromNothing: findings(this.#fromNothing).filter((each) => each !== undefined),
    };
  }

  #unit({ records, leaves }: TracedUnit): void {
    this.#counts.units += 1;
    const carried = new Set<string>();
    for (const record of records) for (const name of carriedBy(record)) carried.add(name);
    for (const record of records) this.#noteTargets(record, carried);
    for (const leaf of leaves()) this.#leaf(leaf, carried);
  }

  #leaf({ path: plain, owned, names }: Leaf, carried: ReadonlySet<string>): void {
    this.#counts.values += 1;
    const path = owned !== undefined && this.#excludedBecause(owned) !== undefined ? owned : plain;
    const count = this.#countOf(path);
    if (count === undefined) return;
    count.populated += 1;
    if (names.some((name) => carried.has(name)) || this.#decides(path)) return;
    count.lost += 1;
    if (count.items.size < ITEMS_NAMED_MAX) count.items.add(this.#item);
  }

  #decides(path: string): boolean {
    if (this.#deciding.has(path)) return true;
    // A field of one component is asked by its own name.
    return path.endsWith('.1') && this.#deciding.has(path.slice(0, -2));
  }

  #countOf(path: string): PathCount | undefined {
    const known = this.#paths.get(path);
    if (known !== undefined) return known;
    if (this.#paths.size >= PATHS_MAX) {
      this.#counts.pathsNotToldApart += 1;
      return undefined;
    }
    const count = { populated: 0, lost: 0, items: new Set<string>() };
    this.#paths.set(path, count);
    return count;
  }

  /** An element is from nothing where all of it is constant, whatever the source says. */
  #noteTargets({ type, writes }: TracedRecord, carried: ReadonlySet<string>): void {
    const last = new Map<string, TracedWrite>();
    for (const write of writes) {
      const under = write.overwrote ? last.get(write.target) : undefined;
      const isLost = under?.reads.some(({ instances }) => instances.some((name) => !carried.has(name))) ?? false;
      if (isLost) this.#count(this.#overwritten, type, write);
      last.set(write.target, write);
    }
    for (const element of Map.groupBy(writes, ({ target }) => elementOf(target)).values()) {
      const isFree = element.every(({ rule, reads }) => reads.length === 0 && rule.when === undefined);
      const [first] = element;
      if (isFree && first !== undefined) this.#count(this.#fromNothing, type, first);
    }
  }

  #count(findings: Map<string, TargetFinding>, type: string, write: TracedWrite): void {
    const target = withoutPositions(write.target);
    const rule = this.#ruleName(write);
    const key = `${type}.${target} ${rule}`;
    const full = `${type}.${target}`;
    const critical = this.#critical.some((path) => full === path || full.startsWith(`${path}.`));
    findings.set(key, { type, target, rule, count: (findings.get(key)?.count ?? 0) + 1, critical });
  }
}

/** Names of the source values that are in the record when it is complete: what was put over is not. */
function carriedBy({ keyReads, writes }: TracedRecord): readonly string[] {
  const last = new Map<string, TracedWrite>();
  for (const write of writes) if (write.overwrote) last.set(write.target, write);
  const isOver = (write: TracedWrite, index: number) => {
    const over = last.get(write.target);
    return over !== undefined && over !== write && writes.indexOf(over) > index;
  };
  const kept = writes.filter((write, index) => !isOver(write, index));
  return [...keyReads, ...kept.flatMap(({ reads }) => reads)].flatMap(({ instances }) => instances);
}

/** The element of the record a target is in, list position included: `identifier[1]`. */
function elementOf(target: string): string {
  return target.split('.')[0] ?? target;
}

/** A field that never has a second component is known by its own name. */
function labels(paths: Iterable<string>): ReadonlyMap<string, string> {
  const all = [...paths];
  const divided = new Set(
    all.flatMap((path) => (/^[A-Z][A-Z0-9]{2}-\d+\.(?:[2-9]|1.)/.test(path) ? [fieldOf(path)] : [])),
  );
  return new Map(
    all.map((path) => [path, /-\d+\.1$/.test(path) && !divided.has(fieldOf(path)) ? fieldOf(path) : path]),
  );
}

function fieldOf(path: string): string {
  return path.slice(0, path.indexOf('.'));
}

/** Findings that stop active clinical data: values lost, overwritten, or made up in critical fields. */
export function blockingLosses(report: LossReport): number {
  return report.lost.length + report.overwritten.length + report.fromNothing.filter(({ critical }) => critical).length;
}

export function lossJson(report: LossReport): Json {
  return JSON.parse(JSON.stringify(report)) as Json;
}
