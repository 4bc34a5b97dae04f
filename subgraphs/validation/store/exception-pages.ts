/** Pages of exceptions: by filter, in an order, after a place in it. */
import type { FilterQuery } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { ExceptionState } from '../domain/exception.ts';
import { ExceptionRow } from './tables.ts';

export interface ExceptionFilter {
  readonly migrationId?: string | undefined;
  readonly batchId?: string | undefined;
  readonly states?: readonly ExceptionState[] | undefined;
  readonly severities?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly datasetIds?: readonly string[] | undefined;
  readonly owners?: readonly string[] | undefined;
}

export const ORDER_FIELDS = ['seq', 'severity', 'dueAt', 'raisedAt'] as const;
export type OrderField = (typeof ORDER_FIELDS)[number];

export interface ExceptionOrder {
  readonly field: OrderField;
  readonly direction: 'asc' | 'desc';
}

/** The last one of a page: its value in the order's field, and its id, which tells equal ones apart. */
export interface ExceptionPlace {
  readonly value: string | number;
  readonly id: string;
}

export interface ExceptionPage {
  readonly rows: ExceptionRow[];
  readonly total: number;
}

/** Up to `limit` exceptions after a place, and how many there are in all. */
export async function pageOfExceptions(
  em: SqlEntityManager,
  filter: ExceptionFilter,
  order: ExceptionOrder,
  o: { readonly limit: number; readonly after: ExceptionPlace | undefined; readonly now: string },
): Promise<ExceptionPage> {
  const chosen = { $and: conditions(filter, o.now) } as FilterQuery<ExceptionRow>;
  const { field, direction } = order;
  const beyond = direction === 'asc' ? '$gt' : '$lt';
  const place =
    o.after === undefined
      ? {}
      : { $or: [{ [field]: { [beyond]: o.after.value } }, { [field]: o.after.value, id: { [beyond]: o.after.id } }] };
  const page = { $and: [chosen, place] } as FilterQuery<ExceptionRow>;
  const orderBy =
    field === 'seq' ? [{ seq: direction }, { id: direction }] : [{ [field]: direction }, { id: direction }];
  const rows = await em.find(ExceptionRow, page, { orderBy, limit: o.limit });
  return { rows, total: await em.count(ExceptionRow, chosen) };
}

function conditions(filter: ExceptionFilter, now: string): object[] {
  const { migrationId, batchId, states, severities, categories, datasetIds, owners } = filter;
  return [
    {},
    ...(migrationId === undefined ? [] : [{ migrationId }]),
    ...(batchId === undefined ? [] : [{ batchId }]),
    ...(severities ? [{ severity: { $in: [...severities] } }] : []),
    ...(categories ? [{ category: { $in: [...categories] } }] : []),
    ...(datasetIds ? [{ datasetId: { $in: [...datasetIds] } }] : []),
    ...(owners ? [{ owner: { $in: [...owners] } }] : []),
    ...(states ? [{ $or: states.map((state) => inState(state, now)) }] : []),
  ];
}

/** A waiver that has run out has closed nothing. */
function inState(state: ExceptionState, now: string): object {
  const hasRunOut = { state: 'closed', closedBy: 'waiver', waivedUntil: { $lte: now } };
  switch (state) {
    case 'open':
      return { $or: [{ state: 'open' }, hasRunOut] };
    case 'assigned':
      return { state: 'assigned' };
    case 'closed':
      return { state: 'closed', $or: [{ closedBy: 'recheck' }, { closedBy: 'waiver', waivedUntil: { $gt: now } }] };
    default:
      return state satisfies never;
  }
}
