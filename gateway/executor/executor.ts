/** Our executor on Apollo's plans: an operation is planned and compiled once, then taken step by step. */
import { operationFromDocument } from '@apollo/federation-internals';
import { type DocumentNode, GraphQLError, type GraphQLObjectType, Kind, print } from 'graphql';
import type { Actor } from '../../kernel/actor.ts';
import { brokenPromise } from '../../kernel/fault.ts';
import { sha256 } from '../../kernel/digest.ts';
import type { SubgraphAnswer, SubgraphTransport } from '../transport.ts';
import { errorAt, type Run, take, tell } from './fetch.ts';
import { introspect, part } from './introspection.ts';
import { type Fetch, fetchOf, type Step, stepOf } from './plan.ts';
import { rewrite } from './rewrite.ts';
import { conditionsOf, type Operation, type Shape, shapeOf } from './shape.ts';
import type { LoadedSupergraph } from './supergraph.ts';
import { mergeInto, objectsAt, type Path, type Tree } from './tree.ts';
import { variableCheck, type VariableCheck, type Variables } from './variables.ts';

/** An operation, ready to be executed any number of times. */
export interface Prepared {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly operation: Operation;
  /** The same for two documents that ask the same in the same words. */
  readonly digest: string;
  readonly check: VariableCheck;
  /** What a subscription subscribes to. */
  readonly primary: Fetch | undefined;
  readonly step: Step | undefined;
  readonly introspection: DocumentNode | undefined;
  shape(variables: Variables): Shape;
}

export interface Answer {
  readonly data: Tree | null;
  readonly errors?: readonly GraphQLError[];
}

/** An operation with n conditions has 2^n shapes; those beyond this many are compiled again when they are asked for. */
const SHAPES_PER_OPERATION_MAX = 32;

export class Executor {
  readonly #supergraph: LoadedSupergraph;
  readonly #transports: Readonly<Record<string, SubgraphTransport>>;
  readonly #prepared = new WeakMap<DocumentNode, Map<string, Prepared>>();

  constructor(supergraph: LoadedSupergraph, transports: Readonly<Record<string, SubgraphTransport>>) {
    this.#supergraph = supergraph;
    this.#transports = transports;
  }

  /** Plans a valid document. Fails with OPERATION_RESOLUTION_FAILURE when it does not say which operation is meant. */
  prepare(document: DocumentNode, operationName: string | null | undefined): Prepared {
    let known = this.#prepared.get(document);
    if (known === undefined) this.#prepared.set(document, (known = new Map()));
    const name = operationName ?? '';
    let prepared = known.get(name);
    if (prepared === undefined) known.set(name, (prepared = this.#plan(document, operationName)));
    return prepared;
  }

  /** Executes a query or a mutation. Failures of subgraphs are errors of the answer. */
  async execute(prepared: Prepared, variables: Variables, actor: Actor | undefined): Promise<Answer> {
    const run = this.#run(variables, actor);
    if (prepared.step) await walk(prepared.step, run, [run.data], []);
    return this.#finish(prepared, run);
  }

  /** One event of a subscription: what the subgraph sent, completed with the fields of other subgraphs. */
  async event(prepared: Prepared, event: SubgraphAnswer, variables: Variables, actor: Actor): Promise<Answer> {
    const { primary, step } = prepared;
    if (primary === undefined) throw brokenPromise('an event of an operation that is not a subscription');
    const run = this.#run(variables, actor);
    for (const error of event.errors ?? []) tell(run, errorAt(error, primary.subgraph, error.path));
    if (!event.data) return { data: null, errors: run.errors };
    rewrite(primary.outputRewrites, event.data, this.#supergraph.isOf);
    mergeInto(run.data, event.data);
    if (step) await walk(step, run, [run.data], []);
    return this.#finish(prepared, run);
  }

  #run(variables: Variables, actor: Actor | undefined): Run {
    return { data: {}, errors: [], variables, actor, transports: this.#transports, isOf: this.#supergraph.isOf };
  }

  #finish(prepared: Prepared, run: Run): Answer {
    const { introspection } = prepared;
    if (introspection) mergeInto(run.data, introspect(this.#supergraph.schema, introspection, run.variables));
    const { data, bubbled } = prepared.shape(run.variables).complete(run.data);
    if (bubbled && run.errors.length === 0) tell(run, missingValue());
    return run.errors.length === 0 ? { data } : { data, errors: run.errors };
  }

  #plan(document: DocumentNode, operationName: string | null | undefined): Prepared {
    const { schema, plannerSchema, planner } = this.#supergraph;
    const operation = operationIn(document, operationName);
    const kind = operation.definition.operation;
    const { introspection, rest: planned } = part(operation);
    const node = planned && planner.buildQueryPlan(operationFromDocument(plannerSchema, planned)).node;
    const isSubscription = node?.kind === 'Subscription';
    const rest = isSubscription ? node.rest : node;
    const root = schema.getRootType(kind);
    if (!root) throw new GraphQLError(`The schema has no ${kind}.`, { extensions: { code: 'BAD_REQUEST' } });
    return {
      kind,
      operation,
      digest: sha256([print(operation.definition), ...Object.values(operation.fragments).map(print).sort()].join('\n')),
      check: variableCheck(schema, operation.definition),
      primary: isSubscription ? fetchOf(node.primary) : undefined,
      step: rest && stepOf(rest),
      introspection,
      shape: shapes(this.#supergraph, root, operation),
    };
  }
}

function missingValue(): GraphQLError {
  return new GraphQLError('A subgraph has no value for a field that always has one; what is around it is null.', {
    extensions: { code: 'VALUE_MISSING' },
  });
}

async function walk(step: Step, run: Run, at: readonly Tree[], path: Path): Promise<void> {
  switch (step.kind) {
    case 'sequence':
      for (const each of step.steps) await walk(each, run, at, path);
      return;
    case 'parallel':
      await Promise.all(step.steps.map((each) => walk(each, run, at, path)));
      return;
    case 'at': {
      const found = objectsAt(at, step.path);
      if (found.length > 0) await walk(step.step, run, found, [...path, ...step.path]);
      return;
    }
    case 'when': {
      const next = run.variables[step.variable] === true ? step.met : step.unmet;
      if (next) await walk(next, run, at, path);
      return;
    }
    case 'fetch':
      await take(step.fetch, run, at, path);
      return;
    default:
      step satisfies never;
  }
}

function operationIn(document: DocumentNode, operationName: string | null | undefined): Operation {
  const fragments: Record<string, Operation['fragments'][string]> = {};
  const found: Operation['definition'][] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (!operationName || definition.name?.value === operationName) found.push(definition);
  }
  const [definition] = found;
  if (definition === undefined || found.length > 1) {
    throw new GraphQLError('Name one of the operations of the document.', {
      extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
    });
  }
  return { definition, fragments };
}

function shapes(supergraph: LoadedSupergraph, root: GraphQLObjectType, operation: Operation): Prepared['shape'] {
  const conditions = conditionsOf(operation);
  const known = new Map<string, Shape>();
  return (variables) => {
    const setting = conditions.map((name) => (variables[name] === true ? '1' : '0')).join('');
    let shape = known.get(setting);
    if (shape !== undefined) return shape;
    if (known.size >= SHAPES_PER_OPERATION_MAX) known.clear();
    shape = shapeOf(supergraph.schema, root, operation, (name) => variables[name] === true);
    known.set(setting, shape);
    return shape;
  };
}
