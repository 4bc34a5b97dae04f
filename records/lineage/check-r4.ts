/** Whether a map fills elements that FHIR R4 has, with values they can hold, and all that they must hold. */
import { elementAt, nearestElements, requiredElements, resourceTypes, type Element } from '../fhir/r4.ts';
import { nearestWord } from '../spelling.ts';
import { translationsOf } from './code-map.ts';
import type { LineageMap, RecordRules } from './language.ts';
import { withoutPositions } from './path.ts';
import { canProduce, producesList, remedyFor, type WritingRule } from './produces.ts';
import type { EachRule, Rule } from './rule.ts';
import type { RuleProblem, TargetProblem } from './target-problem.ts';

/** Of a map whose shapes are in place. */
export function r4TargetProblems(map: LineageMap): readonly TargetProblem[] {
  return (map.records ?? []).flatMap((record, index) =>
    ofRecord(record, map).map((problem) => ({ ...problem, record: index })),
  );
}

/** Why a path such as `Patient.name.family` is no element, or undefined where it is one. */
export function elementProblem(path: string): Pick<RuleProblem, 'what' | 'remedy'> | undefined {
  const [type = '', ...steps] = path.split('.');
  const below = steps.join('.');
  return elementAt(type, below) === undefined ? noElement(type, below) : undefined;
}

function ofRecord({ type, rules }: RecordRules, map: LineageMap): readonly RuleProblem[] {
  if (!resourceTypes().includes(type)) return [{ field: 'type', ...noType(type) }];
  return ofRules(rules, type, map);
}

/** Rules that fill one holder: a resource, or an element that an `each` makes. */
function ofRules(rules: readonly Rule[], holder: string, map: LineageMap, maker?: Rule): readonly RuleProblem[] {
  const problems = rules.flatMap((rule) => ofRule(rule, holder, map));
  return problems.length > 0 ? problems : missingOf(rules, holder, maker);
}

function ofRule(rule: Rule, holder: string, map: LineageMap): readonly RuleProblem[] {
  if (rule.do === 'refuse' || rule.do === 'shape') return [];
  const found = targetOf(holder, rule.to);
  if ('what' in found) return [{ rule, field: 'to', ...found }];
  if (rule.do === 'each') return ofEach(rule, found, map);
  const original = rule.do === 'text' && rule.original !== undefined ? originalProblem(holder, rule.original) : [];
  return [...ofValue(rule, found, map), ...original.map((problem) => ({ rule, ...problem }))];
}

interface Target {
  readonly to: string;
  readonly element: Element;
  /** `name[0]` is one of a list; `name` is the list. */
  readonly isWholeList: boolean;
}

/** The element at a path, each step of it written as the list or the single element it is. */
function targetOf(holder: string, to: string): Target | Pick<RuleProblem, 'what' | 'remedy'> {
  if (to === '.') return { to, element: { types: [holder], isList: false, isRequired: false }, isWholeList: false };
  const steps = to.split('.');
  for (const [index, step] of steps.entries()) {
    const path = steps.slice(0, index + 1).join('.');
    const element = elementAt(holder, path);
    if (element === undefined) return noElement(holder, to);
    if (element.types.length === 0) return { to, element, isWholeList: false };
    const hasPosition = step.endsWith(']');
    if (hasPosition && !element.isList) {
      return { what: `names ${path}, and ${withoutPositions(step)} is no list`, remedy: 'leave the position out' };
    }
    if (index === steps.length - 1) return { to, element, isWholeList: element.isList && !hasPosition };
    if (element.isList && !hasPosition) {
      return {
        what: `names ${to}, and ${step} is a list`,
        remedy: `write ${[`${path}[0]`, ...steps.slice(index + 1)].join('.')}`,
      };
    }
  }
  return noElement(holder, to);
}

function ofEach(rule: EachRule, { to, element, isWholeList }: Target, map: LineageMap): readonly RuleProblem[] {
  const [type, ...others] = element.types;
  if (type === undefined || others.length > 0) return [];
  if (!isWholeList) {
    const remedy = element.isList ? 'leave the position out' : 'write its rules without each, or a list';
    return [{ rule, field: 'to', what: `makes a list, and ${to} is none`, remedy }];
  }
  return type === 'Resource' ? ofContained(rule, map) : ofRules(rule.rules, type, map, rule);
}

/** A contained resource has the elements of the type it says it is; where no constant says it, none are known. */
function ofContained(rule: EachRule, map: LineageMap): readonly RuleProblem[] {
  const named = rule.rules.find((each) => each.do === 'constant' && each.to === 'resourceType');
  if (named?.do !== 'constant') return [];
  const others = rule.rules.filter((each) => each !== named);
  return ofRules(others, String(named.value), map, rule);
}

