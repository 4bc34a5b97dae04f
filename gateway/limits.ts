/** Limits on what one request may ask. The same at every door. */
import {
  type ASTVisitor,
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Operation } from './executor/shape.ts';
import type { Variables } from './executor/variables.ts';

export interface Limits {
  /** Fields inside fields. */
  readonly depthMax: number;
  readonly aliasesMax: number;
  /** Fields of an operation with its fragments written out. */
  readonly fieldsMax: number;
  /** Words and signs of a document. */
  readonly tokensMax: number;
  readonly bodyMaxBytes: number;
  /** Elements of one list of an input. */
  readonly listLengthMax: number;
  /** Objects asked for: the product of page sizes along each way down, summed. */
  readonly objectsMax: number;
}

export const LIMITS: Limits = {
  depthMax: 16,
  aliasesMax: 60,
  fieldsMax: 3_000,
  tokensMax: 6_000,
  bodyMaxBytes: 1024 * 1024,
  listLengthMax: 1_000,
  objectsMax: 100_000,
};

/** Arguments that say how many are wanted. */
const PAGE_ARGUMENTS: ReadonlySet<string> = new Set(['first', 'last']);

/** The rules that validation adds to those of the specification. */
export function limitRules(limits: Limits, introspection: 'allowed' | 'refused'): ValidationRule[] {
  const rule = (context: ValidationContext): ASTVisitor => ({
    OperationDefinition: (node) => inspect(context, node, limits),
    ListValue(node) {
      if (node.values.length > limits.listLengthMax) context.reportError(tooLong(limits));
    },
    Field(node) {
      const alias = node.alias?.value;
      if (alias?.startsWith('__')) context.reportError(refusal('An alias must not begin with two underscores.'));
    },
  });
  return introspection === 'allowed' ? [rule] : [rule, NoSchemaIntrospectionCustomRule];
}

interface Measure {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
}

const NOTHING: Measure = { depth: 0, fields: 0, aliases: 0 };

function inspect(context: ValidationContext, node: OperationDefinitionNode, limits: Limits): void {
  const { depth, fields, aliases } = measurer(context)(node.selectionSet);
  const refuse = (what: string, count: number, max: number): void => {
    if (count > max) context.reportError(refusal(`The operation has ${what}; at most ${max} are allowed.`));
  };
  refuse(`${depth} levels of fields`, depth, limits.depthMax);
  refuse(`${aliases} aliases`, aliases, limits.aliasesMax);
  refuse(`${fields} fields`, fields, limits.fieldsMax);
}

/** Measures each fragment once, however often it is spread; a cycle, which another rule refuses, counts as nothing. */
function measurer(context: ValidationContext): (set: SelectionSetNode) => Measure {
  const known = new Map<string, Measure>();
  const ofSet = (set: SelectionSetNode): Measure => set.selections.map(ofSelection).reduce(together, NOTHING);
  const ofSelection = (selection: SelectionNode): Measure => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return ofSet(selection.selectionSet);
    const inner = selection.selectionSet ? ofSet(selection.selectionSet) : NOTHING;
    // The schema's own description is deep by nature, and has a rule of its own in graphql-js.
    const depth = selection.name.value.startsWith('__') ? 0 : inner.depth + 1;
    return { depth, fields: inner.fields + 1, aliases: inner.aliases + (selection.alias ? 1 : 0) };
  };
  const ofFragment = (name: string): Measure => {
    const held = known.get(name);
    if (held !== undefined) return held;
    known.set(name, NOTHING);
    const fragment = context.getFragment(name);
    const measure = fragment ? ofSet(fragment.selectionSet) : NOTHING;
    known.set(name, measure);
    return measure;
  };
  return ofSet;
}

function together(left: Measure, right: Measure): Measure {
  return {
    depth: Math.max(left.depth, right.depth),
    fields: left.fields + right.fields,
    aliases: left.aliases + right.aliases,
  };
}

/** Refuses variables with too long a list, and pages of pages that multiply beyond measure. */
export type SizeCheck = (variables: Variables) => readonly GraphQLError[];

export function sizeCheck(operation: Operation, limits: Limits): SizeCheck {
  const count = objectCounter(operation);
  return (variables) => {
    if (longestList(variables) > limits.listLengthMax) return [tooLong(limits)];
    if (count(variables) <= limits.objectsMax) return [];
    return [refusal(`The operation asks for more than ${limits.objectsMax} objects; ask for smaller pages.`)];
  };
}

function longestList(value: unknown): number {
  if (Array.isArray(value)) return Math.max(value.length, ...value.slice(0, LIST_SAMPLE_MAX).map(longestList));
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((longest, member) => Math.max(longest, longestList(member)), 0);
}

/** Elements of a list that are looked into; a list beyond the limit is refused by its own length. */
const LIST_SAMPLE_MAX = 10_000;

type Counter = (variables: Variables) => number;

function objectCounter(operation: Operation): Counter {
  const known = new Map<string, Counter>();
  const ofSet = (set: SelectionSetNode): Counter => {
    const counters = set.selections.flatMap(ofSelection);
    return (variables) => counters.reduce((sum, counter) => sum + counter(variables), 0);
  };
  const ofSelection = (selection: SelectionNode): Counter[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [ofFragment(selection.name.value)];
    if (selection.kind === Kind.INLINE_FRAGMENT) return [ofSet(selection.selectionSet)];
    if (!selection.selectionSet) return [];
    const inner = ofSet(selection.selectionSet);
    const page = selection.arguments?.find(({ name }) => PAGE_ARGUMENTS.has(name.value))?.value;
    if (page === undefined) return [inner];
    const size = (variables: Variables): number => {
      const given = page.kind === Kind.VARIABLE ? variables[page.name.value] : page.kind === Kind.INT && page.value;
      const wanted = Number(given);
      return Number.isFinite(wanted) && wanted > 0 ? wanted : 1;
    };
    return [(variables) => size(variables) * (1 + inner(variables))];
  };
  const ofFragment = (name: string): Counter => {
    const held = known.get(name);
    if (held !== undefined) return held;
    const fragment = operation.fragments[name];
    const counter = fragment ? ofSet(fragment.selectionSet) : () => 0;
    known.set(name, counter);
    return counter;
  };
  return ofSet(operation.definition.selectionSet);
}

function tooLong(limits: Limits): GraphQLError {
  return refusal(`A list of the request is too long; at most ${limits.listLengthMax} elements are allowed.`);
}

function refusal(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });
}
