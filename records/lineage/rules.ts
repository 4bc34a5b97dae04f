/** Rules to closures: a path is parsed, a code map indexed and a transform chosen once, not for every record. */
import { compileCodeMap } from './code-map.ts';
import { readDate } from './date.ts';
import { appendAt, setAt, type Draft, type DraftValue } from './draft.ts';
import type { Condition, DateRule, EachRule, LineageMap, QuantityRule, RefuseRule, Rule, Taking } from './language.ts';
import { SOURCE_IDENTIFIER_SYSTEM } from './lineage.ts';
import { parseOrdinal, parseTarget, parseTemplate } from './path.ts';
import { readNumber, readQuantity, unwritable } from './scalar.ts';
import type { Source, Trouble, ValueOf } from './source.ts';

/** Fills a draft from a scope. */
export type Fill<Scope> = (scope: Scope, draft: Draft, trouble: Trouble) => void;

/** What rules are compiled against. */
export interface RuleHouse<Scope> {
  readonly source: Source<Scope>;
  readonly map: LineageMap;
  /** The zone of a scope whose times carry no offset. */
  zone(scope: Scope): string | undefined;
}

type Transform<Scope> = (text: string, scope: Scope, trouble: Trouble) => DraftValue | undefined;

export function compileRules<Scope>(rules: readonly Rule[], house: RuleHouse<Scope>): Fill<Scope> {
  const fills = rules.map((rule) => conditional(rule, compileRule(rule, house), house));
  return (scope, draft, trouble) => {
    for (const fill of fills) fill(scope, draft, trouble);
  };
}

function compileRule<Scope>(rule: Rule, house: RuleHouse<Scope>): Fill<Scope> {
  switch (rule.do) {
    case undefined:
    case 'copy':
      return taking(rule, (text) => text, house);
    case 'trim':
      return taking(rule, (text) => text.trim() || undefined, house);
    case 'split':
      return taking(rule, (text) => split(text, rule.at, rule.part), house);
    case 'number':
      return taking(rule, (text, _scope, trouble) => readNumber(text, report(trouble, rule)), house);
    case 'quantity':
      return taking(rule, quantity(rule, house), house);
    case 'code':
      return taking(rule, code(rule.map, rule.part ?? 'code', rule, house.map), house);
    case 'date':
      return taking(rule, date(rule, house), house);
    case 'constant': {
      const steps = parseTarget(rule.to);
      return (_scope, draft) => setAt(draft, steps, rule.value);
    }
    case 'template': {
      const steps = parseTarget(rule.to);
      const expand = compileTemplate(rule.template, house.source);
      return (scope, draft, trouble) => {
        const text = expand(scope, trouble);
        if (text !== undefined) setAt(draft, steps, text);
        else if (rule.required === true) missing(rule.to, trouble);
      };
    }
    case 'reference': {
      const steps = parseTarget(rule.to);
      const expand = compileTemplate(rule.key, house.source);
      return (scope, draft, trouble) => {
        const value = expand(scope, trouble);
        if (value !== undefined) setAt(draft, steps, logicalReference(rule.type, value));
      };
    }
    case 'each':
      return each(rule, house);
    case 'refuse':
      return refuse(rule);
  }
  return rule satisfies never;
}

/** A reference that names its target by source key; no target id is needed to write it. */
export function logicalReference(type: string, key: string): Draft {
  return { identifier: { system: SOURCE_IDENTIFIER_SYSTEM, value: key }, type };
}

function taking<Scope>(rule: Taking, transform: Transform<Scope>, house: RuleHouse<Scope>): Fill<Scope> {
  const steps = parseTarget(rule.to);
  const read = house.source.value({ path: rule.from, repeats: rule.repeats });
  const ignored = new Set(rule.ignore);
  return (scope, draft, trouble) => {
    const text = read(scope, trouble);
    const word = text?.trim() ?? '';
    if (text === undefined || word === '' || ignored.has(word)) {
      if (rule.required === true) missing(rule.to, trouble, rule.from);
      return;
    }
    const value = transform(text, scope, trouble);
    if (value === undefined) return;
    const why = typeof value === 'string' ? unwritable(value) : undefined;
    if (why === undefined) setAt(draft, steps, value);
    else trouble('schema-invalid', 'TEXT_INVALID', why, rule.from);
  };
}

function missing(to: string, trouble: Trouble, from?: string): void {
  trouble('schema-invalid', 'REQUIRED_MISSING', `${to} is required, and the source has no value for it`, from);
}

