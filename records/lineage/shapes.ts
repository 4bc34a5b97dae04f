/** Shapes put in place: every use of a shape becomes the rules it stands for; nothing else needs to know shapes. */
import type { Refusal } from '../../kernel/refusal.ts';
import { nearestWord } from '../spelling.ts';
import { NO_AS_OF, type AsOf, type LineageMap, type RecordRules, type RecordsOf } from './language.ts';
import { sourcesOf, type Condition, type Rule, type ShapeRule } from './rule.ts';

/** Where a rule was written, and which uses of shapes led to it. */
export interface Origin {
  readonly at: readonly string[];
  readonly usedAt: readonly string[] | undefined;
}

export interface Expanded {
  /** The same map without shapes. */
  readonly map: LineageMap;
  /** What the map says of all its records; those that say nothing of their own have it now. */
  readonly asOf: AsOf | undefined;
  readonly originOf: (rule: Rule) => Origin | undefined;
  /** Where a record of `map` was written. */
  readonly placeOf: (record: RecordRules) => readonly string[];
  readonly refusals: readonly Refusal[];
}

const DEPTH_MAX = 8;
/** Shapes in shapes multiply; a map of more rules than this is a mistake. */
const RULES_MAX = 50_000;

const expansions = new WeakMap<LineageMap, Expanded>();

export function expandShapes(map: LineageMap): Expanded {
  const known = expansions.get(map);
  if (known !== undefined) return known;
  const expansion = new Expansion(map);
  const { shapes: _shapes, recordsOf, asOf, ...rest } = map;
  const written = map.records?.map((record, index) => expansion.record(record, ['records', String(index)]));
  const shaped = recordsOf?.flatMap((use, index) => expansion.recordsOf(use, ['recordsOf', String(index)]));
  const records = [...(written ?? []), ...(shaped ?? [])].map((record) => expansion.dated(record, asOf));
  const expanded: Expanded = {
    map: written === undefined && shaped === undefined ? { ...rest, ...(asOf && { asOf }) } : { ...rest, records },
    asOf,
    originOf: (rule) => expansion.origins.get(rule),
    placeOf: (record) => expansion.places.get(record) ?? [],
    refusals: expansion.refusals,
  };
  expansions.set(map, expanded);
  return expanded;
}

/** Where the rules being expanded stand, and what they are relative to. */
interface Place {
  readonly at: readonly string[];
  readonly usedAt: readonly string[] | undefined;
  readonly depth: number;
  readonly from: string | undefined;
  readonly to: string;
  readonly when: readonly Condition[];
}

class Expansion {
  readonly origins = new WeakMap<Rule, Origin>();
  readonly places = new WeakMap<RecordRules, readonly string[]>();
  readonly refusals: Refusal[] = [];
  readonly #map: LineageMap;
  #rules = 0;

  constructor(map: LineageMap) {
    this.#map = map;
  }

  record(record: RecordRules, at: readonly string[]): RecordRules {
    const place = { at: [...at, 'rules'], usedAt: undefined, depth: 0, from: undefined, to: '.', when: [] };
    return this.#placed({ ...record, rules: this.#list(record.rules, place) }, at);
  }

  /** The records of a shape, made for each repetition of the place it is used at. */
  recordsOf(use: RecordsOf, at: readonly string[]): readonly RecordRules[] {
    return this.#recordsOf(use, at, 0);
  }

