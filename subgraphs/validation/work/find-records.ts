/** The records an exception is about: as the lineage makes them of the original, and as the target holds them. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { EligibleItem } from '../domain/account.ts';
import type { ReconciliationException } from '../domain/exception.ts';
import { comparable } from '../../../records/lineage/compare.ts';
import { type BatchTask, mapOf, recordName } from './batch-work.ts';
import { parseRecord, readRecord, type Target } from './target.ts';

/** An item with more records is reconciled as a whole, not record by record. */
export const RECORDS_MAX = 10_000;

export interface Expected {
  readonly type: string;
  readonly key: string;
  readonly resource: Json;
}

/** The record of the exception, or every record of its item; undefined when those are too many. */
export async function expectedOf(
  task: BatchTask,
  item: EligibleItem,
  { recordType, sourceId }: Pick<ReconciliationException, 'recordType' | 'sourceId'>,
): Promise<ReadonlyMap<string, Expected> | undefined> {
  const expected = new Map<string, Expected>();
  const { house } = task;
  const lineage = mapOf(task, item.movedBy);
  if (lineage === null || item.sha256 === null) return expected;
  const isWhole = sourceId === item.path;
  for await (const { key, type, resource } of lineage.map(item.path, house.strongroom.read(item.sha256))) {
    if (!isWhole && (type !== recordType || key !== sourceId)) continue;
    expected.set(`${type} ${key}`, { type, key, resource: comparable(resource) });
    if (expected.size > RECORDS_MAX) return undefined;
  }
  return expected;
}

export type Found = Map<string, Map<string, { readonly resource: Json | undefined }>>;

/** What the target has of these records, by type and key, and by its own id. */
export async function foundOf(
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
      const ofType = [...expected.values()].filter((each) => each.type === type).map(({ key }) => key);
      // Copies carry the same key: looking up by it finds them without going through all there are.
      const records = target.listing.recordsByKey?.(type, ofType, signal) ?? target.listing.records(type, signal);
      for await (const { key, targetId, content } of records) {
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
