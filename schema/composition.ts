/** Composition: the SDL of every subgraph becomes one supergraph, and says what would break its clients. */
import { composeServices } from '@apollo/composition';
import { Supergraph } from '@apollo/federation-internals';
import { buildSchema, findBreakingChanges, lexicographicSortSchema, parse, printSchema } from 'graphql';
import { Fault } from '../kernel/fault.ts';

export interface SubgraphText {
  readonly name: string;
  readonly sdl: string;
}

export interface Composition {
  readonly supergraph: string;
  /** What the composer finds odd but accepts. */
  readonly hints: readonly string[];
}

const HINTS_MAX = 100;

/** Composes `subgraphs`, in the order of their names. Fails with COMPOSITION_FAILED and every reason. */
export function compose(subgraphs: readonly SubgraphText[]): Composition {
  const services = subgraphs
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    // Where a subgraph really is comes from the gateway's settings; the text only needs something in this place.
    .map(({ name, sdl }) => ({ name, typeDefs: parse(sdl), url: `http://${name}.invalid/graphql` }));
  const result = composeServices(services);
  if (result.errors !== undefined) {
    const reasons = result.errors.map(({ message, extensions }) => `${String(extensions['code'])}: ${message}`);
    throw new Fault({ code: 'COMPOSITION_FAILED', retry: 'permanent', message: reasons.join('\n') });
  }
  return {
    supergraph: `${result.supergraphSdl.trimEnd()}\n`,
    hints: result.hints.slice(0, HINTS_MAX).map(({ definition, message }) => `${definition.code}: ${message}`),
  };
}

/** What a client of `before` could do and can no longer do with `after`. */
export function breakingChanges(before: string, after: string): readonly string[] {
  return findBreakingChanges(clientSchema(before), clientSchema(after)).map(({ description }) => description);
}

function clientSchema(supergraph: string) {
  const api = Supergraph.build(supergraph).apiSchema().toGraphQLJSSchema();
  return buildSchema(printSchema(lexicographicSortSchema(api)));
}
