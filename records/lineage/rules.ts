/** Rules to closures: a path is parsed, a code map indexed and a transform chosen once, not for every record. */
import { isUtf8 } from 'node:buffer';
import { brokenPromise } from '../../kernel/fault.ts';
import { compileConditions } from './conditions.ts';
import { appendAt, setAt, SELF, withoutGaps, type Draft, type DraftValue } from './draft.ts';
import { compileExpression } from './expression.ts';
import type { Fill } from './fill.ts';
import type { LineageMap } from './language.ts';
import { SOURCE_IDENTIFIER_SYSTEM } from './lineage.ts';
import { parseTarget } from './path.ts';
import { isHtml, isRtf, textOfHtml, textOfRtf } from './plain-text.ts';
import {
  sourcesOf,
  type EachRule,
  type JoinRule,
  type JsonataRule,
  type ReferenceRule,
  type RefuseRule,
  type Rule,
  type Taking,
  type TemplateRule,
  type TextRule,
  type TransformRule,
} from './rule.ts';
import { unwritable } from './scalar.ts';
import type { Source, Trouble } from './source.ts';
import { compileTemplate, compileTemplates } from './template.ts';
import type { Tracer } from './trace.ts';
import * as transforms from './transforms.ts';

/** What rules are compiled against. */
export interface RuleHouse<Scope> {
  /** Asked by conditions and gone through by `each`. */
  readonly source: Source<Scope>;
  /** The same, for values that are taken: a tracer listens here. */
  readonly taken: Source<Scope>;
  readonly map: LineageMap;
  /** The zone of a scope whose times carry no offset. */
  zone(scope: Scope): string | undefined;
  /** What the record being made still waits for; emptied by whoever makes it. */
  readonly pending: Promise<void>[];
  /** Told of every value taken and written, where somebody wants to know. */
  readonly tracer?: Tracer | undefined;
}

export function compileRules<Scope>(rules: readonly Rule[], house: RuleHouse<Scope>): Fill<Scope> {
  const fills = rules.map((rule) => {
    const fill = conditional(rule, compileRule(rule, house), house);
    return house.tracer === undefined ? fill : house.tracer.watch(rule, fill);
  });
  return (scope, draft, trouble) => {
    for (const fill of fills) fill(scope, draft, trouble);
  };
}

function compileRule<Scope>(rule: Rule, house: RuleHouse<Scope>): Fill<Scope> {
  switch (rule.do) {
    case 'text':
      return plainText(rule, house.taken);
    case 'join':
      return join(rule, house.taken);
    case 'jsonata':
      return expression(rule, house);
    case 'template':
      return template(rule, house.taken);
    case 'reference':
      return reference(rule, house.taken);
    case 'each':
      return each(rule, house);
    case 'refuse':
      return refuse(rule);
    case 'constant': {
      const steps = parseTarget(rule.to);
      return (_scope, draft) => setAt(draft, steps, rule.value);
    }
    case 'shape':
      throw brokenPromise('shapes are put in place before rules are compiled');
    default:
      return taking(rule, transformOf(rule, house), house.taken);
  }
}

function transformOf<Scope>(rule: TransformRule, house: RuleHouse<Scope>): transforms.Transform<Scope> {
  switch (rule.do) {
    case undefined:
    case 'copy':
      return (text) => text;
    case 'trim':
      return (text) => text.trim() || undefined;
    case 'split':
      return transforms.split(rule);
    case 'number':
      return transforms.number(rule.whole ?? false);
    case 'boolean':
      return transforms.boolean(rule);
    case 'quantity':
      return transforms.quantity(rule, house.taken);
    case 'unit':
      return transforms.unit(rule, house.taken);
    case 'code':
      return transforms.code(rule, house.map);
    case 'date':
      return transforms.date(rule, house.taken, (scope) => house.zone(scope));
    case 'base64':
      return transforms.base64(rule, house.taken);
  }
  return rule satisfies never;
}

