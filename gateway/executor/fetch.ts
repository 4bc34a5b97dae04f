/** Fetching: one step to one subgraph, its entities de-duplicated, its answer and its errors put in their place. */
import type { QueryPlanSelectionNode } from '@apollo/query-planner';
import { GraphQLError } from 'graphql';
import type { Actor } from '../../kernel/actor.ts';
import { isFault } from '../../kernel/fault.ts';
import type { SubgraphAnswer, SubgraphError, SubgraphRequest, SubgraphTransport } from '../transport.ts';
import type { Fetch } from './plan.ts';
import { rewrite, type TypeTest } from './rewrite.ts';
import { copyOf, isTree, mergeInto, type Path, placesAt, type Tree } from './tree.ts';
import type { Variables } from './variables.ts';

/** An answer under construction, and what is needed to go on with it. */
export interface Run {
  readonly data: Tree;
  readonly errors: GraphQLError[];
  readonly variables: Variables;
  readonly actor: Actor | undefined;
  readonly transports: Readonly<Record<string, SubgraphTransport>>;
  readonly isOf: TypeTest;
}

const ERRORS_PER_ANSWER_MAX = 100;

/** Takes one fetch for the objects `at`, which stand at `path`. A failure nulls its fields and is told once. */
export async function take(fetch: Fetch, run: Run, at: readonly Tree[], path: Path): Promise<void> {
  try {
    if (fetch.requires === undefined) await takeRoot(fetch, run, at);
    else await takeEntities(fetch, fetch.requires, run, at, path);
  } catch (error) {
    const place = path.length === 0 ? undefined : placesAt(run.data, path)[0];
    tell(run, failureOf(error, fetch.subgraph, place));
  }
}

export function requestOf(fetch: Fetch, variables: Variables): SubgraphRequest {
  const { operation, query, operationName, bodyHead, bodyTail } = fetch;
  return {
    kind: operation,
    query,
    variables,
    operationName,
    body: `${bodyHead}${JSON.stringify(variables)}${bodyTail}`,
  };
}

export function variablesOf(fetch: Fetch, all: Variables): Record<string, unknown> {
  const used: Record<string, unknown> = {};
  for (const name of fetch.variables) if (all[name] !== undefined) used[name] = all[name];
  return used;
}

export function tell(run: Run, ...errors: readonly GraphQLError[]): void {
  run.errors.push(...errors.slice(0, ERRORS_PER_ANSWER_MAX - run.errors.length));
}

/** A subgraph's error at `path` of the answer. */
export function errorAt(
  error: SubgraphError,
  subgraph: string,
  path: readonly (string | number)[] | undefined,
): GraphQLError {
  return new GraphQLError(error.message, {
    path: path ?? null,
    originalError: error instanceof Error ? error : null,
    extensions: { ...error.extensions, subgraph },
  });
}

async function takeRoot(fetch: Fetch, run: Run, at: readonly Tree[]): Promise<void> {
  const answer = await send(fetch, run, variablesOf(fetch, run.variables));
  for (const error of answer.errors ?? []) tell(run, errorAt(error, fetch.subgraph, error.path));
  if (!answer.data) return;
  rewrite(fetch.outputRewrites, answer.data, run.isOf);
  for (const target of at) mergeInto(target, answer.data);
}

async function takeEntities(
  fetch: Fetch,
  requires: readonly QueryPlanSelectionNode[],
  run: Run,
  at: readonly Tree[],
  path: Path,
): Promise<void> {
  const { representations, targets } = represent(fetch, requires, run, at);
  if (representations.length === 0) return;
  const answer = await send(fetch, run, { ...variablesOf(fetch, run.variables), representations });
  tellOfEntities(answer.errors ?? [], fetch, run, targets, path);
  const entities = answer.data?.['_entities'];
  if (!Array.isArray(entities)) return;
  entities.forEach((entity: unknown, index) => {
    if (!isTree(entity)) return;
    rewrite(fetch.outputRewrites, entity, run.isOf);
    const [first, ...others] = targets[index] ?? [];
    for (const other of others) mergeInto(at[other] ?? {}, copyOf(entity));
    if (first !== undefined) mergeInto(at[first] ?? {}, entity);
  });
}

interface Represented {
  readonly representations: readonly Tree[];
  /** For each representation the indexes of the objects it stands for. */
  readonly targets: readonly (readonly number[])[];
}

function represent(
  fetch: Fetch,
  requires: readonly QueryPlanSelectionNode[],
  run: Run,
  at: readonly Tree[],
): Represented {
  const representations: Tree[] = [];
  const targets: number[][] = [];
  const known = new Map<string, number>();
  at.forEach((object, index) => {
    const representation = pick(object, requires, run.isOf);
    if (representation?.['__typename'] === undefined) return;
    rewrite(fetch.inputRewrites, representation, run.isOf);
    const text = JSON.stringify(representation);
    const same = known.get(text);
    if (same !== undefined) {
      targets[same]?.push(index);
      return;
    }
    known.set(text, representations.length);
    representations.push(representation);
    targets.push([index]);
  });
  return { representations, targets };
}

/** What `selections` ask of `source`; null when a part of it is missing. */
function pick(source: unknown, selections: readonly QueryPlanSelectionNode[], isOf: TypeTest): Tree | null {
  if (!isTree(source)) return null;
  const picked: Tree = {};
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      const key = selection.alias ?? selection.name;
      const value = source[key];
      if (value === undefined) return null;
      picked[key] = selection.selections ? pickEach(value, selection.selections, isOf) : value;
    } else if (!selection.typeCondition || isOf(source['__typename'], selection.typeCondition)) {
      const inner = pick(source, selection.selections, isOf);
      if (inner) mergeInto(picked, inner);
    }
  }
  return picked;
}

function pickEach(value: unknown, selections: readonly QueryPlanSelectionNode[], isOf: TypeTest): unknown {
  if (Array.isArray(value)) return value.map((element) => pickEach(element, selections, isOf));
  return pick(value, selections, isOf);
}

async function send(fetch: Fetch, run: Run, variables: Variables): Promise<SubgraphAnswer> {
  const transport = run.transports[fetch.subgraph];
  if (transport === undefined) throw new Error('a plan names a subgraph that is not there');
  return transport.execute(requestOf(fetch, variables), run.actor);
}

function tellOfEntities(
  errors: readonly SubgraphError[],
  fetch: Fetch,
  run: Run,
  targets: readonly (readonly number[])[],
  path: Path,
): void {
  if (errors.length === 0) return;
  const places = placesAt(run.data, path);
  for (const error of errors) {
    // The subgraph says _entities, the representation's index, and the way inside the entity.
    const [, index, ...inside] = error.path ?? [];
    const found = typeof index === 'number' ? (targets[index] ?? []) : [];
    if (found.length === 0) tell(run, errorAt(error, fetch.subgraph, places[0]));
    for (const target of found) tell(run, errorAt(error, fetch.subgraph, [...(places[target] ?? []), ...inside]));
  }
}

function failureOf(error: unknown, subgraph: string, path: readonly (string | number)[] | undefined): GraphQLError {
  if (!isFault(error)) return errorAt({ message: 'unexpected' }, subgraph, path);
  const message = `subgraph ${subgraph}: ${error.message}`;
  return errorAt({ message, extensions: { code: error.code, retry: error.retry } }, subgraph, path);
}
