/** Relay connections: pages of rows behind opaque cursors, which are ids and never hold what a row says. */
import { GraphQLError } from 'graphql';
import { Field, Int, ObjectType } from 'type-graphql';
import { PageInfo } from '../../../runtime/request.ts';
import type { ResolverClass } from '../../../runtime/subgraph.ts';

export const PAGE_ROWS_DEFAULT = 50;
export const PAGE_ROWS_MAX = 250;

export interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

export interface Connection<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly Edge<T>[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

/** The type `<name>Connection`, whose nodes are of the type that `node` gives. */
export function connectionType<T extends object>(name: string, node: () => ResolverClass): ResolverClass {
  @ObjectType(`${name}Edge`)
  abstract class EdgeType {
    @Field(() => String)
    abstract readonly cursor: string;

    @Field(node)
    abstract readonly node: T;
  }

  @ObjectType(`${name}Connection`)
  abstract class ConnectionType {
    @Field(() => [node()])
    abstract readonly nodes: readonly T[];

    @Field(() => [EdgeType])
    abstract readonly edges: readonly EdgeType[];

    @Field(() => PageInfo)
    abstract readonly pageInfo: PageInfo;

    @Field(() => Int)
    abstract readonly totalCount: number;
  }
  return ConnectionType;
}

/** How many rows to read: one more than asked for says whether there is another page. Throws BAD_USER_INPUT. */
export function rowsToRead(first: number): number {
  if (Number.isInteger(first) && first >= 1 && first <= PAGE_ROWS_MAX) return first + 1;
  throw new GraphQLError(`first must be from 1 to ${PAGE_ROWS_MAX}`, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** The page that begins with `rows`, read with rowsToRead(first). */
export function connectionOf<T extends { readonly id: string }>(
  rows: readonly T[],
  first: number,
  totalCount: number,
  after: string | null | undefined,
): Connection<T> {
  const nodes = rows.slice(0, first);
  const edges = nodes.map((node) => ({ cursor: node.id, node }));
  const pageInfo = Object.assign(new PageInfo(), {
    hasNextPage: rows.length > first,
    hasPreviousPage: typeof after === 'string',
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  });
  return { nodes, edges, pageInfo, totalCount };
}