function report(trouble: Trouble, rule: Taking): (code: string, why: string) => void {
  return (code, why) => trouble('schema-invalid', code, why, rule.from);
}

function split(text: string, separator: string, part: number | undefined): DraftValue | undefined {
  const parts = text
    .split(separator)
    .map((each) => each.trim())
    .filter((each) => each !== '');
  if (part !== undefined) return parts[part - 1];
  return parts.length === 0 ? undefined : parts;
}

function quantity<Scope>(rule: QuantityRule, house: RuleHouse<Scope>): Transform<Scope> {
  const unit = rule.unit === undefined ? undefined : house.source.value({ path: rule.unit });
  return (text, scope, trouble) => {
    const read = readQuantity(text, report(trouble, rule));
    const named = read === undefined ? undefined : unit?.(scope, trouble)?.trim();
    return read === undefined || named === undefined || named === '' ? read : { ...read, unit: named };
  };
}

function code<Scope>(
  name: string,
  part: 'code' | 'display' | 'system',
  rule: Taking,
  map: LineageMap,
): Transform<Scope> {
  const codes = map.codeMaps?.[name] ?? { from: '', to: '', codes: {} };
  const translate = compileCodeMap(codes);
  return (text, _scope, trouble) => {
    const found = translate(text.trim());
    if (found === undefined) {
      trouble(
        'code-translation-mismatch',
        'CODE_UNMAPPED',
        `a code that the code map ${name} does not have`,
        rule.from,
      );
      return undefined;
    }
    return part === 'system' ? codes.to : found[part];
  };
}

function date<Scope>(rule: DateRule, house: RuleHouse<Scope>): Transform<Scope> {
  const { shapes, as } = rule;
  return (text, scope, trouble) => {
    const read = readDate(text.trim(), { shapes, as, zone: rule.zone ?? house.zone(scope) });
    if ('value' in read) return read.value;
    trouble('schema-invalid', read.code, read.why, rule.from);
    return undefined;
  };
}

function each<Scope>(rule: EachRule, house: RuleHouse<Scope>): Fill<Scope> {
  const steps = parseTarget(rule.to);
  const scopes = house.source.each(rule.forEach);
  const fill = compileRules(rule.rules, house);
  return (scope, draft, trouble) => {
    for (const inner of scopes(scope)) {
      const element: Draft = {};
      fill(inner, element, trouble);
      if (Object.keys(element).length > 0) appendAt(draft, steps, element);
    }
  };
}

function refuse<Scope>(rule: RefuseRule): Fill<Scope> {
  const [first] = rule.when;
  const path = typeof first === 'object' ? first.from : first;
  return (_scope, _draft, trouble) => trouble('schema-invalid', rule.code, rule.message, path);
}

function conditional<Scope>(rule: Rule, fill: Fill<Scope>, house: RuleHouse<Scope>): Fill<Scope> {
  if (rule.when === undefined) return fill;
  const conditions = rule.when.map((condition) => compileCondition(condition, house.source));
  return (scope, draft, trouble) => {
    for (const holds of conditions) if (!holds(scope)) return;
    fill(scope, draft, trouble);
  };
}

const unheard: Trouble = () => undefined;

function compileCondition<Scope>(condition: Condition, source: Source<Scope>): (scope: Scope) => boolean {
  const asked = typeof condition === 'string' ? { from: condition, present: true } : condition;
  // Any repetition answers whether there is a value; only rules that take it complain of several.
  const read = source.value({ path: asked.from, repeats: 'first' });
  const value = (scope: Scope) => read(scope, unheard)?.trim() ?? '';
  if (asked.present !== undefined) return (scope) => (value(scope) !== '') === asked.present;
  const listed = new Set(asked.in ?? asked.notIn);
  return asked.in === undefined ? (scope) => !listed.has(value(scope)) : (scope) => listed.has(value(scope));
}

/** The text of a template in a scope, its values trimmed; undefined where one of them is missing. */
export function compileTemplate<Scope>(template: string, source: Source<Scope>): ValueOf<Scope> {
  const parts = (parseTemplate(template) ?? []).map((part): ValueOf<Scope> => {
    if ('text' in part) return () => part.text;
    const ordinal = parseOrdinal(part.path);
    if (ordinal !== undefined) return source.ordinal(ordinal);
    const read = source.value({ path: part.path, repeats: 'first' });
    return (scope, trouble) => read(scope, trouble)?.trim() || undefined;
  });
  return (scope, trouble) => {
    let text = '';
    for (const part of parts) {
      const value = part(scope, trouble);
      if (value === undefined) return undefined;
      text += value;
    }
    return text;
  };
}
