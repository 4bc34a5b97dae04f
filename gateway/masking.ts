/** What clients may learn of an error: known codes and faults keep their words, all else is a correlation id. */
import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { isFault } from '../kernel/fault.ts';
import { errorFacts, type Log } from '../runtime/log.ts';

/** An error as it is told: nothing but what may leave. */
export type ToldError = GraphQLFormattedError;

/** Codes of one word. Those of several words are coined by us; what libraries coin is listed below. */
const KNOWN_CODES: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'RESUBSCRIBE', 'UNAVAILABLE']);
const COINED = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/;
const NOT_OURS = /^(INTERNAL_SERVER_ERROR|DOWNSTREAM_SERVICE_ERROR|ERR_.*|UND_ERR_.*)$/;
const INTERNAL = 'INTERNAL';
const WRAPPINGS_MAX = 10;

/** Extensions that may leave, as long as they are scalars. */
const TOLD_EXTENSIONS = ['code', 'subgraph', 'retry', 'subject', 'field', 'remedy'] as const;

const VALUES: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
]);

export type Mask = (error: unknown) => ToldError;

/** A mask that tells `log` about everything it hides, under the correlation id the client is given. */
export function openMask(log: Log): Mask {
  return (error) => {
    if (error instanceof GraphQLError) {
      const code = error.extensions['code'];
      if (isKnown(code)) return told(error, quiet(error, code), {});
    } else if (isFault(error)) {
      return told(error, error.message, { code: error.code, retry: error.retry });
    }
    const correlationId = randomUUID();
    const subgraph = error instanceof GraphQLError ? error.extensions['subgraph'] : undefined;
    log.error('request failed', {
      ...errorFacts(rootOf(error)),
      correlationId,
      ...(typeof subgraph === 'string' && { subgraph }),
    });
    return told(error, 'The server failed; quote the correlation id', { code: INTERNAL, correlationId });
  };
}

/** What was thrown in the first place, under the wrappings of graphql-js. */
function rootOf(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < WRAPPINGS_MAX && root instanceof GraphQLError && root.originalError; depth++) {
    root = root.originalError;
  }
  return root;
}

/** The same, as an error that graphql-ws can send. */
export function asGraphQLError(error: ToldError): GraphQLError {
  const { message, path, extensions } = error;
  const given = new GraphQLError(message, { path: path ?? null, extensions: extensions ?? {} });
  return Object.assign(given, { toJSON: () => error });
}

function isKnown(code: unknown): code is string {
  if (typeof code !== 'string') return false;
  return KNOWN_CODES.has(code) || (COINED.test(code) && !NOT_OURS.test(code));
}

function told(error: unknown, message: string, given: Readonly<Record<string, string>>): ToldError {
  const { locations, path, extensions } = error instanceof GraphQLError ? error : new GraphQLError(message);
  const kept: Record<string, unknown> = {};
  for (const name of TOLD_EXTENSIONS) {
    if (['string', 'number', 'boolean'].includes(typeof extensions[name])) kept[name] = extensions[name];
  }
  return {
    message,
    ...(locations !== undefined && { locations }),
    ...(path !== undefined && { path }),
    extensions: { ...kept, ...given },
  };
}

/** The message without the literals of the document, which may be patient data: graphql-js repeats them. */
function quiet(error: GraphQLError, code: string): string {
  const place = placeOf(error);
  if (code === 'GRAPHQL_PARSE_FAILED') return `The document cannot be read${place}.`;
  if (code === 'OPERATION_RESOLUTION_FAILURE') return 'Name one of the operations of the document.';
  const literal = error.nodes?.some(({ kind }) => VALUES.has(kind)) === true;
  return literal ? `The value${place} is not one that its type allows.` : error.message;
}

function placeOf(error: GraphQLError): string {
  const [location] = error.locations ?? [];
  return location === undefined ? '' : ` at line ${location.line}, column ${location.column}`;
}
