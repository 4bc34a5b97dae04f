/** Relay pages: rows behind cursors that say where they stand and nothing else. */
import 'reflect-metadata';
import { GraphQLError } from 'graphql';
import { PageInfo } from '../../../runtime/request.ts';

export const PAGE_ROWS_DEFAULT = 50;
const PAGE_ROWS_MAX = 250;

export interface Page<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

/** Throws BAD_USER_INPUT. */
export function requireFirst(first: number): void {
  if (Number.isInteger(first) && first >= 1 && first <= PAGE_ROWS_MAX) return;
  throw badInput(`first must be from 1 to ${PAGE_ROWS_MAX}`);
}

/** The position that a cursor of ours stands for; undefined for no cursor. Throws BAD_USER_INPUT. */
export function positionOf(cursor: string | null | undefined): number | undefined {
  if (cursor == null) return undefined;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw badInput('that is no cursor; take one from a page');
}

/** A page of `nodes`, read with one row more than asked for. */
export function pageOf<T>(
  nodes: readonly T[],
  o: {
    readonly first: number;
    readonly total: number;
    readonly after: unknown;
    readonly cursorOf: (node: T) => string;
  },
): Page<T> {
  const edges = nodes.slice(0, o.first).map((node) => ({ cursor: o.cursorOf(node), node }));
  const pageInfo = Object.assign(new PageInfo(), {
    hasNextPage: nodes.length > o.first,
    hasPreviousPage: o.after !== undefined,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  });
  return { nodes: edges.map(({ node }) => node), edges, pageInfo, totalCount: o.total };
}

export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
