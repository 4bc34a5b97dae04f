/** Introspection: __schema and __type of an operation are answered by the gateway itself. */
import {
  type DocumentNode,
  executeSync,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Operation } from './shape.ts';
import type { Tree } from './tree.ts';
import type { Variables } from './variables.ts';

/** The part of `operation` that asks about the schema, as a document of its own; undefined when there is none. */
export function introspectionOf(operation: Operation): DocumentNode | undefined {
  const selections = metaSelections(operation.definition.selectionSet, operation, []);
  if (selections.length === 0) return undefined;
  const definition: OperationDefinitionNode = {
    ...operation.definition,
    directives: [],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
  return { kind: Kind.DOCUMENT, definitions: [definition, ...Object.values(operation.fragments)] };
}

export function introspect(schema: GraphQLSchema, document: DocumentNode, variables: Variables): Tree {
  return { ...executeSync({ schema, document, variableValues: variables, rootValue: {} }).data };
}

function metaSelections(set: SelectionSetNode, operation: Operation, within: readonly string[]): SelectionNode[] {
  return set.selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return /^__(schema|type)$/.test(selection.name.value) ? [selection] : [];
    const name = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : undefined;
    if (name !== undefined && within.includes(name)) return [];
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : operation.fragments[selection.name.value];
    if (fragment === undefined) return [];
    const selections = metaSelections(
      fragment.selectionSet,
      operation,
      name === undefined ? within : [...within, name],
    );
    if (selections.length === 0) return [];
    const directives = selection.directives ?? [];
    return [{ kind: Kind.INLINE_FRAGMENT, directives, selectionSet: { kind: Kind.SELECTION_SET, selections } }];
  });
}
