/** Sealing the transfer record: one line an item, what became of it and where it is now. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { keyedDigest } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Lease } from '../../../runtime/store.ts';
import { readLines, sealLines } from '../../../runtime/strongroom.ts';
import { advance } from '../domain/batch.ts';
import type { ManifestRow } from '../domain/manifest.ts';
import { type RecordedParcel, type RecordLine, recordLine } from '../domain/record.ts';
import { attemptsIn, parcelsIn, partsOf } from '../store/attempts.ts';
import { lockBatch } from '../store/batches.ts';
import type { Batch, ParcelRow } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import { touch } from './change.ts';
import type { TransferContext } from './context.ts';
import { stretchesOf } from './stretch.ts';
import { wakeWaiting } from './wait.ts';

const STRETCH_ITEMS = 100;

/** Seals the record and says that the batch has moved. Does nothing to a batch that is not moving any more. */
export async function sealRecord(
  context: TransferContext,
  { id }: Batch,
  manifest: string,
  lease: Lease,
): Promise<void> {
  const { digest: record } = await sealLines(context.strongroom, recordLines(context, id, manifest));
  const copy = await context.store.transact(async (unit) => {
    const batch = await lockBatch(unit, id);
    await unit.hold(lease);
    const next = advance(batch, 'finish');
    if (!next.ok) return undefined;
    batch.state = next.value;
    batch.record = record;
    const { migrationId, datasetId, remedyOf, lineage, moved, setAside, failed, bytesMoved: bytes } = batch;
    // What failed did not move either: whoever adds up finds every item of the manifest.
    const payload = {
      migrationId,
      datasetId,
      batchId: id,
      manifest,
      record,
      moved,
      setAside: setAside + failed,
      bytes,
      ...(remedyOf != null && { remedyOf, ...(lineage != null && { lineage }) }),
    };
    unit.emit(eventOf(context, { type: 'transfer.batch-moved.v1', subject: id, occurrence: record, payload }));
    const digests = { manifest, record };
    unit.audit(entryOf(context, { action: 'batch-moved', subject: id, occurrence: record, digests }));
    await wakeWaiting(unit, migrationId);
    return touch(context, batch);
  });
  if (copy === undefined) return;
  context.metrics.count('batches_moved');
  context.live.publish(copy);
}

async function* recordLines(context: TransferContext, batchId: string, manifest: string): AsyncGenerator<Json> {
  const rows = readLines<ManifestRow>(context.strongroom, manifest);
  for await (const { from, to, lines } of stretchesOf(rows, STRETCH_ITEMS)) {
    const stretch = { batchId, from, to };
    const { attempts, parcels } = await context.store.read(async (em) => ({
      attempts: await attemptsIn(em, stretch),
      parcels: await parcelsIn(em, stretch),
    }));
    for (const [at, row] of lines.entries()) {
      const attempt = attempts.get(from + at);
      if (attempt === undefined) throw brokenPromise('an item of the manifest has no final state', row.itemId);
      yield await lineOf(context, row, attempt, parcels.get(from + at) ?? []);
    }
  }
}

async function lineOf(
  context: TransferContext,
  row: ManifestRow,
  attempt: { readonly state: RecordLine['state'] } & Readonly<
    Record<'sha256' | 'reasonCode' | 'reasonSubject', unknown>
  >,
  parcels: readonly ParcelRow[],
): Promise<RecordLine> {
  const recorded: RecordedParcel[] = [];
  for (const parcel of parcels.toSorted(byNumber)) {
    if (parcel.state === 'committed') recorded.push(await recordedParcel(context, parcel));
  }
  const { state, sha256, reasonCode, reasonSubject } = attempt;
  const reason =
    typeof reasonCode === 'string'
      ? { code: reasonCode, subject: typeof reasonSubject === 'string' ? reasonSubject : undefined }
      : null;
  return recordLine(row, { state, sha256: typeof sha256 === 'string' ? sha256 : null, reason }, recorded);
}

async function recordedParcel(context: TransferContext, parcel: ParcelRow): Promise<RecordedParcel> {
  const { key, shape, sizeBytes, sha256 } = parcel;
  const told = { key, targetId: parcel.targetId ?? '', shape, sizeBytes, sha256 };
  if (shape === 'bytes') return told;
  const parts = await context.store.read((em) => partsOf(em, key));
  const nameOf = (sourceKey: string): string => keyedDigest(context.keys.record, sourceKey);
  return { ...told, parts: parts.map(({ sourceKey, targetId }) => ({ key: nameOf(sourceKey), targetId })) };
}

/** By the number the key ends with, which is the order in the item. */
function byNumber(left: { readonly key: string }, right: { readonly key: string }): number {
  return numberOf(left.key) - numberOf(right.key);
}

function numberOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('/') + 1)) || 0;
}
