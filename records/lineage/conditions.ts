/** Conditions to closures: whether a rule, or a kind of record, is for a scope. */
import type { Condition, FieldCondition } from './rule.ts';
import type { Source, Trouble } from './source.ts';

export type Holds<Scope> = (scope: Scope) => boolean;

const unheard: Trouble = () => undefined;

/** Undefined where there is nothing to ask. */
export function compileConditions<Scope>(
  conditions: readonly Condition[] | undefined,
  source: Source<Scope>,
): Holds<Scope> | undefined {
  if (conditions === undefined || conditions.length === 0) return undefined;
  const all = conditions.map((condition) => compileCondition(condition, source));
  const [only] = all;
  if (all.length === 1) return only;
  return (scope) => {
    for (const holds of all) if (!holds(scope)) return false;
    return true;
  };
}

function compileCondition<Scope>(condition: Condition, source: Source<Scope>): Holds<Scope> {
  if (typeof condition === 'string') return compileField({ from: condition, present: true }, source);
  if (!('any' in condition)) return compileField(condition, source);
  const some = condition.any.map((each) => compileCondition(each, source));
  return (scope) => some.some((holds) => holds(scope));
}

function compileField<Scope>(asked: FieldCondition, source: Source<Scope>): Holds<Scope> {
  // Any repetition answers whether there is a value; only rules that take it complain of several.
  const read = source.value({ path: asked.from, repeats: 'first' });
  const value = (scope: Scope) => read(scope, unheard)?.trim() ?? '';
  const { present, startsWith, longerThan } = asked;
  if (present !== undefined) return (scope) => (value(scope) !== '') === present;
  if (startsWith !== undefined) return (scope) => startsWith.some((beginning) => value(scope).startsWith(beginning));
  if (longerThan !== undefined) return (scope) => value(scope).length > longerThan;
  const listed = asked.in ?? asked.notIn ?? [];
  return asked.in === undefined ? (scope) => !listed.includes(value(scope)) : (scope) => listed.includes(value(scope));
}

/** Every path a list of conditions asks. */
export function pathsAsked(conditions: readonly Condition[] | undefined): readonly string[] {
  return (conditions ?? []).flatMap((each) => {
    if (typeof each === 'string') return [each];
    return 'any' in each ? pathsAsked(each.any) : [each.from];
  });
}
