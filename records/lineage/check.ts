/** What the shape of a lineage map cannot say: that its parts fit together. */
import type { Refusal } from '../../kernel/refusal.ts';
import { nearestWord } from '../spelling.ts';
import { PATH_RULES, type PathRule } from './check-paths.ts';
import { elementProblem, r4TargetProblems } from './check-r4.ts';
import { unityTargetProblems } from './check-unity.ts';
import { expressionProblem } from './expression.ts';
import { NO_AS_OF, type AsOf, type LineageMap, type RecordRules } from './language.ts';
import { parseHl7Path, parseOrdinal, parseTemplate } from './path.ts';
import { readsOf } from './reads.ts';
import { sourcesOf, type Condition, type EachRule, type Rule } from './rule.ts';
import { expandShapes, type Expanded } from './shapes.ts';
import { isUnitKnown } from './unit.ts';
import { isZone } from './zone.ts';

type Field = readonly (string | number)[];

/** One refusal for each thing that does not fit; none for a map that can be compiled. */
export function checkLineage(map: LineageMap): readonly Refusal[] {
  const expanded = expandShapes(map);
  if (expanded.refusals.length > 0) return expanded.refusals;
  const check = new Check(expanded);
  check.whole();
  return check.refusals;
}

/**
 * One refusal for each rule that fills what the target does not have, or with what it cannot hold. Asked of what a
 * person hands in, not of what is sealed: a sealed map stays readable when more is known of its target.
 */
export function checkTargets(map: LineageMap): readonly Refusal[] {
  const check = new Check(expandShapes(map));
  check.targets();
  return check.refusals;
}

class Check {
  readonly refusals: Refusal[] = [];
  readonly #map: LineageMap;
  readonly #expanded: Expanded;
  readonly #paths: PathRule;
  readonly #said = new Set<string>();

  constructor(expanded: Expanded) {
    this.#expanded = expanded;
    this.#map = expanded.map;
    this.#paths = PATH_RULES[this.#map.format];
  }

