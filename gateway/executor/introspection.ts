/** Introspection: __schema and __type of an operation are answered by the gateway itself, and never planned. */
import {
  type DocumentNode,
  executeSync,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { Operation } from './shape.ts';
import type { Tree } from './tree.ts';
import type { Variables } from './variables.ts';

export interface Parted {
  /** What asks about the schema; undefined when nothing does. */
  readonly introspection: DocumentNode | undefined;
  /** What asks subgraphs; undefined when nothing does. */
  readonly rest: DocumentNode | undefined;
}

/** Parts an operation in two, so that the planner sees nothing of the schema's own description. */
export function part(operation: Operation): Parted {
  const isMeta = ({ name }: FieldNode): boolean => name.value === '__schema' || name.value === '__type';
  const { selectionSet } = operation.definition;
  const meta = selectionsOf(selectionSet, operation, isMeta, []);
  if (meta.length === 0) return { introspection: undefined, rest: documentOf(operation, selectionSet.selections) };
  const rest = selectionsOf(selectionSet, operation, (field) => !isMeta(field), []);
  return {
    introspection: documentOf(operation, meta),
    rest: rest.length === 0 ? undefined : documentOf(operation, rest),
  };
}

export function introspect(schema: GraphQLSchema, document: DocumentNode, variables: Variables): Tree {
  return { ...executeSync({ schema, document, variableValues: variables, rootValue: {} }).data };
}

/** The selections at the root for which `isWanted` holds, with root fragments written out. */
function selectionsOf(
  set: SelectionSetNode,
  operation: Operation,
  isWanted: (field: FieldNode) => boolean,
  within: readonly string[],
): SelectionNode[] {
  return set.selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return isWanted(selection) ? [selection] : [];
    const name = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : undefined;
    if (name !== undefined && within.includes(name)) return [];
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : operation.fragments[selection.name.value];
    if (fragment === undefined) return [];
    const below = name === undefined ? within : [...within, name];
    const selections = selectionsOf(fragment.selectionSet, operation, isWanted, below);
    if (selections.length === 0) return [];
    const { typeCondition } = fragment;
    return [
      {
        kind: Kind.INLINE_FRAGMENT,
        ...(typeCondition && { typeCondition }),
        directives: selection.directives ?? [],
        selectionSet: { kind: Kind.SELECTION_SET, selections },
      },
    ];
  });
}

/** The operation with `selections` at its root, and the fragments that they use. */
function documentOf(operation: Operation, selections: readonly SelectionNode[]): DocumentNode {
  const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections };
  const used = new Set<string>();
  const collect = (set: SelectionSetNode): void => {
    visit(set, {
      FragmentSpread({ name }) {
        const fragment = operation.fragments[name.value];
        if (used.has(name.value) || fragment === undefined) return;
        used.add(name.value);
        collect(fragment.selectionSet);
      },
    });
  };
  collect(selectionSet);
  const fragments = Object.values(operation.fragments).filter(({ name }) => used.has(name.value));
  return { kind: Kind.DOCUMENT, definitions: [{ ...operation.definition, selectionSet }, ...fragments] };
}
