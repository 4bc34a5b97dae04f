/** Pages of exceptions behind opaque cursors. */
import { GraphQLError } from 'graphql';
import type { RequestContext } from '../../../runtime/request.ts';
import {
  type ExceptionFilter as Chosen,
  type ExceptionOrder as Order,
  type ExceptionPlace,
  pageOfExceptions,
} from '../store/exception-pages.ts';
import { exceptionOf } from '../store/exceptions.ts';
import type { ExceptionRow } from '../store/tables.ts';
import type { House } from '../work/house.ts';
import type { ExceptionConnection } from './exception-type.ts';
import type { ExceptionFilter, ExceptionOrder } from './inputs.ts';
import { exceptionView } from './views.ts';

export const PAGE_ROWS_DEFAULT = 50;
const PAGE_ROWS_MAX = 250;

export interface PageAsked {
  readonly first: number;
  readonly after?: string | null | undefined;
  readonly filter?: ExceptionFilter | null | undefined;
  readonly orderBy?: ExceptionOrder | null | undefined;
}

/** Throws BAD_USER_INPUT on a page that is too large and on a cursor that is none. */
export async function exceptionPage(
  house: House,
  request: RequestContext,
  within: Pick<Chosen, 'migrationId' | 'batchId'>,
  asked: PageAsked,
): Promise<ExceptionConnection> {
  const { first, filter } = asked;
  if (!Number.isInteger(first) || first < 1 || first > PAGE_ROWS_MAX)
    throw wrong(`first is from 1 to ${PAGE_ROWS_MAX}`);
  const order: Order = { field: asked.orderBy?.field ?? 'seq', direction: asked.orderBy?.direction ?? 'asc' };
  const after = placeOf(asked.after, order);
  const chosen: Chosen = {
    ...within,
    states: filter?.state?.in,
    severities: filter?.severity?.in,
    categories: filter?.category?.in,
    datasetIds: filter?.dataset?.in,
    owners: filter?.owner?.in,
  };
  const now = house.clock.now();
  const page = { limit: first + 1, after, now: now.toISOString() };
  const { rows, total } = await house.store.read((em) => pageOfExceptions(em, chosen, order, page));
  const onlooker = { actor: request.actor, now, key: house.keys.record };
  const edges = rows.slice(0, first).map((row) => ({
    cursor: cursorOf(row, order),
    node: exceptionView(exceptionOf(row), onlooker),
  }));
  const pageInfo = {
    hasNextPage: rows.length > first,
    hasPreviousPage: after !== undefined,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
  return { nodes: edges.map(({ node }) => node), edges, pageInfo, totalCount: total };
}

function cursorOf(row: ExceptionRow, { field }: Order): string {
  return Buffer.from(JSON.stringify([field, row[field], row.id])).toString('base64url');
}

function placeOf(cursor: string | null | undefined, { field }: Order): ExceptionPlace | undefined {
  if (cursor === null || cursor === undefined) return undefined;
  try {
    const [of, value, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    const isValue = typeof value === (field === 'seq' ? 'number' : 'string');
    if (of === field && isValue && typeof id === 'string') return { value: value as string | number, id };
  } catch {
    // Not one of ours; told below.
  }
  throw wrong('after is not a cursor of this order; take one from a page');
}

function wrong(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
