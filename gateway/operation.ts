/** One operation, from what a client sent to what it is told: the same steps at every door. */
import { GraphQLError } from 'graphql';
import type { Actor } from '../kernel/actor.ts';
import type { DocumentReader } from './documents.ts';
import type { Executor, Prepared } from './executor/executor.ts';
import type { Variables } from './executor/variables.ts';
import { GUEST } from './identity.ts';
import { type Limits, sizeCheck, type SizeCheck } from './limits.ts';
import type { Mask, ToldError } from './masking.ts';

export interface OperationRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

export interface OperationAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly ToldError[];
}

/** An operation that may be executed or watched. */
export interface Ready {
  readonly prepared: Prepared;
  readonly variables: Variables;
}

export type Readied =
  | ({ readonly ok: true } & Ready)
  | { readonly ok: false; readonly errors: readonly GraphQLError[] };

export interface Operations {
  /** Parses, validates, limits, plans and checks the variables. */
  ready(request: OperationRequest): Readied;
  /** The same for a document that is valid already. */
  readyDocument(document: Parameters<Executor['prepare']>[0], request: OperationRequest): Readied;
  execute(ready: Ready, actor: Actor | undefined): ReturnType<Executor['execute']>;
}

export function openOperations(read: DocumentReader, executor: Executor, limits: Limits): Operations {
  const checks = new WeakMap<Prepared, SizeCheck>();
  const sizeOf = (prepared: Prepared, variables: Variables): readonly GraphQLError[] => {
    let check = checks.get(prepared);
    if (check === undefined) checks.set(prepared, (check = sizeCheck(prepared.operation, limits)));
    return check(variables);
  };
  const readyDocument: Operations['readyDocument'] = (document, { variables, operationName }) => {
    const given = variables ?? {};
    if (typeof given !== 'object' || Array.isArray(given)) return refused(badRequest('Variables must be an object.'));
    const name = operationName ?? undefined;
    if (name !== undefined && typeof name !== 'string') return refused(badRequest('operationName must be a string.'));
    let prepared: Prepared;
    try {
      prepared = executor.prepare(document, name);
    } catch (error) {
      if (error instanceof GraphQLError) return refused(error);
      throw error;
    }
    const checked = prepared.check(given as Variables);
    if (!checked.ok) return refused(...checked.errors);
    const tooLarge = sizeOf(prepared, checked.variables);
    return tooLarge.length > 0 ? refused(...tooLarge) : { ok: true, prepared, variables: checked.variables };
  };
  return {
    readyDocument,
    ready(request) {
      const document = read(request.query);
      return document.ok ? readyDocument(document.document, request) : document;
    },
    async execute({ prepared, variables }, actor) {
      if (prepared.kind === 'mutation' && actor === GUEST) return { data: null, errors: [unauthenticated()] };
      return executor.execute(prepared, variables, actor);
    },
  };
}

/** Runs a query or mutation to what its client is told. Never fails. */
export async function answer(
  operations: Operations,
  request: OperationRequest,
  actor: Actor | undefined,
  mask: Mask,
): Promise<OperationAnswer> {
  try {
    const ready = operations.ready(request);
    if (!ready.ok) return { errors: ready.errors.map(mask) };
    if (ready.prepared.kind === 'subscription') return { errors: [mask(wrongDoor())] };
    const { data, errors } = await operations.execute(ready, actor);
    return errors ? { data, errors: errors.map(mask) } : { data };
  } catch (error) {
    return { errors: [mask(error)] };
  }
}

/** Subscriptions come over the WebSocket. */
export function wrongDoor(): GraphQLError {
  return badRequest('Subscriptions are served over WebSocket, by the graphql-transport-ws protocol.');
}

export function unauthenticated(message = 'This needs an identity; send Authorization: Bearer TOKEN.'): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } });
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
}

function refused(...errors: readonly GraphQLError[]): Readied {
  return { ok: false, errors };
}
