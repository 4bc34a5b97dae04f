/** Operations as a subgraph reads and answers them: parsed once, errors told by code and never by accident. */
import {
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { isFault } from '../kernel/fault.ts';

export interface Operation {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
}

export interface ReadOperation {
  readonly kind: 'read';
  readonly document: DocumentNode;
}

export type Reading = (
  query: string,
) => ReadOperation | { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] };

/** Beyond this many distinct operations the one used longest ago is forgotten. */
const OPERATIONS_REMEMBERED_MAX = 1_000;

/** Parses and validates against `schema`, each text once. */
export function operationReader(schema: GraphQLSchema): Reading {
  const known = new Map<string, ReturnType<Reading>>();
  return (query) => {
    const found = known.get(query) ?? readOperation(schema, query);
    known.delete(query);
    known.set(query, found);
    for (const oldest of known.keys()) {
      if (known.size <= OPERATIONS_REMEMBERED_MAX) break;
      known.delete(oldest);
    }
    return found;
  };
}

function readOperation(schema: GraphQLSchema, query: string): ReturnType<Reading> {
  try {
    const document = parse(query, { noLocation: true });
    const errors = validate(schema, document);
    return errors.length === 0 ? { kind: 'read', document } : { kind: 'refused', errors };
  } catch (error) {
    return { kind: 'refused', errors: [error instanceof GraphQLError ? error : new GraphQLError('not a document')] };
  }
}

/** The answer with its errors made presentable. */
export function answerOf({ data, errors }: ExecutionResult): FormattedExecutionResult {
  const answer = data === undefined ? {} : { data };
  return errors === undefined ? answer : { ...answer, errors: errors.map(presentError) };
}

/** A fault keeps its code and words; what nobody foresaw is told as INTERNAL and nothing more. */
export function presentError(error: GraphQLError): GraphQLFormattedError {
  const { originalError: cause } = error;
  if (cause === undefined || cause instanceof GraphQLError) return error.toJSON();
  const path = error.path === undefined ? {} : { path: error.path };
  if (!isFault(cause)) return { message: 'the subgraph failed', ...path, extensions: { code: 'INTERNAL' } };
  const { message, code, retry, subject } = cause;
  return { message, ...path, extensions: { code, retry, ...(subject === undefined ? {} : { subject }) } };
}
