/** Variables: checked against their types without ever repeating a value in a message; values are patient data. */
import {
  coerceInputValue,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  print,
  typeFromAST,
  valueFromAST,
  type VariableDefinitionNode,
} from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

export type CheckedVariables =
  | { readonly ok: true; readonly variables: Variables }
  | { readonly ok: false; readonly errors: readonly GraphQLError[] };

const ERRORS_MAX = 20;

export type VariableCheck = (given: Variables) => CheckedVariables;

/**
 * Compiles the check of an operation's variables. What passes is the values as they were given, with the defaults of
 * those that were not: subgraphs read them by their own scalars.
 */
export function variableCheck(schema: GraphQLSchema, operation: OperationDefinitionNode): VariableCheck {
  const checks = (operation.variableDefinitions ?? []).map((definition) => checkOf(schema, definition));
  return (given) => {
    const variables: Record<string, unknown> = {};
    const errors: GraphQLError[] = [];
    for (const check of checks) check(given, variables, errors);
    return errors.length === 0 ? { ok: true, variables } : { ok: false, errors: errors.slice(0, ERRORS_MAX) };
  };
}

type Check = (given: Variables, variables: Record<string, unknown>, errors: GraphQLError[]) => void;

function checkOf(schema: GraphQLSchema, definition: VariableDefinitionNode): Check {
  const name = definition.variable.name.value;
  const type = typeFromAST(schema, definition.type);
  const refuse = (why: string): GraphQLError =>
    new GraphQLError(`Variable "$${name}" of type "${print(definition.type)}" ${why}.`, {
      nodes: definition,
      extensions: { code: 'BAD_USER_INPUT' },
    });
  if (!isInputType(type)) return (_given, _variables, errors) => void errors.push(refuse('is not of an input type'));
  const fallback = definition.defaultValue && valueFromAST(definition.defaultValue, type);
  return (given, variables, errors) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) {
      if (fallback !== undefined) variables[name] = fallback;
      else if (isNonNullType(type)) errors.push(refuse('was not provided'));
    } else if (value === null && isNonNullType(type)) {
      errors.push(refuse('must not be null'));
    } else {
      const wrong = firstWrong(value, type);
      if (wrong === undefined) variables[name] = value;
      else errors.push(refuse(wrong));
    }
  };
}

/** Where and what the schema expects instead; the value and the reason of a scalar would repeat what was sent. */
function firstWrong(value: unknown, type: GraphQLInputType): string | undefined {
  let wrong: string | undefined;
  coerceInputValue(value, type, (path) => {
    wrong ??=
      path.length === 0 ? 'has a value of another type' : `has a value that does not fit at "${path.join('.')}"`;
  });
  return wrong;
}
