/** Looks again at what an exception is about: at the target now, and at the original as it was. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import { comparedOf, elementOf, type Keeping } from '../domain/difference.ts';
import type { EligibleItem } from '../domain/account.ts';
import type { Agreement, ReconciliationException } from '../domain/exception.ts';
import { comparable } from '../../../records/lineage/compare.ts';
import type { Lineage } from '../../../records/lineage/lineage.ts';
import { type BatchTask, loadTask, mapOf } from './batch-work.ts';
import { lookAtCharts } from './chart-again.ts';
import { expectedOf, foundOf, RECORDS_MAX } from './find-records.ts';
import type { House } from './house.ts';
import { judge, judgeReceiver } from './read-back.ts';
import { itemsOf } from './items-of.ts';
import { lookAtOpenedCharts } from './opened-again.ts';
import { askReceiver, openTarget, readBytes, type Target } from './target.ts';

const AGREES: Agreement = { kind: 'agrees' };

/** Whether the data agrees now. What is wrong at the source cannot agree: originals do not change. */
export async function lookAgain(
  house: House,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Agreement> {
  for await (const { agreement } of lookAtAll(house, [exception], signal)) return agreement;
  throw brokenPromise('an exception was not looked at', exception.id);
}

export interface LookedAt {
  readonly exception: ReconciliationException;
  readonly agreement: Agreement;
}

/** The same of many, in any order: the documents of a batch are gone through once, and its target is opened once. */
export async function* lookAtAll(
  house: House,
  exceptions: readonly ReconciliationException[],
  signal: AbortSignal,
): AsyncGenerator<LookedAt> {
  const charts = exceptions.filter(isOfChart);
  const opened = exceptions.filter(isOfOpenedChart);
  const others = exceptions.filter((exception) => !isOfChart(exception) && !isOfOpenedChart(exception));
  if (charts.length > 0) yield* lookAtCharts(house, charts, signal);
  if (opened.length > 0) yield* lookAtOpenedCharts(house, opened, signal);
  const batches = Map.groupBy(others, (exception) => (judgedAtOnce(exception) ? null : exception.batchId));
  for (const [batchId, own] of batches) {
    if (batchId === null) {
      for (const exception of own) yield { exception, agreement: judgedAtOnce(exception) ?? CANNOT_TELL };
      continue;
    }
    const task = await loadTask(house, batchId);
    const wanted = new Set(own.map(({ itemId }) => itemId));
    const items = new Map<string, EligibleItem>();
    for await (const item of itemsOf(task)) if (wanted.has(item.itemId)) items.set(item.itemId, item);
    const target = await openTarget(house, task.plan, signal);
    try {
      for (const exception of own) {
        yield { exception, agreement: await look({ ...task, items }, target, exception, signal) };
      }
    } finally {
      await target.close();
    }
  }
}

function isOfChart({ category }: ReconciliationException): boolean {
  return category === 'incomplete-chart';
}

/** A report is counted over what was reconciled, and counted again with that. */
function isOfOpenedChart({ origin, sourceId }: ReconciliationException): boolean {
  return origin === 'workflow' && sourceId !== null;
}

const CANNOT_TELL: Agreement = {
  kind: 'cannot-tell',
  note: 'the original in the strongroom is wrong in itself, and originals do not change',
};

export const SEEN_BY_PEOPLE: Agreement = {
  kind: 'cannot-tell',
  note: 'people saw it while they used the target, and only people can see that it is mended',
};

/** What can be said without looking. */
function judgedAtOnce({ origin, category, batchId }: ReconciliationException): Agreement | undefined {
  if (origin === 'transfer') return disagrees('the item was not delivered');
  if (origin === 'script') return SEEN_BY_PEOPLE;
  const isAtTarget = origin === 'fixity' || origin === 'match' || category === 'unexpected-record';
  return isAtTarget && batchId !== null ? undefined : CANNOT_TELL;
}

/** A batch with those of its items that are looked at. */
type LookTask = BatchTask & { readonly items: ReadonlyMap<string, EligibleItem> };

function look(
  task: LookTask,
  target: Target,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Agreement> {
  if (exception.category === 'unexpected-record') return isGone(target, exception, signal);
  if (exception.origin === 'fixity') return bytesAgree(task, target, exception, signal);
  return exception.recordType === null
    ? itemAgrees(task, target, exception, signal)
    : recordsAgree(task, target, exception, signal);
}

async function isGone(target: Target, { targetId }: ReconciliationException, signal: AbortSignal): Promise<Agreement> {
  const read = await readBytes(target, targetId ?? '', signal);
  return read.kind === 'missing' ? AGREES : disagrees('it is still at the target');
}

async function bytesAgree(
  task: LookTask,
  target: Target,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Agreement> {
  const item = itemOf(task, exception);
  const parcel = item.parcels.find(({ shape }) => shape === 'bytes');
  if (parcel === undefined) return disagrees('the item is not at the target');
  const arrived = await readBytes(target, parcel.targetId, signal);
  const said = await askReceiver(target, parcel.targetId, signal);
  const found = (await judge({ task }, item, parcel, arrived)) ?? judgeReceiver(item, parcel, arrived, said);
  return found === undefined ? AGREES : disagrees(found.note);
}

/** Copies of an item of bytes, or all the records of an item at once. */
async function itemAgrees(
  task: LookTask,
  target: Target,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Agreement> {
  const item = itemOf(task, exception);
  if (task.lineage !== null) return recordsAgree(task, target, exception, signal);
  const copies = new Set<string>();
  for await (const { key, targetId } of target.listing?.items(signal) ?? []) {
    if (key === item.path || key === item.itemId) copies.add(targetId);
  }
  return copies.size === 1 ? AGREES : disagrees(`the target has ${copies.size} items with this source key`);
}

async function recordsAgree(
  task: LookTask,
  target: Target,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Agreement> {
  const item = itemOf(task, exception);
  const expected = await expectedOf(task, item, exception);
  if (expected === undefined) return { kind: 'cannot-tell', note: `the item has more than ${RECORDS_MAX} records` };
  if (expected.size === 0) return disagrees('the lineage makes no such record of the original any more');
  const found = await foundOf(task, target, item, expected, signal);
  for (const [name, { type, resource }] of expected) {
    const [actual, ...more] = [...(found.get(name)?.values() ?? [])];
    if (more.length > 0) return disagrees(`the target has ${more.length + 1} records with this source key`);
    if (actual === undefined) return disagrees('no record at the target has this source key');
    const agreement = compare(mapOf(task, item.movedBy), {
      type,
      expected: resource,
      actual: actual.resource,
      exception,
      keeping: target,
    });
    if (agreement.kind !== 'agrees') return agreement;
  }
  return AGREES;
}

interface Pair {
  readonly type: string;
  readonly expected: Json;
  readonly actual: Json | undefined;
  readonly exception: Pick<ReconciliationException, 'field'>;
  readonly keeping: Keeping;
}

function compare(lineage: Lineage | null, pair: Pair): Agreement {
  const { type, expected, actual, keeping } = pair;
  const { field } = pair.exception;
  if (actual === undefined) return disagrees('what the target gave back cannot be read');
  const compared = lineage?.compare(type, expected, comparable(actual)) ?? [];
  const differences = comparedOf(type, compared, keeping);
  // Of one field that differed its element must agree; of anything else all of the record.
  const left = differences.find((each) => field === null || elementOf(each.field) === elementOf(field));
  return left === undefined ? AGREES : disagrees(`${left.field}: ${left.note}`);
}

function itemOf({ items }: LookTask, { itemId, id }: ReconciliationException): EligibleItem {
  const item = items.get(itemId ?? '');
  if (item !== undefined) return item;
  throw brokenPromise('an exception is about an item that its batch does not have', id);
}

function disagrees(note: string): Agreement {
  return { kind: 'disagrees', note };
}
