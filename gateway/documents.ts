/** Documents: parsed and validated once, by the same rules at every door. */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate,
  type ValidationRule,
} from 'graphql';

export type ReadDocument =
  | { readonly ok: true; readonly document: DocumentNode }
  | { readonly ok: false; readonly errors: readonly GraphQLError[] };

export type DocumentReader = (text: unknown) => ReadDocument;

/** Reading past this many distinct documents forgets the one read longest ago. */
const DOCUMENTS_REMEMBERED_MAX = 1_000;
const ERRORS_MAX = 20;

export function documentReader(
  schema: GraphQLSchema,
  rules: readonly ValidationRule[],
  tokensMax: number,
): DocumentReader {
  const known = new Map<string, ReadDocument>();
  const read = (text: string): ReadDocument => {
    try {
      const document = parse(text, { maxTokens: tokensMax });
      const errors = validate(schema, document, [...specifiedRules, ...rules], { maxErrors: ERRORS_MAX });
      return errors.length === 0
        ? { ok: true, document }
        : { ok: false, errors: errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) };
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return { ok: false, errors: [coded(error, 'GRAPHQL_PARSE_FAILED')] };
    }
  };
  return (text) => {
    if (typeof text !== 'string' || text === '') return { ok: false, errors: [noDocument()] };
    const held = known.get(text);
    if (held !== undefined) return held;
    const document = read(text);
    known.set(text, document);
    const [oldest] = known.keys();
    if (known.size > DOCUMENTS_REMEMBERED_MAX && oldest !== undefined) known.delete(oldest);
    return document;
  };
}

function coded(error: GraphQLError, code: string): GraphQLError {
  error.extensions['code'] ??= code;
  return error;
}

function noDocument(): GraphQLError {
  return new GraphQLError('The request has no query.', { extensions: { code: 'BAD_REQUEST' } });
}
