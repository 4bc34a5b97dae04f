/** Pages of exceptions: by filter, in an order, after a place in it; quick however many there are. */
import type { FilterQuery } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { EXCEPTION_STATES, type ExceptionState } from '../domain/exception.ts';
import { waiversRunOut } from './exceptions.ts';
import { ExceptionRow, Migration } from './tables.ts';

export interface ExceptionFilter {
  readonly migrationId?: string | undefined;
  readonly batchId?: string | undefined;
  readonly states?: readonly ExceptionState[] | undefined;
  readonly severities?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly datasetIds?: readonly string[] | undefined;
  readonly owners?: readonly string[] | undefined;
  readonly causeIds?: readonly string[] | undefined;
  /** Of the open ones, those that nobody answers for. */
  readonly isUnowned?: boolean | undefined;
  /** Of the open ones, those that should have been closed by now. */
  readonly isOverdue?: boolean | undefined;
}

export const ORDER_FIELDS = ['seq', 'severity', 'dueAt'] as const;
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

type Where = Readonly<Record<string, unknown>>;

/** A page is merged from scans along an index; more of them than this cost more than one that is sorted. */
const SCANS_MAX = 64;

/** Up to `limit` exceptions after a place. */
export async function pageOfExceptions(
  em: SqlEntityManager,
  filter: ExceptionFilter,
  order: ExceptionOrder,
  o: { readonly limit: number; readonly after: ExceptionPlace | undefined; readonly now: string },
): Promise<ExceptionRow[]> {
  const scans = await scansOf(em, filter, o.now);
  const pages: ExceptionRow[][] = [];
  for (const scan of scans) pages.push(await scanned(em, scan, order, o));
  const [only] = pages;
  if (pages.length === 1 && only !== undefined) return only;
  const before = comparison(order);
  return pages.flat().sort(before).slice(0, o.limit);
}

/** How many there are in all. No order is asked for, so all values of a column are counted in one scan. */
export async function countOfExceptions(em: SqlEntityManager, filter: ExceptionFilter, now: string): Promise<number> {
  const { places, states } = await whereabouts(em, filter, now);
  const rest = allOf(filter);
  let count = 0;
  for (const place of places)
    for (const state of states)
      count += await em.count(ExceptionRow, { ...place, ...rest, ...state } as FilterQuery<ExceptionRow>);
  return count;
}

function scanned(
  em: SqlEntityManager,
  scan: Where,
  { field, direction }: ExceptionOrder,
  { limit, after }: { readonly limit: number; readonly after: ExceptionPlace | undefined },
): Promise<ExceptionRow[]> {
  const where: Where[] = [scan];
  if (after !== undefined) {
    const [beyond, from] = direction === 'asc' ? ['$gt', '$gte'] : ['$lt', '$lte'];
    // The first condition lets the index begin at the place; the second passes over those equal to it.
    where.push({ [field]: { [from]: after.value } });
    where.push({ $or: [{ [field]: { [beyond]: after.value } }, { id: { [beyond]: after.id } }] });
  }
  const orderBy = [{ [field]: direction }, { id: direction }];
  return em.find(ExceptionRow, { $and: where } as FilterQuery<ExceptionRow>, { orderBy, limit });
}

function comparison({ field, direction }: ExceptionOrder): (left: ExceptionRow, right: ExceptionRow) => number {
  const sign = direction === 'asc' ? 1 : -1;
  return (left, right) => {
    if (left[field] !== right[field]) return left[field] < right[field] ? -sign : sign;
    return left.id < right.id ? -sign : left.id > right.id ? sign : 0;
  };
}

/** Disjoint conditions that together choose what the filter does, each of one value in the columns of an index. */
async function scansOf(em: SqlEntityManager, filter: ExceptionFilter, now: string): Promise<readonly Where[]> {
  const { places, states } = await whereabouts(em, filter, now);
  const [driving, rest] = narrowest(filter);
  const scans = places.flatMap((place) =>
    states.flatMap((state) => driving.map((one) => ({ ...place, ...one, ...rest, ...state }))),
  );
  if (scans.length <= SCANS_MAX) return scans;
  // An empty condition chooses everything.
  const either = [places, states].flatMap((some) => (some.some((one) => isEmpty(one)) ? [] : [{ $or: some }]));
  return [{ $and: [allOf(filter), ...either] }];
}

