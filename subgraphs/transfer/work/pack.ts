/** The packing job: every item of a batch is read at the source, digested and kept, and the manifest sealed. */
import type { JobHandler, Lease } from '../../../runtime/store.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { isAtWork } from '../domain/batch.ts';
import type { ManifestRow, SurveyedItem } from '../domain/manifest.ts';
import { findBatch, lockBatch } from '../store/batches.ts';
import { packedFromFirst } from '../store/from-first.ts';
import { packedBetween, savePacked } from '../store/packing.ts';
import type { Batch } from '../store/tables.ts';
import { obstacleOf } from './ask-readiness.ts';
import { touch } from './change.ts';
import { closeQuietly, connectionsOf, PACK_JOB, type TransferContext } from './context.ts';
import { GroupCommit } from './group-commit.ts';
import { JobHalt } from './halt.ts';
import { batchReasonOf, faultOf, isStoreFault, pauseReasonOf } from './item-fault.ts';
import { inLanes } from './lanes.ts';
import { ordersOf } from './orders.ts';
import { packItem, type PackTools } from './pack-item.ts';
import { pauseForFailure } from './pause.ts';
import { sealManifest } from './seal-manifest.ts';
import { stretchesOf } from './stretch.ts';
import { tellHeld } from './tell-held.ts';

const STRETCH_ITEMS = 250;

interface Numbered {
  readonly ordinal: number;
  readonly item: SurveyedItem;
}

interface Packed {
  readonly ordinal: number;
  readonly row: ManifestRow;
}

export function packJob(context: TransferContext): JobHandler {
  return {
    kind: PACK_JOB,
    async run(payload, lease) {
      const { batchId } = payload as { readonly batchId: string };
      const batch = await context.store.read((em) => findBatch(em, batchId));
      if (batch === null || !isAtWork(batch.state, 'packing')) return;
      const halt = new JobHalt();
      const obstacle = await obstacleOf(context, batch);
      if (obstacle !== undefined) return pauseForFailure(context, batchId, obstacle, lease);
      const commits = new GroupCommit<Packed>(1, (packed) => savePackedRows(context, batch, lease, halt, packed));
      try {
        await packAll(context, batch, lease, halt, commits);
        if (!halt.isCalled) await sealManifest(context, batch, lease);
      } catch (error) {
        // Without the lease, the store or the time to go on, the next holder goes on.
        if (lease.signal.aborted || commits.failure !== undefined || isStoreFault(error)) throw error;
        halt.pauseFor(batchReasonOf(faultOf(context, error, batchId)));
      }
      if (halt.reason !== undefined) await pauseForFailure(context, batchId, halt.reason, lease);
    },
  };
}

async function packAll(
  context: TransferContext,
  batch: Batch,
  lease: Lease,
  halt: JobHalt,
  commits: GroupCommit<Packed>,
): Promise<void> {
  const orders = await ordersOf(context, batch);
  const { traffic } = orders;
  const connections = connectionsOf(context, batch);
  const { heard: connected } = connections;
  const source = await context.host.source({ ...orders.ends.source, traffic, connected }, lease.signal);
  const endTelling = tellHeld(context, { batchId: batch.id, route: traffic.route, lease });
  const tools: PackTools = { context, source, format: orders.dataset.format, signal: lease.signal };
  try {
    await inLanes(unpackedItems(context, batch), orders.policy.concurrency, halt, async ({ ordinal, item }) => {
      try {
        await commits.add({ ordinal, row: await packItem(tools, item) });
      } catch (error) {
        if (lease.signal.aborted || commits.failure !== undefined) throw error;
        halt.pauseFor(pauseReasonOf(faultOf(context, error, item.itemId), item));
      }
    });
  } finally {
    await commits.settle().finally(async () => {
      await endTelling();
      await closeQuietly(context, source);
      await connections.settle();
    });
  }
}

/** Every item of the survey that is neither excluded nor packed already, with its line number. */
async function* unpackedItems(context: TransferContext, batch: Batch): AsyncGenerator<Numbered> {
  const packedBefore = await context.store.read((em) => packedFromFirst(em, batch.id));
  const survey = readLines<SurveyedItem>(context.strongroom, batch.survey, packedBefore);
  for await (const { from, to, lines } of stretchesOf(survey, STRETCH_ITEMS, packedBefore)) {
    const packed = await context.store.read((em) => packedBetween(em, batch.id, from, to));
    for (const [at, item] of lines.entries()) {
      const ordinal = from + at;
      if (item.excluded === undefined && !packed.has(ordinal)) yield { ordinal, item };
    }
  }
}

async function savePackedRows(
  context: TransferContext,
  launched: Batch,
  lease: Lease,
  halt: JobHalt,
  packed: readonly Packed[],
): Promise<void> {
  const copy = await context.store.transact(async (unit) => {
    const batch = await lockBatch(unit, launched.id);
    await unit.hold(lease);
    // Paused in the meantime, and perhaps planned again: these rows may belong to a survey that counts no more.
    if (batch.pauses !== launched.pauses) return undefined;
    await savePacked(unit.em, batch.id, packed);
    batch.packed += packed.length;
    for (const { row } of packed) batch.bytesPacked += row.sha256 === null ? 0 : row.sizeBytes;
    return touch(context, batch);
  });
  if (copy === undefined || !isAtWork(copy.state, 'packing')) halt.leave();
  if (copy !== undefined) context.live.publish(copy);
}
