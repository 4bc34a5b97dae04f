/** Shaping: compiles an operation into the function that turns fetched data into the answer, by the GraphQL rules. */
import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Tree } from './tree.ts';

/** Null where nothing can be said; `undefined` never. */
type Complete = (value: unknown) => unknown;

/** A null where the schema promises a value: makes the object or list around it null. */
const BUBBLE = Symbol('null in a place that has none');

export interface Operation {
  readonly definition: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

/** The shape of an operation for one setting of the variables its @skip and @include depend on. */
export interface Shape {
  complete(data: Tree): Completed;
}

export interface Completed {
  /** Null when a null reached the top. */
  readonly data: Tree | null;
  /** Whether a null stood where the schema promises a value, and made what is around it null. */
  readonly bubbled: boolean;
}

/** Names of the variables that decide about @skip and @include anywhere in the operation. */
export function conditionsOf(operation: Operation): readonly string[] {
  const names = new Set<string>();
  const visit = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      for (const { test } of conditions(selection.directives)) if (typeof test === 'string') names.add(test);
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet) visit(selection.selectionSet);
    }
  };
  visit(operation.definition.selectionSet);
  for (const fragment of Object.values(operation.fragments)) visit(fragment.selectionSet);
  return [...names].sort();
}

/** Compiles `operation` on `root`. `isTrue` says how a variable used in @skip or @include is set. */
export function shapeOf(
  schema: GraphQLSchema,
  root: GraphQLObjectType,
  operation: Operation,
  isTrue: (variable: string) => boolean,
): Shape {
  const compiler = new Compiler(schema, operation, isTrue);
  const complete = compiler.object(root, [operation.definition.selectionSet]);
  return {
    complete(data) {
      compiler.bubbled = false;
      return { data: complete(data) as Tree | null, bubbled: compiler.bubbled };
    },
  };
}

class Compiler {
  /** Set while an answer is completed, which takes place in one go. */
  bubbled = false;
  readonly #schema: GraphQLSchema;
  readonly #operation: Operation;
  readonly #isTrue: (variable: string) => boolean;

  constructor(schema: GraphQLSchema, operation: Operation, isTrue: (variable: string) => boolean) {
    this.#schema = schema;
    this.#operation = operation;
    this.#isTrue = isTrue;
  }

  object(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Complete {
    const fields = [...this.#collect(type, sets)].map(([key, nodes]) => ({ key, complete: this.#field(type, nodes) }));
    const count = fields.length;
    return (value) => {
      if (typeof value !== 'object' || value === null) return null;
      const answer: Tree = {};
      for (let at = 0; at < count; at++) {
        const field = fields[at];
        if (field === undefined) break;
        const completed = field.complete((value as Tree)[field.key]);
        if (completed === BUBBLE) return null;
        answer[field.key] = completed;
      }
      return answer;
    };
  }

  #field(parent: GraphQLObjectType, nodes: readonly FieldNode[]): Complete {
    const name = nodes[0]?.name.value ?? '';
    if (name === '__typename') return () => parent.name;
    const field = parent.getFields()[name];
    // __schema and __type arrive in their final shape.
    if (field === undefined) return (value) => value ?? null;
    return this.#value(
      field.type,
      nodes.flatMap((node) => node.selectionSet ?? []),
    );
  }

  #value(type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Complete {
    if (isNonNullType(type)) {
      const complete = this.#value(type.ofType, sets);
      return (value) => {
        const completed = complete(value);
        if (completed !== null) return completed;
        this.bubbled = true;
        return BUBBLE;
      };
    }
    if (isListType(type)) return listOf(this.#value(type.ofType, sets));
    if (isEnumType(type)) {
      const names = new Set<unknown>(type.getValues().map(({ name }) => name));
      return (value) => (names.has(value) ? value : null);
    }
    // A function can only be something inherited, found under a name like `constructor`.
    if (isLeafType(type)) return (value) => (typeof value === 'function' ? null : (value ?? null));
    return isObjectType(type) ? this.object(type, sets) : this.#abstract(type, sets);
  }

  #abstract(type: GraphQLAbstractType, sets: readonly SelectionSetNode[]): Complete {
    const known = new Map<unknown, Complete>();
    const possible = new Map(this.#schema.getPossibleTypes(type).map((each) => [each.name as unknown, each]));
    return (value) => {
      const typename = typeof value === 'object' && value !== null ? (value as Tree)['__typename'] : undefined;
      const concrete = possible.get(typename);
      if (concrete === undefined) return null;
      let complete = known.get(typename);
      if (complete === undefined) known.set(typename, (complete = this.object(concrete, sets)));
      return complete(value);
    };
  }

  /** Field nodes by response key, in the order of the specification's CollectFields. */
  #collect(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const fields = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    for (const set of sets) for (const selection of set.selections) this.#select(type, selection, fields, visited);
    return fields;
  }

  #select(
    type: GraphQLObjectType,
    selection: SelectionNode,
    fields: Map<string, FieldNode[]>,
    visited: Set<string>,
  ): void {
    if (!this.#isWanted(selection)) return;
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      const nodes = fields.get(key);
      if (nodes) nodes.push(selection);
      else if (key !== '__proto__') fields.set(key, [selection]);
      return;
    }
    const fragment = this.#fragment(selection, visited);
    if (fragment === undefined || !this.#applies(fragment.typeCondition?.name.value, type)) return;
    for (const inner of fragment.selectionSet.selections) this.#select(type, inner, fields, visited);
  }

  #fragment(selection: Exclude<SelectionNode, FieldNode>, visited: Set<string>) {
    if (selection.kind === Kind.INLINE_FRAGMENT) return selection;
    const name = selection.name.value;
    if (visited.has(name)) return undefined;
    visited.add(name);
    return this.#operation.fragments[name];
  }

  #applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true;
    const conditional = this.#schema.getType(condition);
    return isAbstractType(conditional) && this.#schema.isSubType(conditional, type);
  }

  #isWanted(selection: SelectionNode): boolean {
    return conditions(selection.directives).every(({ test, wanted }) => {
      const value = typeof test === 'string' ? this.#isTrue(test) : test;
      return value === wanted;
    });
  }
}

function listOf(complete: Complete): Complete {
  return (value) => {
    if (!Array.isArray(value)) return null;
    const answer = new Array<unknown>(value.length);
    for (let at = 0; at < value.length; at++) {
      const completed = complete(value[at]);
      if (completed === BUBBLE) return null;
      answer[at] = completed;
    }
    return answer;
  };
}

/** The @skip and @include of a selection: a variable's name or a constant, and what it must be. */
function conditions(directives: readonly DirectiveNode[] | undefined): { test: string | boolean; wanted: boolean }[] {
  return (directives ?? []).flatMap(({ name, arguments: given }) => {
    if (name.value !== 'skip' && name.value !== 'include') return [];
    const value = given?.[0]?.value;
    const test = value?.kind === Kind.VARIABLE ? value.name.value : value?.kind === Kind.BOOLEAN && value.value;
    return [{ test: test ?? false, wanted: name.value === 'include' }];
  });
}