  #recordsOf(use: RecordsOf, at: readonly string[], depth: number): readonly RecordRules[] {
    const place: Place = { at, usedAt: undefined, depth, from: use.from, to: '.', when: [] };
    const shape = this.#map.shapes?.[use.shape];
    if (depth === DEPTH_MAX) {
      this.#refuse(place, `uses shapes in shapes deeper than ${DEPTH_MAX}`, 'a shape must not use itself');
      return [];
    }
    if (shape?.records === undefined && shape?.recordsOf === undefined) {
      const makers = Object.entries(this.#map.shapes ?? {}).filter(([, each]) => each.records ?? each.recordsOf);
      const names = makers.map(([name]) => name);
      const nearest = nearestWord(use.shape, names);
      this.#refuse(place, `names ${use.shape}, which is no shape that makes records`, remedyFor(nearest, names));
      return [];
    }
    const from = this.#insideOf(use.from);
    const paths = relativeTo(from);
    const forEach = use.within === undefined ? use.from : `${use.within}/${use.from}`;
    const own = (shape.records ?? []).map((record, index) => {
      const when = [...(use.when ?? []), ...(record.when ?? []).map(paths.condition)];
      const inner = ['shapes', use.shape, 'records', String(index)];
      const made = {
        ...record,
        forEach,
        when: when.length === 0 ? undefined : when,
        key: [record.key].flat().map(paths.template),
        parent: record.parent === undefined ? undefined : [record.parent].flat().map(paths.template),
        ...(record.asOf === undefined ? {} : { asOf: paths.asOf(record.asOf) }),
        rules: this.#list(record.rules, { ...place, at: [...inner, 'rules'], usedAt: at, depth: 1, from }),
      };
      return this.#placed(made, inner);
    });
    const others = (shape.recordsOf ?? []).flatMap((other) => {
      const when = [...(use.when ?? []), ...(other.when ?? []).map(paths.condition)];
      const within = other.within ?? use.within;
      const placed = { ...other, from: paths.source(other.from), within, when: when.length === 0 ? undefined : when };
      return this.#recordsOf(placed, at, depth + 1);
    });
    return [...own, ...others];
  }

  /** What the map says of all its records, each of them says. */
  dated(record: RecordRules, asOf: AsOf | undefined): RecordRules {
    const { asOf: own = asOf, ...rest } = record;
    const said = own === NO_AS_OF || own === undefined ? rest : { ...rest, asOf: own };
    return this.#placed(said, this.places.get(record) ?? []);
  }

  #placed(record: RecordRules, at: readonly string[]): RecordRules {
    this.places.set(record, at);
    return record;
  }

  #list(rules: readonly Rule[], place: Place): readonly Rule[] {
    return rules.flatMap((rule, index) => this.#rule(rule, { ...place, at: [...place.at, String(index)] }));
  }

  #rule(rule: Rule, place: Place): readonly Rule[] {
    this.#rules += 1;
    if (this.#rules > RULES_MAX) {
      if (this.#rules === RULES_MAX + 1) this.#refuse(place, `makes more than ${RULES_MAX} rules`, 'divide the map');
      return [];
    }
    const placed = place.depth === 0 ? rule : relocated(rule, place);
    this.origins.set(placed, { at: place.at, usedAt: place.usedAt });
    if (placed.do === 'shape') return this.#shape(placed, place);
    if (placed.do !== 'each') return [placed];
    // Inside an element the targets begin anew; the paths of a shape stay relative to where it is used.
    const from = place.from === undefined ? undefined : this.#insideOf(place.from);
    const inner = { ...place, at: [...place.at, 'rules'], from, to: '.', when: [] };
    const each = { ...placed, rules: this.#list(placed.rules, inner) };
    this.origins.set(each, { at: place.at, usedAt: place.usedAt });
    return [each];
  }

  #shape(use: ShapeRule, place: Place): readonly Rule[] {
    const shape = this.#map.shapes?.[use.shape];
    if (shape === undefined) {
      const names = Object.keys(this.#map.shapes ?? {});
      const nearest = nearestWord(use.shape, names);
      this.#refuse(place, `names the shape ${use.shape}, which the map does not have`, remedyFor(nearest, names));
      return [];
    }
    if (place.depth === DEPTH_MAX) {
      this.#refuse(place, `uses shapes in shapes deeper than ${DEPTH_MAX}`, 'a shape must not use itself');
      return [];
    }
    const isList = use.to.endsWith('[]');
    const inner: Place = {
      at: ['shapes', use.shape, 'rules'],
      usedAt: place.usedAt ?? place.at,
      depth: place.depth + 1,
      from: isList ? this.#insideOf(use.from) : use.from,
      to: isList ? '.' : use.to,
      when: isList ? [] : (use.when ?? []),
    };
    const rules = this.#list(shape.rules ?? [], inner);
    if (!isList) return rules;
    const conditions = use.when === undefined ? {} : { when: use.when };
    const each: Rule = { do: 'each', to: use.to.slice(0, -2), forEach: use.from, rules, ...conditions };
    this.origins.set(each, { at: place.at, usedAt: place.usedAt });
    return [each];
  }

  /** Inside an element the paths of a tree begin at its node; HL7's go on naming the field, now one repetition. */
  #insideOf(from: string): string {
    return this.#map.format === 'hl7v2' ? from : '.';
  }

  #refuse(place: Place, what: string, remedy: string): void {
    this.refusals.push({
      code: 'LINEAGE_INVALID',
      message: `${place.at.join('.')} ${what}`,
      field: [...place.at],
      remedy,
    });
  }
}

