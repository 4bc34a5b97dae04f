/** The supergraph, loaded: what clients may ask, and the planner that says which subgraph answers what. */
import { isAbstractType, possibleRuntimeTypes, type Schema, Supergraph } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import type { TypeTest } from './rewrite.ts';

export interface LoadedSupergraph {
  /** Names of its subgraphs. */
  readonly subgraphs: readonly string[];
  readonly planner: QueryPlanner;
  /** What clients see, for the planner and for graphql-js. */
  readonly plannerSchema: Schema;
  readonly schema: GraphQLSchema;
  readonly isOf: TypeTest;
}

export function loadSupergraph(sdl: string): LoadedSupergraph {
  const supergraph = Supergraph.build(sdl, { validateSupergraph: false });
  const plannerSchema = supergraph.apiSchema();
  return {
    subgraphs: supergraph.subgraphsMetadata().map(({ name }) => name),
    planner: new QueryPlanner(supergraph),
    plannerSchema,
    schema: plannerSchema.toGraphQLJSSchema(),
    isOf: typeTest(supergraph.schema),
  };
}

function typeTest(schema: Schema): TypeTest {
  const members = new Map<string, ReadonlySet<string>>();
  const membersOf = (condition: string): ReadonlySet<string> => {
    const type = schema.type(condition);
    return new Set(
      type !== undefined && isAbstractType(type) ? possibleRuntimeTypes(type).map(({ name }) => name) : [condition],
    );
  };
  return (typename, condition) => {
    if (typeof typename !== 'string') return false;
    let names = members.get(condition);
    if (names === undefined) members.set(condition, (names = membersOf(condition)));
    return names.has(typename);
  };
}
