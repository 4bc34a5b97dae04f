/** Which source fields a map reads, and for which targets: known from the map alone. */
import { pathsOfAsOf } from './as-of.ts';
import { NO_AS_OF, type LineageMap, type RecordRules } from './language.ts';
import { parseOrdinal, parseTemplate } from './path.ts';
import { sourcesOf, type Condition, type Rule } from './rule.ts';

export interface Read {
  readonly path: string;
  /** `taken`: its value goes to the target; `decides`: a condition looks at it; `asked`: only whether there is one. */
  readonly as: 'taken' | 'decides' | 'asked';
  /** Inside `each` rules: what they go through, outermost first. */
  readonly within: readonly string[];
}

/** Of a map whose shapes are in place. */
export function readsOf(map: LineageMap): readonly Read[] {
  return (map.records ?? []).flatMap(readsOfRecord);
}

export function readsOfRecord(record: RecordRules): readonly Read[] {
  const { key, parent = [], when, asOf = NO_AS_OF, rules } = record;
  return [
    ...(asOf === NO_AS_OF ? [] : pathsOfAsOf(asOf)).map((path): Read => ({ path, as: 'decides', within: [] })),
    ...[key, parent].flat().flatMap((template) => ofTemplate(template, [])),
    ...ofConditions(when, []),
    ...rules.flatMap((rule) => ofRule(rule, [])),
  ];
}

function taken(paths: readonly string[], within: readonly string[]): readonly Read[] {
  return paths.map((path) => ({ path, as: 'taken', within }));
}

function ofRule(rule: Rule, within: readonly string[]): readonly Read[] {
  const asked = ofConditions(rule.when, within);
  switch (rule.do) {
    case 'constant':
    case 'refuse':
    case 'shape':
      return asked;
    case 'template':
      return [...asked, ...ofTemplate(rule.template, within)];
    case 'reference':
      return [
        ...asked,
        ...[rule.key].flat().flatMap((key) => ofTemplate(key, within)),
        ...ofTemplate(rule.display ?? '', within),
      ];
    case 'jsonata':
      return [...asked, ...taken(Object.values(rule.with), within)];
    case 'each':
      return [...asked, ...rule.rules.flatMap((inner) => ofRule(inner, [...within, rule.forEach]))];
    case 'quantity':
    case 'unit':
      return [...asked, ...taken([...sourcesOf(rule.from), ...(rule.unit === undefined ? [] : [rule.unit])], within)];
    case 'date':
      return [
        ...asked,
        ...taken([...sourcesOf(rule.from), ...(rule.plusMinutes === undefined ? [] : [rule.plusMinutes])], within),
      ];
    case 'base64':
      return [
        ...asked,
        ...taken([...sourcesOf(rule.from), ...(rule.encoding === undefined ? [] : [rule.encoding])], within),
      ];
    default:
      return [...asked, ...taken(sourcesOf(rule.from), within)];
  }
}

function ofTemplate(template: string, within: readonly string[]): readonly Read[] {
  const paths = (parseTemplate(template) ?? []).flatMap((part) => ('path' in part ? [part.path] : []));
  return taken(
    paths.filter((path) => parseOrdinal(path) === undefined),
    within,
  );
}

function ofConditions(conditions: readonly Condition[] | undefined, within: readonly string[]): readonly Read[] {
  return (conditions ?? []).flatMap((condition): readonly Read[] => {
    if (typeof condition === 'string') return [{ path: condition, as: 'asked', within }];
    if ('any' in condition) return ofConditions(condition.any, within);
    const decides = condition.present === undefined && condition.longerThan === undefined;
    return [{ path: condition.from, as: decides ? 'decides' : 'asked', within }];
  });
}
