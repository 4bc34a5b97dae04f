/** Takes down what the target holds of records: every record of the types expected, or those the receipts name. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import type { EligibleItem } from '../domain/account.ts';
import { comparable } from '../../../records/lineage/compare.ts';
import { hangingOf } from '../checks/chart.ts';
import { mapOf, recordDigest, recordName } from './batch-work.ts';
import type { Desk } from './read-original.ts';
import { countedBy } from './totals.ts';
import { parseRecord, readRecord, type Target } from './target.ts';

/** One pass over each record type. Records without a key of ours are not ours; they are left alone and counted. */
export async function listRecords(
  desk: Desk,
  target: Target,
  types: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly foreign: number }> {
  let foreign = 0;
  for (const type of types) {
    for await (const { key, targetId, content } of target.listing?.records(type, signal) ?? []) {
      if (key === undefined) foreign += 1;
      else await noteRecord(desk, { key, type, targetId }, content === undefined ? undefined : parseRecord(content));
    }
  }
  return { foreign };
}

/** Where a target cannot list: reads each record of an item by the id in its receipt. What is gone is not noted. */
export async function readByReceipt(
  desk: Desk,
  target: Target,
  item: EligibleItem,
  signal: AbortSignal,
): Promise<void> {
  const { house } = desk.task;
  const lineage = mapOf(desk.task, item.movedBy);
  const receipts = new Map<string, string[]>();
  for (const { key, targetId } of item.parcels.flatMap(({ parts = [] }) => parts))
    receipts.set(key, [...(receipts.get(key) ?? []), targetId]);
  if (receipts.size === 0) return;
  const read = async (key: string, name: string): Promise<void> => {
    for (const targetId of receipts.get(name) ?? []) await readOne(desk, target, { key, targetId }, signal);
    receipts.delete(name);
  };
  const original = item.sha256 === null ? [] : lineage?.map(item.path, house.strongroom.read(item.sha256));
  for await (const { key } of original ?? []) await read(key, recordName(house, key));
  // What the lineage does not make of the original has no other name than the one in its receipt.
  for (const name of [...receipts.keys()]) await read(name, name);
}

async function readOne(
  desk: Desk,
  target: Target,
  { key, targetId }: { readonly key: string; readonly targetId: string },
  signal: AbortSignal,
): Promise<void> {
  const read = await readRecord(target, targetId, signal);
  if (read.kind === 'missing') return;
  const resource = read.kind === 'read' ? read.resource : undefined;
  await noteRecord(desk, { key, type: typeOf(resource, targetId), targetId }, resource);
}

function typeOf(resource: Json | undefined, targetId: string): string {
  if (typeof resource === 'object' && resource !== null && 'resourceType' in resource)
    return String(resource.resourceType);
  return targetId.split('/')[0] ?? '';
}

async function noteRecord(
  desk: Desk,
  record: { readonly key: string; readonly type: string; readonly targetId: string },
  resource: Json | undefined,
): Promise<void> {
  const { key: k, type: t, targetId: g } = record;
  if (resource === undefined) return desk.records.find({ k, t, g, d: null, a: 0, z: 0 });
  const content = Buffer.from(canonicalJson(comparable(resource)));
  const a = await (await desk.spool.file('actual.contents')).append(content);
  const { owners: h } = hangingOf(resource);
  const { house } = desk.task;
  const told = { d: recordDigest(house, content), a, z: content.byteLength, h, ...countedBy(house, resource) };
  await desk.records.find({ k, t, g, ...told });
}

/** Takes down every item of bytes the target lists. */
export async function listItems(desk: Desk, target: Target, signal: AbortSignal): Promise<void> {
  for await (const { key, targetId } of target.listing?.items(signal) ?? []) {
    if (key !== undefined) await desk.parcels.list({ k: key, g: targetId });
  }
}
