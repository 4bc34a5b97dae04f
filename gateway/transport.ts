/** The way to a subgraph: in this very process or over the network, with the same behaviour. */
import {
  type DocumentNode,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  parse,
  subscribe,
  validate,
} from 'graphql';
import type { Actor } from '../kernel/actor.ts';
import { Fault, isFault } from '../kernel/fault.ts';

export interface SubgraphRequest {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
  /** The JSON text of {query, variables, operationName}: what is sent, and what is signed. */
  readonly body: string;
}

export interface SubgraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

export interface SubgraphAnswer {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly SubgraphError[] | undefined;
}

/** `state`: every value replaces the one before. `cursor`: every value counts, and the client knows where it stands. */
export type StreamKind = 'state' | 'cursor';

export interface SubgraphTransport {
  /** Fails with SUBGRAPH_UNAVAILABLE; ambiguous when a mutation may have been carried out. */
  execute(request: SubgraphRequest, actor: Actor | undefined): Promise<SubgraphAnswer>;
  /** An answer instead of a stream when the subgraph refuses. `return()` of the stream releases the subgraph's. */
  subscribe(
    request: SubgraphRequest,
    actor: Actor | undefined,
    stream: StreamKind,
  ): Promise<AsyncIterableIterator<SubgraphAnswer> | SubgraphAnswer>;
  isReachable(): Promise<boolean>;
  /** Values of state streams that nobody took in time. */
  dropped(): number;
  close(): Promise<void>;
}

/** Reading past this many distinct operations forgets the one read longest ago. */
const OPERATIONS_REMEMBERED_MAX = 2_000;

/** A subgraph in this process. */
export function embeddedTransport(schema: GraphQLSchema): SubgraphTransport {
  const read = documentReader(schema);
  const argsOf = (request: SubgraphRequest, document: DocumentNode, actor: Actor | undefined): ExecutionArgs => ({
    schema,
    document,
    variableValues: request.variables,
    operationName: request.operationName,
    contextValue: { actor },
  });
  return {
    async execute(request, actor) {
      const document = read(request.query);
      return isRefusal(document) ? { errors: document } : answerOf(await execute(argsOf(request, document, actor)));
    },
    async subscribe(request, actor) {
      const document = read(request.query);
      if (isRefusal(document)) return { errors: document };
      const stream = await subscribe(argsOf(request, document, actor));
      return Symbol.asyncIterator in stream ? answers(stream) : answerOf(stream);
    },
    isReachable: () => Promise.resolve(true),
    dropped: () => 0,
    close: () => Promise.resolve(),
  };
}

/** What a subgraph means by refusing the gateway. */
export const SIGNATURE_REFUSED =
  'does not accept the signature of the gateway; give both the same request key and the same time';

export function unavailable(retry: 'transient' | 'ambiguous', message: string, cause?: unknown): Fault {
  return new Fault({ code: 'SUBGRAPH_UNAVAILABLE', retry, message, cause });
}

/** A subgraph's error as it may travel: a fault keeps its code and words, whatever else was thrown keeps neither. */
export function speakable(error: GraphQLError): SubgraphError {
  const fault = isFault(error.originalError) ? error.originalError : undefined;
  if (fault === undefined) return error;
  const { code, retry, subject } = fault;
  return {
    message: fault.message,
    path: error.path,
    extensions: { code, retry, ...(subject !== undefined && { subject }) },
  };
}

function answerOf({ data, errors }: ExecutionResult): SubgraphAnswer {
  return errors === undefined ? { data } : { data, errors: errors.map(speakable) };
}

/** Unlike an async generator it passes return() on at once, even while next() waits for a value. */
function answers(stream: AsyncGenerator<ExecutionResult, void, void>): AsyncIterableIterator<SubgraphAnswer> {
  const done = { done: true as const, value: undefined };
  return {
    async next() {
      const step = await stream.next();
      return step.done === true ? done : { done: false, value: answerOf(step.value) };
    },
    async return() {
      await stream.return();
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

type Read = DocumentNode | readonly GraphQLError[];

function isRefusal(read: Read): read is readonly GraphQLError[] {
  return Array.isArray(read);
}

function documentReader(schema: GraphQLSchema): (text: string) => Read {
  const known = new Map<string, Read>();
  return (text) => {
    const held = known.get(text);
    if (held !== undefined) return held;
    const document = parse(text, { noLocation: true });
    const errors = validate(schema, document);
    // The planner's operations fit the composed schema; one that does not fit this one means that they differ.
    const read = errors.length === 0 ? document : [outOfStep()];
    known.set(text, read);
    const [oldest] = known.keys();
    if (known.size > OPERATIONS_REMEMBERED_MAX && oldest !== undefined) known.delete(oldest);
    return read;
  };
}

function outOfStep(): GraphQLError {
  return new GraphQLError('this subgraph is not the one the supergraph was composed of', {
    extensions: { code: 'SUPERGRAPH_STALE' },
  });
}