function template<Scope>(rule: TemplateRule, source: Source<Scope>): Fill<Scope> {
  const steps = parseTarget(rule.to);
  const expand = compileTemplate(rule.template, source);
  return (scope, draft, trouble) => {
    const text = expand(scope, trouble);
    if (text !== undefined) setAt(draft, steps, text);
    else if (rule.required === true) missing(rule.to, trouble);
  };
}

function reference<Scope>(rule: ReferenceRule, source: Source<Scope>): Fill<Scope> {
  const steps = parseTarget(rule.to);
  const expand = compileTemplates(rule.key, source);
  const displayOf = rule.display === undefined ? undefined : compileTemplate(rule.display, source);
  return (scope, draft, trouble) => {
    const key = expand(scope, trouble);
    if (key === undefined) return;
    const display = displayOf?.(scope, trouble);
    setAt(draft, steps, transforms.logicalReference(rule.type, key, SOURCE_IDENTIFIER_SYSTEM, display));
  };
}

/** The first of several sources that has a value, and where that was. */
function firstOf<Scope>(rule: Taking, source: Source<Scope>) {
  const ignored = new Set(rule.ignore);
  const reads = sourcesOf(rule.from).map((path) => ({ path, read: source.value({ path, repeats: rule.repeats }) }));
  return (scope: Scope, trouble: Trouble): { readonly path: string; readonly text: string } | undefined => {
    for (const { path, read } of reads) {
      const text = read(scope, trouble);
      const word = text?.trim() ?? '';
      if (text !== undefined && word !== '' && !ignored.has(word)) return { path, text };
    }
    return undefined;
  };
}

function taking<Scope>(rule: Taking, transform: transforms.Transform<Scope>, source: Source<Scope>): Fill<Scope> {
  const steps = parseTarget(rule.to);
  if (typeof rule.from === 'string' && rule.ignore === undefined) return takingOne(rule, rule.from, transform, source);
  const first = firstOf(rule, source);
  return (scope, draft, trouble) => {
    const found = first(scope, trouble);
    if (found === undefined) {
      if (rule.required === true) missing(rule.to, trouble, sourcesOf(rule.from)[0]);
      return;
    }
    const value = transform(found.text, scope, trouble, found.path);
    if (value !== undefined) write(draft, steps, value, trouble, found.path);
  };
}

/** The same for what most rules are: one source, and no value that means nothing. */
function takingOne<Scope>(
  { to, repeats, required }: Taking,
  path: string,
  transform: transforms.Transform<Scope>,
  source: Source<Scope>,
): Fill<Scope> {
  const steps = parseTarget(to);
  const read = source.value({ path, repeats });
  return (scope, draft, trouble) => {
    const text = read(scope, trouble);
    if (text === undefined || text.trim() === '') {
      if (required === true) missing(to, trouble, path);
      return;
    }
    const value = transform(text, scope, trouble, path);
    if (value !== undefined) write(draft, steps, value, trouble, path);
  };
}

function write(draft: Draft, steps: readonly (string | number)[], value: DraftValue, trouble: Trouble, path: string) {
  const why = typeof value === 'string' ? unwritable(value) : undefined;
  if (why === undefined) setAt(draft, steps, value);
  else trouble('schema-invalid', 'TEXT_INVALID', why, path);
}

function missing(to: string, trouble: Trouble, from?: string): void {
  trouble('schema-invalid', 'REQUIRED_MISSING', `${to} is required, and the source has no value for it`, from);
}

function join<Scope>(rule: JoinRule, source: Source<Scope>): Fill<Scope> {
  const steps = parseTarget(rule.to);
  const reads = sourcesOf(rule.from).map((from) => firstOf({ ...rule, from }, source));
  return (scope, draft, trouble) => {
    const found = reads.map((read) => read(scope, trouble)).filter((each) => each !== undefined);
    const [first] = found;
    if (first !== undefined)
      write(draft, steps, found.map(({ text }) => text.trim()).join(rule.with), trouble, first.path);
    else if (rule.required === true) missing(rule.to, trouble, sourcesOf(rule.from)[0]);
  };
}

