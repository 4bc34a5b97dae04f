/** What the shape of a lineage map cannot say: that its parts fit together. */
import type { Refusal } from '../../kernel/refusal.ts';
import type { Condition, LineageMap, RecordRules, Rule } from './language.ts';
import { parseGroups, parseHl7Path, parseOrdinal, parseTemplate } from './path.ts';
import { isZone } from './zone.ts';

type Field = readonly (string | number)[];

/** One refusal for each thing that does not fit; none for a map that can be compiled. */
export function checkLineage(map: LineageMap): readonly Refusal[] {
  const check = new Check(map);
  check.whole();
  return check.refusals;
}

class Check {
  readonly refusals: Refusal[] = [];
  readonly #map: LineageMap;

  constructor(map: LineageMap) {
    this.#map = map;
  }

  whole(): void {
    const { format, messages, records, copyResource, zone, critical } = this.#map;
    if (format === 'fhir') {
      if (copyResource === undefined) this.#refuse(['copyResource'], 'is missing', 'write copyResource: {}');
      if (records !== undefined) this.#refuse(['records'], 'is not for fhir', 'remove it');
      for (const [type, key] of Object.entries(copyResource?.keys ?? {})) {
        const parts = parseTemplate(key);
        const isGood =
          parts?.some((part) => 'path' in part) && parts.every((part) => 'text' in part || part.path === 'id');
        if (isGood !== true)
          this.#refuse(['copyResource', 'keys', type], 'is no key template', 'use {id} in it, and nothing else');
      }
    } else {
      if (records === undefined) this.#refuse(['records'], 'is missing', 'write at least one kind of record');
      if (copyResource !== undefined) this.#refuse(['copyResource'], 'is for fhir alone', 'remove it');
    }
    if ((format === 'hl7v2') !== (messages !== undefined)) {
      this.#refuse(['messages'], 'belongs to hl7v2, and only there', 'for example: messages: [ORU^R01]');
    }
    if (zone !== undefined) this.#zone(zone, ['zone']);
    records?.forEach((record, index) => this.#record(record, ['records', index]));
    const types = records?.map((record) => record.type);
    critical.forEach((path, index) => {
      const [type = ''] = path.split('.');
      if (types === undefined || types.includes(type)) return;
      this.#refuse(['critical', index], 'names a type that is not mapped', `allowed: ${types.join(', ')}`);
    });
  }

  #record(record: RecordRules, at: Field): void {
    if (record.forEach !== undefined) {
      const isGood = this.#map.format === 'hl7v2' && parseGroups(record.forEach) !== undefined;
      if (!isGood) this.#refuse([...at, 'forEach'], 'is no group', 'hl7v2: segment ids, as in OBR/OBX; rows have none');
    }
    this.#template(record.key, [...at, 'key']);
    if (record.parent !== undefined) this.#template(record.parent, [...at, 'parent']);
    record.rules.forEach((rule, index) => this.#rule(rule, [...at, 'rules', index]));
  }

  #rule(rule: Rule, at: Field): void {
    if ('from' in rule) this.#source(rule.from, [...at, 'from']);
    if ('optional' in rule && this.#map.format !== 'delimited') {
      this.#refuse([...at, 'optional'], 'is for columns', 'remove it');
    }
    rule.when?.forEach((condition, index) => this.#condition(condition, [...at, 'when', index]));
    switch (rule.do) {
      case 'code':
        this.#codeMap(rule.map, rule.part ?? 'code', [...at, 'map']);
        break;
      case 'date':
        if (rule.zone !== undefined) this.#zone(rule.zone, [...at, 'zone']);
        break;
      case 'template':
        this.#template(rule.template, [...at, 'template']);
        break;
      case 'reference':
        this.#template(rule.key, [...at, 'key']);
        break;
      case 'quantity':
        if (rule.unit !== undefined) this.#source(rule.unit, [...at, 'unit']);
        break;
      case 'each':
        this.#each(rule.forEach, [...at, 'forEach']);
        rule.rules.forEach((inner, index) => this.#rule(inner, [...at, 'rules', index]));
        break;
    }
  }

  /** A child segment, or a field whose repetitions are meant. */
  #each(forEach: string, at: Field): void {
    const path = parseHl7Path(forEach);
    const isField = path !== undefined && path.repetition === undefined && path.component === undefined;
    const isSegment = /^[A-Z][A-Z0-9]{2}$/.test(forEach);
    if (this.#map.format === 'hl7v2' && (isField || isSegment)) return;
    this.#refuse(at, 'can be gone through nowhere', 'hl7v2: a segment id or a field; rows have neither');
  }

  #codeMap(name: string, part: string, at: Field): void {
    const known = Object.keys(this.#map.codeMaps ?? {});
    if (!known.includes(name))
      this.#refuse(at, 'is no code map of this lineage', `allowed: ${known.join(', ') || 'none'}`);
    const codes = Object.values(this.#map.codeMaps?.[name]?.codes ?? {});
    if (part === 'display' && codes.every((each) => each.display === undefined)) {
      this.#refuse(at, 'has no displays', 'add them, or write another part');
    }
  }

  #condition(condition: Condition, at: Field): void {
    if (typeof condition === 'string') return this.#source(condition, at);
    this.#source(condition.from, [...at, 'from']);
    const asked = [condition.present, condition.in, condition.notIn].filter((each) => each !== undefined);
    if (asked.length !== 1) this.#refuse(at, 'asks not exactly one thing', 'write one of present, in, notIn');
  }

  #template(template: string, at: Field): void {
    const parts = parseTemplate(template);
    if (parts === undefined) return this.#refuse(at, 'has a brace too many', 'write paths as {PID-3.1}');
    for (const part of parts) if ('path' in part && parseOrdinal(part.path) === undefined) this.#source(part.path, at);
  }

  #source(path: string, at: Field): void {
    if (this.#map.format !== 'hl7v2' || parseHl7Path(path) !== undefined) return;
    this.#refuse(
      at,
      `names ${path}, which is no field`,
      'write SEG-field, SEG-field.component or SEG-field[1].component',
    );
  }

  #zone(zone: string, at: Field): void {
    if (!isZone(zone)) this.#refuse(at, 'is no time zone', 'write an IANA name or an offset such as -05:00');
  }

  #refuse(field: Field, what: string, remedy: string): void {
    const path = field.map(String);
    this.refusals.push({ code: 'LINEAGE_INVALID', message: `${path.join('.')} ${what}`, field: path, remedy });
  }
}