function ofValue(rule: WritingRule, { to, element, isWholeList }: Target, map: LineageMap): readonly RuleProblem[] {
  const [type] = element.types;
  if (type === undefined || rule.do === 'jsonata') return [];
  const problem = (what: string, remedy: string): readonly RuleProblem[] => [{ rule, field: 'to', what, remedy }];
  if (!canProduce(rule, type)) {
    const name = rule.do ?? 'copy';
    return problem(`is filled by ${name}, and ${to} holds ${element.types.join(' or ')}`, remedyFor(type));
  }
  if (isWholeList && !producesList(rule)) return problem(`names ${to}, which is a list`, `write ${to}[0], or each`);
  if (!isWholeList && producesList(rule)) return problem(`cuts into a list, and ${to} is none`, 'write part');
  if (rule.do === 'reference') {
    const { references } = element;
    const allowed = references ?? resourceTypes();
    if (allowed.includes(rule.type)) return [];
    const meant = references === undefined ? noType(rule.type).remedy : `allowed: ${references.join(', ')}`;
    return [{ rule, field: 'type', what: `is ${rule.type}, which ${to} does not point to`, remedy: meant }];
  }
  const { codes } = element;
  if (codes === undefined || type !== 'code') return [];
  const strange = codesOf(rule, map).filter((code) => !codes.includes(code));
  return strange.flatMap((code) => problem(`is given ${code}, which is no code of ${to}`, meant(code, codes)));
}

/** The codes a rule can write, where the map alone says them. */
function codesOf(rule: WritingRule, map: LineageMap): readonly string[] {
  if (rule.do === 'constant') return [String(rule.value)];
  if (rule.do !== 'code' || (rule.part ?? 'code') !== 'code') return [];
  const codes = translationsOf(map, rule.map).map(({ code }) => code);
  return [...new Set(codes)].filter((code) => !code.includes('{'));
}

function originalProblem(holder: string, original: string): readonly RuleProblem[] {
  const found = targetOf(holder, original);
  if ('what' in found) return [{ field: 'original', ...found }];
  const { types } = found.element;
  if (types.length === 0 || (types.includes('Attachment') && !found.isWholeList)) return [];
  return [{ field: 'original', what: `names ${original}, which is no Attachment`, remedy: 'name one' }];
}

/** What a holder and the elements inside it that rules write to must have, and no rule fills. */
function missingOf(rules: readonly Rule[], holder: string, maker: Rule | undefined): readonly RuleProblem[] {
  const targets = new Map<string, Rule>();
  for (const rule of rules) {
    if (rule.do === 'refuse' || rule.do === 'shape') continue;
    targets.set(rule.to, rule);
    if (rule.do === 'text' && rule.original !== undefined) targets.set(rule.original, rule);
  }
  if (targets.has('.')) return [];
  const holders = new Map<string, Rule | undefined>([['', maker]]);
  for (const [to, rule] of targets)
    for (const above of holdersOf(to)) if (!holders.has(above)) holders.set(above, rule);
  return [...holders].flatMap(([path, rule]) => {
    if (targets.has(path)) return [];
    const [type, ...others] = path === '' ? [holder] : (elementAt(holder, path)?.types ?? []);
    if (type === undefined || others.length > 0) return [];
    const filled = [...targets.keys()].flatMap((to) => nameBelow(path, to));
    return neededOf(type, filled)
      .filter((name) => !filled.some((each) => isOfChoice(each, name)))
      .map((name): RuleProblem => {
        const where = path === '' ? holder : `${holder}.${path}`;
        const field = rule === undefined ? 'rules' : 'to';
        return {
          rule,
          field,
          what: `leaves ${where} without ${name}`,
          remedy: `add a rule for ${name}`,
        };
      });
  });
}

/** R4 lets a coding leave out its system; a code without one means nothing to whoever reads it. */
function neededOf(type: string, filled: readonly string[]): readonly string[] {
  const isCode = type === 'Coding' && filled.includes('code');
  return isCode ? [...requiredElements(type), 'system'] : requiredElements(type);
}

/** `name[0].period.start` is inside of `name[0].period` and of `name[0]`. */
function holdersOf(to: string): readonly string[] {
  const steps = to.split('.');
  return steps.slice(1).map((_, index) => steps.slice(0, index + 1).join('.'));
}

function nameBelow(path: string, to: string): readonly string[] {
  const above = path === '' ? '' : `${path}.`;
  if (!to.startsWith(above)) return [];
  const [name = ''] = withoutPositions(to.slice(above.length)).split('.');
  return [name.replace(/^_/, '')];
}

function isOfChoice(name: string, required: string): boolean {
  if (!required.endsWith('[x]')) return name === required;
  return name.startsWith(required.slice(0, -3)) && name.length > required.length - 3;
}

function noElement(holder: string, to: string): Pick<RuleProblem, 'what' | 'remedy'> {
  const nearest = nearestElements(holder, to);
  const remedy = nearest.length === 0 ? `write an element of ${holder}` : `perhaps ${nearest.join(', ')}`;
  return { what: `names ${to}, which is no element of ${holder}`, remedy };
}

function noType(type: string): Pick<RuleProblem, 'what' | 'remedy'> {
  return { what: `names ${type}, which is no resource type of FHIR R4`, remedy: meant(type, resourceTypes()) };
}

const ALLOWED_SHOWN = 20;

function meant(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  if (nearest !== undefined) return `write ${nearest}, if that is what was meant`;
  return known.length > ALLOWED_SHOWN ? 'see hl7.org/fhir/R4' : `allowed: ${known.join(', ')}`;
}