/** Text that is neither RTF nor HTML is its own plain text, and there is then no other original. */
function plainText<Scope>(rule: TextRule, source: Source<Scope>): Fill<Scope> {
  const original = rule.original === undefined ? undefined : parseTarget(rule.original);
  const kept =
    original === undefined ? undefined : taking({ from: rule.from, to: rule.original ?? '' }, asOriginal, source);
  const plain = taking(rule, rule.encoded === 'base64' ? asDecoded : asPlain, source);
  return (scope, draft, trouble) => {
    plain(scope, draft, trouble);
    kept?.(scope, draft, trouble);
  };
}

const asPlain: transforms.Transform<unknown> = (text, _scope, trouble, path) => {
  if (!isRtf(text)) return isHtml(text) ? textOfHtml(text) : text;
  const plain = textOfRtf(text);
  if (plain === undefined) trouble('schema-invalid', 'RTF_INVALID', 'the RTF is broken', path);
  return plain;
};

const asDecoded: transforms.Transform<unknown> = (text, scope, trouble, path) => {
  const decoded = decodedText(text);
  if (decoded !== undefined) return asPlain(decoded, scope, trouble, path);
  trouble('schema-invalid', 'TEXT_INVALID', 'the data is no text in UTF-8', path);
  return undefined;
};

function decodedText(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

const asOriginal: transforms.Transform<unknown> = (text) => {
  if (!isRtf(text) && !isHtml(text)) return undefined;
  const data = Buffer.from(text, 'utf8').toString('base64');
  return { contentType: isRtf(text) ? 'application/rtf' : 'text/html', data };
};

function expression<Scope>(rule: JsonataRule, { taken: source, pending }: RuleHouse<Scope>): Fill<Scope> {
  const steps = parseTarget(rule.to);
  const evaluate = compileExpression(rule.expression);
  const named = Object.entries(rule.with).map(([name, path]) => ({ name, read: source.value({ path }) }));
  return (scope, draft, trouble) => {
    const values = Object.fromEntries(named.map(({ name, read }) => [name, read(scope, trouble)]));
    const fill = evaluate(values).then(
      (value) => {
        if (value !== undefined) write(draft, steps, value, trouble, rule.to);
      },
      () => trouble('schema-invalid', 'EXPRESSION_FAILED', `the expression for ${rule.to} gave no value`),
    );
    pending.push(fill);
  };
}

/** What is wrong in an element stands where that element comes from. */
function each<Scope>(rule: EachRule, house: RuleHouse<Scope>): Fill<Scope> {
  const { source } = house;
  const steps = parseTarget(rule.to);
  const scopes = source.each(rule.forEach, rule.together);
  const fill = compileRules(rule.rules, house);
  return (scope, draft, trouble) => {
    let inner = scope;
    const there: Trouble = (category, code, message, path, position) =>
      trouble(category, code, message, path, position ?? source.position(inner, path));
    for (inner of scopes(scope)) {
      const element: Draft = {};
      fill(inner, element, there);
      const value = SELF in element ? element[SELF] : isEmpty(element) ? undefined : withoutGaps(element);
      if (value !== undefined) appendAt(draft, steps, value);
    }
  };
}

function isEmpty(element: Draft): boolean {
  for (const _ in element) return false;
  return true;
}

function refuse<Scope>(rule: RefuseRule): Fill<Scope> {
  const [first] = rule.when;
  const path = typeof first === 'string' ? first : first !== undefined && 'from' in first ? first.from : undefined;
  return (_scope, _draft, trouble) => trouble('schema-invalid', rule.code, rule.message, path);
}

function conditional<Scope>(rule: Rule, fill: Fill<Scope>, { source }: RuleHouse<Scope>): Fill<Scope> {
  const holds = compileConditions(rule.when, source);
  if (holds === undefined) return fill;
  return (scope, draft, trouble) => {
    if (holds(scope)) fill(scope, draft, trouble);
  };
}
