/** Sealing the source manifest: NDJSON, its sha256sum twin, its Parquet twin, and a signature over its digest. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { linesToParquet } from '../../../runtime/columnar.ts';
import { encodedTexts } from '../../../runtime/lines.ts';
import type { Lease, Unit } from '../../../runtime/store.ts';
import { readLines, sealLines } from '../../../runtime/strongroom.ts';
import { advance } from '../domain/batch.ts';
import {
  addToTotals,
  type ControlTotals,
  MANIFEST_COLUMNS,
  type ManifestRow,
  NO_TOTALS,
  sumsLine,
} from '../domain/manifest.ts';
import { lockBatch } from '../store/batches.ts';
import { forgetPacked, packedRows } from '../store/packing.ts';
import type { Batch } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import { touch } from './change.ts';
import { MOVE_JOB, type TransferContext } from './context.ts';

const COLUMNAR_MEMORY_MAX_MB = 192;

interface Sealed {
  readonly manifest: Sha256;
  readonly sums: Sha256;
  /** Null: a manifest without a row has no columns. */
  readonly parquet: Sha256 | null;
  readonly signature: string;
  readonly totals: ControlTotals;
}

/** Seals what is packed and hands the batch over to the move. Does nothing to a batch that is not packing any more. */
export async function sealManifest(context: TransferContext, { id, pauses }: Batch, lease: Lease): Promise<void> {
  const sealed = await seal(context, id);
  const copy = await context.store.transact(async (unit) => {
    const batch = await lockBatch(unit, id);
    await unit.hold(lease);
    const next = advance(batch, 'seal');
    if (!next.ok || batch.pauses !== pauses) return undefined;
    batch.state = next.value;
    batch.phase = 'moving';
    batch.manifest = sealed.manifest;
    batch.sums = sealed.sums;
    batch.parquet = sealed.parquet;
    batch.signature = sealed.signature;
    batch.totals = sealed.totals;
    batch.bytes = sealed.totals.bytes;
    await forgetPacked(unit.em, id);
    announce(context, unit, batch, sealed);
    unit.enqueue({ kind: MOVE_JOB, key: id, payload: { batchId: id } });
    return touch(context, batch);
  });
  if (copy !== undefined) context.live.publish(copy);
}

async function seal(context: TransferContext, batchId: string): Promise<Sealed> {
  const { strongroom, store, keys, scratch } = context;
  let totals = NO_TOTALS;
  const counted = async function* (): AsyncGenerator<Json> {
    for await (const row of packedRows((work) => store.read(work), batchId)) {
      totals = addToTotals(totals, row);
      yield row;
    }
  };
  const { digest: manifest } = await sealLines(strongroom, counted());
  const { digest: sums } = await strongroom.put(encodedTexts(sumsOf(readLines<ManifestRow>(strongroom, manifest))));
  const limits = { memoryMaxMb: COLUMNAR_MEMORY_MAX_MB, directory: scratch };
  const parquet = totals.items === 0 ? null : await linesToParquet(strongroom, manifest, MANIFEST_COLUMNS, limits);
  const signature = Buffer.from(keys.seal.sign(Buffer.from(manifest))).toString('base64');
  return { manifest, sums, parquet, signature, totals };
}

async function* sumsOf(rows: AsyncIterable<ManifestRow>): AsyncGenerator<string> {
  for await (const row of rows) yield sumsLine(row);
}

function announce(context: TransferContext, unit: Unit, batch: Batch, sealed: Sealed): void {
  const { manifest, sums, parquet, signature, totals } = sealed;
  const { id, migrationId, datasetId, remedyOf } = batch;
  const { items, bytes, records } = totals;
  const told = { migrationId, datasetId, batchId: id, manifest, sums, items, bytes, records, signature };
  const payload = remedyOf == null ? told : { ...told, remedyOf };
  unit.emit(eventOf(context, { type: 'transfer.manifest-sealed.v1', subject: id, occurrence: manifest, payload }));
  const digests = { manifest, sums, ...(parquet !== null && { parquet }) };
  const reason = `signed with key ${context.keys.seal.keyId}`;
  unit.audit(entryOf(context, { action: 'manifest-sealed', subject: id, occurrence: manifest, digests, reason }));
}
