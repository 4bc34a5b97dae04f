/** Looks again at what an exception is about: at the target now, and at the original as it was. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import { elementOf } from '../domain/difference.ts';
import type { EligibleItem } from '../domain/account.ts';
import type { Agreement, ReconciliationException } from '../domain/exception.ts';
import { type BatchTask, comparable, loadTask, recordName } from './batch-work.ts';
import type { House } from './house.ts';
import { judge } from './read-back.ts';
import { itemsOf } from './items-of.ts';
import { parseRecord, readBytes, readRecord, type Target, withTarget } from './target.ts';

const AGREES: Agreement = { kind: 'agrees' };
/** An item with more records is reconciled as a whole, not record by record. */
const RECORDS_MAX = 10_000;

/** Whether the data agrees now. What is wrong at the source cannot agree: originals do not change. */
export async function lookAgain(
  house: House,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Agreement> {
  const { origin, category, batchId } = exception;
  if (origin === 'transfer') return disagrees('the item was not delivered');
  const isAtTarget = origin === 'fixity' || origin === 'match' || category === 'unexpected-record';
  if (!isAtTarget || batchId === null) {
    const note = 'the original in the strongroom is wrong in itself, and originals do not change';
    return { kind: 'cannot-tell', note };
  }
  const task = await loadTask(house, batchId);
  return withTarget(house, task.plan, signal, (target) => look(task, target, exception, signal));
}

function look(
  task: BatchTask,
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
  task: BatchTask,
  target: Target,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Agreement> {
  const item = await itemOf(task, exception);
  const parcel = item.parcels.find(({ shape }) => shape === 'bytes');
  if (parcel === undefined) return disagrees('the item is not at the target');
  const found = await judge({ task }, item, parcel, await readBytes(target, parcel.targetId, signal));
  return found === undefined ? AGREES : disagrees(found.note);
}

/** Copies of an item of bytes, or all the records of an item at once. */
async function itemAgrees(
  task: BatchTask,
  target: Target,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Agreement> {
  const item = await itemOf(task, exception);
  if (task.lineage !== null) return recordsAgree(task, target, exception, signal);
  const copies = new Set<string>();
  for await (const { key, targetId } of target.listing?.items(signal) ?? []) {
    if (key === item.path || key === item.itemId) copies.add(targetId);
  }
  return copies.size === 1 ? AGREES : disagrees(`the target has ${copies.size} items with this source key`);
}

interface Expected {
  readonly type: string;
  readonly key: string;
  readonly resource: Json;
}

async function recordsAgree(
  task: BatchTask,
  target: Target,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Agreement> {
  const item = await itemOf(task, exception);
  const expected = await expectedOf(task, item, exception);
  if (expected === undefined) return { kind: 'cannot-tell', note: `the item has more than ${RECORDS_MAX} records` };
  if (expected.size === 0) return disagrees('the lineage makes no such record of the original any more');
  const found = await foundOf(task, target, item, expected, signal);
  for (const [name, { type, resource }] of expected) {
    const [actual, ...more] = [...(found.get(name)?.values() ?? [])];
    if (more.length > 0) return disagrees(`the target has ${more.length + 1} records with this source key`);
    if (actual === undefined) return disagrees('no record at the target has this source key');
    const agreement = compare(task, type, resource, actual.resource, exception.field);
    if (agreement.kind !== 'agrees') return agreement;
  }
  return AGREES;
}

function compare(
  task: BatchTask,
  type: string,
  expected: Json,
  actual: Json | undefined,
  field: string | null,
): Agreement {
  if (actual === undefined) return disagrees('what the target gave back cannot be read');
  const differences = task.lineage?.compare(type, expected, comparable(actual)) ?? [];
  // Of one field that differed its element must agree; of anything else all of the record.
  const left = differences.find((each) => field === null || elementOf(each.field) === elementOf(field));
  return left === undefined ? AGREES : disagrees(`${left.field}: ${left.note}`);
}

/** The record of the exception, or every record of its item; undefined when those are too many. */
async function expectedOf(
  { lineage, house }: BatchTask,
  item: EligibleItem,
  { recordType, sourceId }: ReconciliationException,
): Promise<ReadonlyMap<string, Expected> | undefined> {
  const expected = new Map<string, Expected>();
  if (lineage === null || item.sha256 === null) return expected;
  const isWhole = sourceId === item.path;
  for await (const { key, type, resource } of lineage.map(item.path, house.strongroom.read(item.sha256))) {
    if (!isWhole && (type !== recordType || key !== sourceId)) continue;
    expected.set(`${type} ${key}`, { type, key, resource: comparable(resource) });
    if (expected.size > RECORDS_MAX) return undefined;
  }
  return expected;
}

type Found = Map<string, Map<string, { readonly resource: Json | undefined }>>;

/** What the target has of these records, by type and key, and by its own id. */
async function foundOf(
  task: BatchTask,
  target: Target,
  item: EligibleItem,
  expected: ReadonlyMap<string, Expected>,
  signal: AbortSignal,
): Promise<Found> {
  const found: Found = new Map();
  const note = (name: string, targetId: string, resource: Json | undefined): void => {
    if (!expected.has(name)) return;
    found.set(name, (found.get(name) ?? new Map()).set(targetId, { resource }));
  };
  const types = new Set([...expected.values()].map(({ type }) => type));
  if (target.listing !== undefined) {
    for (const type of types) {
      for await (const { key, targetId, content } of target.listing.records(type, signal)) {
        if (key !== undefined) note(`${type} ${key}`, targetId, content && parseRecord(content));
      }
    }
    return found;
  }
  const keys = new Map([...expected.values()].map(({ key }) => [recordName(task.house, key), key]));
  for (const { key: name, targetId } of item.parcels.flatMap(({ parts = [] }) => parts)) {
    const key = keys.get(name);
    if (key === undefined) continue;
    for (const type of types) {
      if (!expected.has(`${type} ${key}`)) continue;
      const read = await readRecord(target, targetId, signal);
      if (read.kind !== 'missing') note(`${type} ${key}`, targetId, read.kind === 'read' ? read.resource : undefined);
    }
  }
  return found;
}

async function itemOf(task: BatchTask, { itemId, id }: ReconciliationException): Promise<EligibleItem> {
  for await (const item of itemsOf(task)) if (item.itemId === itemId) return item;
  throw brokenPromise('an exception is about an item that its batch does not have', id);
}

function disagrees(note: string): Agreement {
  return { kind: 'disagrees', note };
}