function remedyFor(nearest: string | undefined, names: readonly string[]): string {
  if (nearest !== undefined) return `write ${nearest}, if that is what was meant`;
  return `allowed: ${names.join(', ') || 'none: the map has no shapes'}`;
}

/** Rewrites what is relative to a place. */
function relativeTo(from: string | undefined) {
  const source = (path: string) => placedPath(path, from);
  const template = (text: string) => text.replaceAll(/\{([^{}]+)\}/g, (_, path: string) => `{${source(path)}}`);
  const condition = (each: Condition): Condition => {
    if (typeof each === 'string') return source(each);
    return 'any' in each ? { any: each.any.map(condition) } : { ...each, from: source(each.from) };
  };
  const asOf = (said: AsOf | typeof NO_AS_OF): AsOf | typeof NO_AS_OF => {
    if (said === NO_AS_OF) return said;
    const { from, sequence, ...rest } = said;
    return {
      ...rest,
      ...(from === undefined ? {} : { from: sourcesOf(from).map(source) }),
      ...(sequence === undefined ? {} : { sequence: source(sequence) }),
    };
  };
  return { source, template, condition, asOf };
}

/** A rule of a shape as it reads where the shape is used. */
function relocated(rule: Rule, place: Place): Rule {
  const { source, template, condition } = relativeTo(place.from);
  const when = [...place.when, ...(rule.when ?? []).map(condition)];
  const placed: Record<string, unknown> = { ...rule, ...(when.length === 0 ? {} : { when }) };
  if ('to' in rule) placed['to'] = placedTarget(rule.to, place.to);
  if ('from' in rule) placed['from'] = typeof rule.from === 'string' ? source(rule.from) : rule.from.map(source);
  switch (rule.do) {
    case 'template':
      placed['template'] = template(rule.template);
      break;
    case 'reference':
      placed['key'] = typeof rule.key === 'string' ? template(rule.key) : rule.key.map(template);
      if (rule.display !== undefined) placed['display'] = template(rule.display);
      break;
    case 'quantity':
      if (rule.unit !== undefined) placed['unit'] = source(rule.unit);
      break;
    case 'unit':
      placed['unit'] = source(rule.unit);
      break;
    case 'date':
      if (rule.plusMinutes !== undefined) placed['plusMinutes'] = source(rule.plusMinutes);
      break;
    case 'text':
      if (rule.original !== undefined) placed['original'] = placedTarget(rule.original, place.to);
      break;
    case 'base64':
      if (rule.encoding !== undefined) placed['encoding'] = source(rule.encoding);
      break;
    case 'jsonata':
      placed['with'] = Object.fromEntries(Object.entries(rule.with).map(([name, path]) => [name, source(path)]));
      break;
    case 'each':
      placed['forEach'] = source(rule.forEach);
      break;
  }
  return placed as unknown as Rule;
}

/** `.1` behind `PID-3` is `PID-3.1`; `./@code` behind `code` is `code/@code`; `.` is the place itself. */
function placedPath(path: string, from: string | undefined): string {
  if (from === undefined || !path.startsWith('.') || path.startsWith('..')) return path;
  if (path === '.') return from;
  const rest = path.startsWith('./') && from !== '.' ? path.slice(1) : path;
  return from === '.' ? rest : from + rest;
}

function placedTarget(to: string, above: string): string {
  if (above === '.') return to;
  return to === '.' ? above : `${above}.${to}`;
}