  whole(): void {
    const { format, messages, records, copyResource, zone } = this.#map;
    if (records === undefined && (format !== 'fhir' || copyResource === undefined)) {
      const remedy = format === 'fhir' ? 'write copyResource: {}, or records' : 'write at least one kind of record';
      this.#refuse([format === 'fhir' ? 'copyResource' : 'records'], 'is missing', remedy);
    }
    if (copyResource !== undefined) this.#copyResource();
    if ((format === 'hl7v2') !== (messages !== undefined)) {
      this.#refuse(['messages'], 'belongs to hl7v2, and only there', 'for example: messages: [ORU^R01]');
    }
    if (zone !== undefined) this.#zone(zone, ['zone']);
    if (this.#expanded.asOf !== undefined) this.#asOf(this.#expanded.asOf, ['asOf']);
    records?.forEach((record) => this.#record(record, this.#expanded.placeOf(record)));
    this.#critical();
    this.#preserved();
    this.#departures();
  }

  #critical(): void {
    const { critical, records } = this.#map;
    const types = records?.map((record) => record.type);
    critical.forEach((path, index) => {
      const [type = ''] = path.split('.');
      if (types === undefined || types.includes(type)) return;
      const allowed = `allowed: ${[...new Set(types)].join(', ')}`;
      this.#refuse(['critical', index], 'names a type that is not mapped', allowed);
    });
  }

  targets(): void {
    const isUnity = this.#map.target === 'unity';
    const problems = isUnity ? unityTargetProblems(this.#map) : r4TargetProblems(this.#map);
    this.#map.critical.forEach((path, index) => {
      const problem = isUnity ? undefined : elementProblem(path);
      if (problem !== undefined) this.#refuse(['critical', index], problem.what, problem.remedy);
    });
    for (const { record: index, rule, field, what, remedy } of problems) {
      const record = this.#map.records?.[index];
      const place = record === undefined ? ['records', index] : this.#expanded.placeOf(record);
      const at = rule === undefined ? place : (this.#expanded.originOf(rule)?.at ?? place);
      this.#refuse([...at, field], what, remedy);
    }
  }

  #departures(): void {
    const known = new Set<string>();
    this.#map.departures?.forEach(({ field, from, kind, startsWith = '', segments = [] }, index) => {
      const what = [kind, from, field, startsWith, ...segments].join(' ');
      if (known.has(what)) this.#refuse(['departures', index], 'is explained before', 'give one reason for both');
      known.add(what);
    });
  }

  #copyResource(): void {
    const { format, copyResource, records } = this.#map;
    if (format !== 'fhir') this.#refuse(['copyResource'], 'is for fhir alone', 'remove it');
    else if (records !== undefined) this.#refuse(['copyResource'], 'stands beside records', 'write one of the two');
    for (const [type, key] of Object.entries(copyResource?.keys ?? {})) {
      const parts = parseTemplate(key);
      const isGood =
        parts?.some((part) => 'path' in part) && parts.every((part) => 'text' in part || part.path === 'id');
      if (isGood !== true)
        this.#refuse(['copyResource', 'keys', type], 'is no key template', 'use {id} in it, and nothing else');
    }
  }

  /** Every timestamp and author that is said to be kept is taken by a rule, or left behind by name. */
  #preserved(): void {
    const { preserves, exclusions = [] } = this.#map;
    const taken = readsOf(this.#map).flatMap(({ path, as }) => (as === 'taken' ? [path] : []));
    for (const kind of ['timestamps', 'authorship'] as const) {
      preserves?.[kind].forEach((path, index) => {
        const isKept = taken.some((read) => read === path || read.startsWith(`${path}.`));
        if (isKept || exclusions.some(({ from }) => from === path)) return;
        const nearest = nearestWord(path, taken);
        const remedy =
          nearest === undefined ? 'add a rule or an exclusion for it' : `the nearest path taken is ${nearest}`;
        this.#refuse(['preserves', kind, index], 'is neither taken by a rule nor excluded by name', remedy);
      });
    }
  }

  #record(record: RecordRules, at: Field): void {
    if (record.forEach !== undefined && !this.#paths.isGroup(record.forEach)) {
      this.#refuse([...at, 'forEach'], 'is no group', this.#paths.group);
    }
    for (const name of ['key', 'parent'] as const) {
      for (const template of [record[name] ?? []].flat()) this.#template(template, [...at, name]);
    }
    const { asOf = NO_AS_OF } = record;
    if (asOf !== NO_AS_OF && asOf !== this.#expanded.asOf) this.#asOf(asOf, [...at, 'asOf']);
    this.#conditions(record.when, [...at, 'when']);
    this.#rules(record.rules, [...at, 'rules'], { inElement: false });
  }

  #asOf(asOf: AsOf, at: Field): void {
    const { from, shapes, sequence } = asOf;
    if (from === undefined && sequence === undefined) {
      this.#refuse(at, 'tells no versions apart', 'name the time of a version in from, or its number in sequence');
    }
    if (from === undefined && shapes !== undefined) {
      this.#refuse([...at, 'shapes'], 'say how a time is written, and there is none', 'remove them, or write from');
    }
    for (const path of from === undefined ? [] : sourcesOf(from)) this.#source(path, [...at, 'from']);
    if (sequence !== undefined) this.#source(sequence, [...at, 'sequence']);
  }

  #rules(rules: readonly Rule[], at: Field, place: { readonly inElement: boolean }): void {
    rules.forEach((rule, index) => {
      const origin = this.#expanded.originOf(rule);
      const field = origin?.at ?? [...at, index];
      this.#rule(rule, field, place);
    });
  }

  #rule(rule: Rule, at: Field, place: { readonly inElement: boolean }): void {
    if ('from' in rule) for (const path of sourcesOf(rule.from)) this.#source(path, [...at, 'from']);
    if ('optional' in rule && this.#map.format !== 'delimited') {
      this.#refuse([...at, 'optional'], 'is for columns', 'remove it');
    }
    if ('to' in rule && rule.to === '.' && !place.inElement) {
      this.#refuse([...at, 'to'], 'is the element of an each rule', 'name an element of the record');
    }
    this.#conditions(rule.when, [...at, 'when']);
    switch (rule.do) {
      case 'code':
        this.#codeMap(rule.map, rule.part ?? 'code', [...at, 'map']);
        break;
      case 'date':
        if (rule.zone !== undefined) this.#zone(rule.zone, [...at, 'zone']);
        if (rule.plusMinutes !== undefined) this.#source(rule.plusMinutes, [...at, 'plusMinutes']);
        break;
      case 'template':
        this.#template(rule.template, [...at, 'template']);
        break;
      case 'reference':
        for (const key of [rule.key].flat()) this.#template(key, [...at, 'key']);
        if (rule.display !== undefined) this.#template(rule.display, [...at, 'display']);
        break;
      case 'quantity':
        if (rule.unit !== undefined) this.#source(rule.unit, [...at, 'unit']);
        break;
      case 'unit':
        this.#source(rule.unit, [...at, 'unit']);
        if (!isUnitKnown(rule.into)) this.#refuse([...at, 'into'], 'is no unit there is a factor for', 'see unit.ts');
        break;
      case 'base64':
        if (rule.encoding !== undefined) this.#source(rule.encoding, [...at, 'encoding']);
        break;
      case 'jsonata':
        this.#expression(rule, at, place);
        break;
      case 'each':
        if (!this.#paths.isEach(rule.forEach)) {
          this.#refuse([...at, 'forEach'], 'can be gone through nowhere', this.#paths.each);
        }
        this.#together(rule, at);
        this.#rules(rule.rules, [...at, 'rules'], { inElement: true });
        break;
    }
  }

  /** Neighbours are segments of one kind, known by whole fields of theirs; what repeats in one is not gone through. */
  #together({ forEach, together, rules }: EachRule, at: Field): void {
    if (together === undefined) return;
    const isField = (path: string) => parseHl7Path(path)?.segment === forEach && path.startsWith(`${forEach}-`);
    const isWhole = (path: string) => isField(path) && parseHl7Path(path)?.component === undefined;
    if (this.#map.format !== 'hl7v2' || !together.every(isWhole)) {
      this.#refuse(
        [...at, 'together'],
        'names no fields of a segment gone through',
        'hl7v2: write SEG-field of forEach',
      );
    } else if (rules.some((rule) => rule.do === 'each' && isField(rule.forEach))) {
      this.#refuse([...at, 'rules'], 'go through a field of neighbours', 'take it with repeats, or leave together out');
    }
  }

  #expression(rule: Extract<Rule, { do: 'jsonata' }>, at: Field, place: { readonly inElement: boolean }): void {
    for (const [name, path] of Object.entries(rule.with)) this.#source(path, [...at, 'with', name]);
    const problem = expressionProblem(rule.expression);
    if (problem !== undefined) this.#refuse([...at, 'expression'], problem, 'see docs.jsonata.org');
    if (place.inElement) this.#refuse(at, 'stands in an element of a list', 'evaluate it for the record');
  }

  #codeMap(name: string, part: string, at: Field): void {
    const known = Object.keys(this.#map.codeMaps ?? {});
    if (!known.includes(name)) {
      const nearest = nearestWord(name, known);
      const meant = nearest === undefined ? '' : `; perhaps ${nearest}`;
      this.#refuse(at, 'is no code map of this lineage', `allowed: ${known.join(', ') || 'none'}${meant}`);
    }
    const codeMap = this.#map.codeMaps?.[name];
    if (codeMap === undefined || 'document' in codeMap) return;
    const codes = Object.values(codeMap.codes);
    if (part === 'display' && codes.every((each) => each.display === undefined)) {
      this.#refuse(at, 'has no displays', 'add them, or write another part');
    }
  }

  #conditions(conditions: readonly Condition[] | undefined, at: Field): void {
    conditions?.forEach((condition, index) => this.#condition(condition, [...at, index]));
  }

  #condition(condition: Condition, at: Field): void {
    if (typeof condition === 'string') return this.#source(condition, at);
    if ('any' in condition) return this.#conditions(condition.any, [...at, 'any']);
    this.#source(condition.from, [...at, 'from']);
    const { present, in: among, notIn, startsWith, longerThan } = condition;
    if ([present, among, notIn, startsWith, longerThan].filter((each) => each !== undefined).length === 1) return;
    this.#refuse(at, 'asks not exactly one thing', 'write one of present, in, notIn, startsWith, longerThan');
  }

  #template(template: string, at: Field): void {
    const parts = parseTemplate(template);
    if (parts === undefined) return this.#refuse(at, 'has a brace too many', 'write paths as {PID-3.1}');
    for (const part of parts) if ('path' in part && parseOrdinal(part.path) === undefined) this.#source(part.path, at);
  }

  #source(path: string, at: Field): void {
    if (this.#paths.isSource(path)) return;
    this.#refuse(at, `names ${path}, which is no field`, this.#paths.source);
  }

  #zone(zone: string, at: Field): void {
    if (isZone(zone)) return;
    const nearest = nearestWord(zone, Intl.supportedValuesOf('timeZone'));
    const meant = nearest === undefined ? '' : `; perhaps ${nearest}`;
    this.#refuse(at, 'is no time zone', `write an IANA name or an offset such as -05:00${meant}`);
  }

  /** A shape that is used often is wrong once. */
  #refuse(field: Field, what: string, remedy: string): void {
    const path = field.map(String);
    const message = `${path.join('.')} ${what}`;
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.refusals.push({ code: 'LINEAGE_INVALID', message, field: path, remedy });
  }
}
