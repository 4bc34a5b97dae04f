/** Rewrites: small corrections the planner asks for on what goes to a subgraph and what comes back. */
import type { FetchDataRewrite } from '@apollo/query-planner';
import { isTree, type Tree } from './tree.ts';

/** Whether an object's __typename satisfies a type condition. */
export type TypeTest = (typename: unknown, condition: string) => boolean;

const FRAGMENT = '... on ';

/** Applies `rewrites` to `value` in place. */
export function rewrite(rewrites: readonly FetchDataRewrite[], value: unknown, isOf: TypeTest): void {
  for (const each of rewrites) walk(each, value, 0, isOf);
}

function walk(asked: FetchDataRewrite, value: unknown, depth: number, isOf: TypeTest): void {
  if (Array.isArray(value)) {
    for (const element of value) walk(asked, element, depth, isOf);
    return;
  }
  const step = asked.path[depth];
  if (!isTree(value) || step === undefined) return;
  if (step.startsWith(FRAGMENT)) {
    // An object that does not say its type can only be of the type asked for.
    const typename = value['__typename'];
    if (typename === undefined || isOf(typename, step.slice(FRAGMENT.length))) walk(asked, value, depth + 1, isOf);
  } else if (depth === asked.path.length - 1) {
    correct(asked, value, step);
  } else {
    walk(asked, value[step], depth + 1, isOf);
  }
}

function correct(asked: FetchDataRewrite, value: Tree, member: string): void {
  if (asked.kind === 'ValueSetter') {
    value[member] = asked.setValueTo;
  } else if (value[member] !== undefined && value[member] !== null) {
    value[asked.renameKeyTo] = value[member];
    delete value[member];
  }
}