async function whereabouts(em: SqlEntityManager, filter: ExceptionFilter, now: string) {
  // There are none but for the minute until the timetable opens them; looking for none in order is slow.
  const runOut = await waiversRunOut(em, filter.migrationId, now, 1);
  return { places: await placesOf(em, filter), states: statesOf(filter, now, runOut.length > 0) };
}

/** Indexes begin with the migration or the batch. */
async function placesOf(em: SqlEntityManager, { migrationId, batchId }: ExceptionFilter): Promise<readonly Where[]> {
  if (batchId !== undefined) return [{ batchId, ...(migrationId !== undefined && { migrationId }) }];
  if (migrationId !== undefined) return [{ migrationId }];
  const all = await em.find(Migration, {}, { fields: ['id'], limit: SCANS_MAX });
  return all.length < SCANS_MAX ? all.map(({ id }) => ({ migrationId: id })) : [{}];
}

/** A waiver that has run out has closed nothing, also before the timetable opens the exception again. */
function statesOf(
  { states, isOverdue, isUnowned }: ExceptionFilter,
  now: string,
  areSomeRunOut: boolean,
): readonly Where[] {
  const late = isOverdue === true ? { dueAt: { $lte: now } } : {};
  const wanted = new Set(states ?? EXCEPTION_STATES);
  if (isOverdue === true || isUnowned === true) wanted.delete('closed');
  const open = EXCEPTION_STATES.filter((state) => state !== 'closed');
  const hasRunOut = { state: 'closed', closedBy: 'waiver', waivedUntil: { $lte: now } };
  const scans: Where[] = [];
  if (EXCEPTION_STATES.every((state) => wanted.has(state))) return [{}];
  if (open.every((state) => wanted.has(state))) scans.push({ isOpen: true });
  else scans.push(...open.filter((state) => wanted.has(state)).map((state) => ({ state })));
  if (wanted.has('open') && areSomeRunOut) scans.push(hasRunOut);
  if (wanted.has('closed')) {
    scans.push({ state: 'closed', $or: [{ closedBy: 'recheck' }, { closedBy: 'waiver', waivedUntil: { $gt: now } }] });
  }
  return scans.map((scan) => ({ ...scan, ...late }));
}

/** One condition for each value of the filter that has an index of its own and chooses fewest; and all the others. */
function narrowest(filter: ExceptionFilter): readonly [readonly Where[], Where] {
  const [first, ...others] = columnsOf(filter);
  const rest = others.map(([name, values]) => [name, { $in: values }] as const);
  const driving = first === undefined ? [{}] : first[1].map((value) => ({ [first[0]]: value }));
  const unowned = filter.isUnowned === true && first?.[0] !== 'owner' ? { owner: null } : {};
  return [driving, { ...Object.fromEntries(rest), ...unowned }];
}

/** What the filter names, in one condition. */
function allOf(filter: ExceptionFilter): Where {
  const named = columnsOf(filter).map(([name, values]) => [name, { $in: values }] as const);
  return { ...Object.fromEntries(named), ...(filter.isUnowned === true && { owner: null }) };
}

function columnsOf(filter: ExceptionFilter): readonly (readonly [string, readonly (string | null)[]])[] {
  const { causeIds, owners, datasetIds, categories, severities, isUnowned } = filter;
  const columns = Object.entries({
    causeId: causeIds,
    owner: isUnowned === true ? (causeIds === undefined ? [null] : undefined) : owners,
    datasetId: datasetIds,
    category: categories,
    severity: severities,
  });
  return columns.flatMap(([name, values]) => (values === undefined ? [] : [[name, [...new Set(values)]] as const]));
}

function isEmpty(where: Where): boolean {
  return Object.keys(where).length === 0;
}
