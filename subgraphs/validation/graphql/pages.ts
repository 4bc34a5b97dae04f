/** Pages of exceptions and of their causes behind opaque cursors. */
import { GraphQLError } from 'graphql';
import type { RequestContext } from '../../../runtime/request.ts';
import { type CauseFilter, type CausePlace, pageOfCauses } from '../store/causes.ts';
import {
  countOfExceptions,
  type ExceptionFilter as Chosen,
  type ExceptionOrder as Order,
  type ExceptionPlace,
  pageOfExceptions,
} from '../store/exception-pages.ts';
import { exceptionOf } from '../store/exceptions.ts';
import type { House } from '../work/house.ts';
import type { CauseConnection } from './cause-type.ts';
import type { ExceptionConnection } from './exception-type.ts';
import type { ExceptionFilter, ExceptionOrder } from './inputs.ts';
import { causeView, exceptionView } from './views.ts';

export const PAGE_ROWS_DEFAULT = 50;
const PAGE_ROWS_MAX = 250;

export interface PageAsked {
  readonly first: number;
  readonly after?: string | null | undefined;
  readonly filter?: ExceptionFilter | null | undefined;
  readonly orderBy?: ExceptionOrder | null | undefined;
}

export function chosenBy(within: Pick<Chosen, 'migrationId' | 'batchId'>, filter: PageAsked['filter']): Chosen {
  return {
    ...within,
    states: filter?.state?.in,
    severities: filter?.severity?.in,
    categories: filter?.category?.in,
    datasetIds: filter?.dataset?.in,
    owners: filter?.owner?.in,
    causeIds: filter?.cause?.in,
    isUnowned: filter?.unowned === true,
    isOverdue: filter?.overdue === true,
  };
}

/** Throws BAD_USER_INPUT on a page that is too large and on a cursor that is none. */
export async function exceptionPage(
  house: House,
  request: RequestContext,
  within: Pick<Chosen, 'migrationId' | 'batchId'>,
  asked: PageAsked,
): Promise<ExceptionConnection> {
  const { first } = asked;
  const chosen = chosenBy(within, asked.filter);
  const order = orderOf(asked, chosen);
  const after = placeOf(asked.after, order);
  const now = house.clock.now();
  const page = { limit: rowsToRead(first), after, now: now.toISOString() };
  const rows = await house.store.read((em) => pageOfExceptions(em, chosen, order, page));
  const onlooker = { actor: request.actor, now, key: house.keys.record };
  const edges = rows.slice(0, first).map((row) => ({
    cursor: cursorOf([order.field, row[order.field], row.id]),
    node: exceptionView(exceptionOf(row), onlooker),
  }));
  return {
    nodes: edges.map(({ node }) => node),
    edges,
    pageInfo: pageInfoOf(rows.length > first, asked.after, edges),
    get totalCount() {
      return house.store.read((em) => countOfExceptions(em, chosen, page.now));
    },
  };
}

/** Exceptions get their numbers as they are raised; what is overdue comes by when it was due. */
function orderOf({ orderBy }: PageAsked, { isOverdue }: Chosen): Order {
  const field = orderBy?.field ?? (isOverdue === true ? 'dueAt' : 'seq');
  return { field: field === 'raisedAt' ? 'seq' : field, direction: orderBy?.direction ?? 'asc' };
}

export async function causePage(
  house: House,
  filter: CauseFilter,
  { first, after }: Pick<PageAsked, 'first' | 'after'>,
): Promise<CauseConnection> {
  const limit = rowsToRead(first);
  const rows = await house.store.read((em) => pageOfCauses(em, filter, limit, causePlaceOf(after)));
  const nodes = rows.slice(0, first);
  const edges = nodes.map(({ severity, open, id }) => ({ cursor: cursorOf(['cause', severity, open, id]) }));
  return { nodes: nodes.map(causeView), pageInfo: pageInfoOf(rows.length > first, after, edges) };
}

/** One more than asked for says whether there is another page. Throws BAD_USER_INPUT. */
export function rowsToRead(first: number): number {
  if (Number.isInteger(first) && first >= 1 && first <= PAGE_ROWS_MAX) return first + 1;
  throw wrong(`first is from 1 to ${PAGE_ROWS_MAX}`);
}

function pageInfoOf(
  hasNextPage: boolean,
  after: string | null | undefined,
  edges: readonly { readonly cursor: string }[],
) {
  const [startCursor, endCursor] = [edges[0]?.cursor ?? null, edges.at(-1)?.cursor ?? null];
  return { hasNextPage, hasPreviousPage: after != null, startCursor, endCursor };
}

function cursorOf(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function readCursor(cursor: string): readonly unknown[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(place) ? place : [];
  } catch {
    return [];
  }
}

function placeOf(cursor: string | null | undefined, { field }: Order): ExceptionPlace | undefined {
  if (cursor === null || cursor === undefined) return undefined;
  const [of, value, id] = readCursor(cursor);
  const isValue = typeof value === (field === 'seq' ? 'number' : 'string');
  if (of === field && isValue && typeof id === 'string') return { value: value as string | number, id };
  throw wrong('after is not a cursor of this order; take one from a page');
}

function causePlaceOf(cursor: string | null | undefined): CausePlace | undefined {
  if (cursor === null || cursor === undefined) return undefined;
  const [of, severity, open, id] = readCursor(cursor);
  if (of === 'cause' && typeof severity === 'string' && typeof open === 'number' && typeof id === 'string') {
    return { severity: severity as CausePlace['severity'], open, id };
  }
  throw wrong('after is not a cursor of causes; take one from a page');
}

function wrong(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
