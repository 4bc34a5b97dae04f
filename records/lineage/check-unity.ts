/** Whether a map for Unity fills what its actions are publicly known to take (records/unity/actions.ts). */
import { nearestWord } from '../spelling.ts';
import { UNITY_ACTIONS, type UnityInput } from '../unity/actions.ts';
import { translationsOf } from './code-map.ts';
import type { LineageMap, RecordRules } from './language.ts';
import { withoutPositions } from './path.ts';
import { SELF } from './draft.ts';
import type { Rule } from './rule.ts';
import type { RuleProblem, TargetProblem } from './target-problem.ts';

/** Of a map whose shapes are in place. */
export function unityTargetProblems(map: LineageMap): readonly TargetProblem[] {
  return (map.records ?? []).flatMap((record, index) =>
    ofRecord(record, map).map((problem) => ({ ...problem, record: index })),
  );
}

function ofRecord({ type, rules }: RecordRules, map: LineageMap): readonly RuleProblem[] {
  const action = UNITY_ACTIONS[type];
  if (action === undefined) {
    const known = Object.keys(UNITY_ACTIONS);
    return [{ field: 'type', what: `names ${type}, which is no known action`, remedy: meant(type, known) }];
  }
  return rules.flatMap((rule) => ofRule(rule, '', action.inputs, map));
}

type Inputs = Readonly<Record<string, UnityInput>>;

function ofRule(rule: Rule, above: string, inputs: Inputs, map: LineageMap): readonly RuleProblem[] {
  if (rule.do === 'refuse' || rule.do === 'shape') return [];
  const [name = ''] = withoutPositions(rule.to === '.' ? above : `${above}${rule.to}`).split('.');
  const input = inputs[name];
  const problem = (what: string, remedy: string): readonly RuleProblem[] => [{ rule, field: 'to', what, remedy }];
  if (input === undefined) {
    return problem(`names ${name || SELF}, which this action is not known to take`, meant(name, Object.keys(inputs)));
  }
  if (rule.do === 'each') return rule.rules.flatMap((inner) => ofRule(inner, rule.to, inputs, map));
  if (input.dictionary !== undefined && rule.do !== 'code') {
    return problem(`is looked up (${input.dictionary}), and this rule looks nothing up`, 'write do: code, with a map');
  }
  const unknown = valuesOf(rule, map).filter((value) => input.values !== undefined && !input.values.includes(value));
  return unknown.flatMap((value) =>
    problem(`is given ${value}, which it is not known to take`, `allowed: ${input.values?.join(', ')}`),
  );
}

/** What a rule can write, where the map alone says it. */
function valuesOf(rule: Rule, map: LineageMap): readonly string[] {
  if (rule.do === 'constant') return [String(rule.value)];
  if (rule.do !== 'code' || (rule.part ?? 'code') !== 'code') return [];
  return translationsOf(map, rule.map).map(({ code }) => code);
}

function meant(word: string, known: readonly string[]): string {
  if (known.length === 0) return 'nothing it takes is public: write a refuse rule';
  const nearest = nearestWord(word, known);
  return nearest === undefined ? `allowed: ${known.join(', ')}` : `write ${nearest}, if that is what was meant`;
}
