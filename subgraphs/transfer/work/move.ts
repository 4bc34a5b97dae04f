/** The moving job: every item of a sealed manifest is read again, staged, compared and committed, or set aside. */
import type { JobHandler, Lease } from '../../../runtime/store.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { advance, isAtWork } from '../domain/batch.ts';
import type { ManifestRow } from '../domain/manifest.ts';
import { parcelsIn, settledIn } from '../store/attempts.ts';
import { findBatch, lockBatch } from '../store/batches.ts';
import { settledFromFirst } from '../store/from-first.ts';
import type { Batch } from '../store/tables.ts';
import { obstacleOf } from './ask-readiness.ts';
import { touch } from './change.ts';
import { closeQuietly, connectionsOf, MOVE_JOB, type TransferContext } from './context.ts';
import { JobHalt } from './halt.ts';
import { batchReasonOf, faultOf, isStoreFault, pauseReasonOf } from './item-fault.ts';
import { inLanes } from './lanes.ts';
import { openLedger } from './ledger.ts';
import { moveItem } from './move-item.ts';
import { lineageOf, type Orders, ordersOf } from './orders.ts';
import { pauseForFailure } from './pause.ts';
import { sealRecord } from './seal-record.ts';
import { seeVersions } from './see-versions.ts';
import { stretchesOf } from './stretch.ts';
import { tellHeld } from './tell-held.ts';
import type { MoveTools, Visit } from './visit.ts';
import { askDependencies } from './wait.ts';

const STRETCH_ITEMS = 100;

export function moveJob(context: TransferContext): JobHandler {
  return {
    kind: MOVE_JOB,
    async run(payload, lease) {
      const { batchId } = payload as { readonly batchId: string };
      const halt = new JobHalt();
      try {
        const batch = await begin(context, batchId, lease);
        if (batch?.manifest == null) return;
        const obstacle = await obstacleOf(context, batch);
        if (obstacle !== undefined) halt.pauseFor(obstacle);
        else await moveAll(context, batch, batch.manifest, lease, halt);
        if (!halt.isCalled) await sealRecord(context, batch, batch.manifest, lease);
      } catch (error) {
        // Without the lease, the store or the time to go on, the next holder goes on.
        if (lease.signal.aborted || isStoreFault(error)) throw error;
        halt.pauseFor(batchReasonOf(faultOf(context, error, batchId)));
      }
      if (halt.reason !== undefined) await pauseForFailure(context, batchId, halt.reason, lease);
    },
  };
}

/** The batch, moving; nothing when it is not to be moved now, or waits: whoever ends what it waits for wakes it. */
async function begin(context: TransferContext, batchId: string, lease: Lease): Promise<Batch | undefined> {
  const known = await context.store.read((em) => findBatch(em, batchId));
  if (known === null || !isAtWork(known.state, 'moving')) return undefined;
  const { dependsOn, policy } = await ordersOf(context, known);
  const copy = await context.store.transact(async (unit) => {
    const waiting = await askDependencies(unit, known, { dependsOn, ...policy });
    const batch = await lockBatch(unit, batchId);
    await unit.hold(lease);
    const next = advance(batch, waiting === undefined ? 'move' : 'wait');
    if (!next.ok) return undefined;
    batch.waiting = waiting ?? null;
    batch.state = next.value;
    return touch(context, batch);
  });
  if (copy !== undefined) context.live.publish(copy);
  return copy?.waiting == null ? copy : undefined;
}

async function moveAll(
  context: TransferContext,
  batch: Batch,
  manifest: string,
  lease: Lease,
  halt: JobHalt,
): Promise<void> {
  const orders = await ordersOf(context, batch);
  const lineage = await lineageOf(context, orders);
  const ledger = openLedger({ context, batchId: batch.id, lease, policy: orders.policy, halt, lineage });
  if (lineage?.hasVersions === true) await seeVersions(context, batch, manifest, { lineage, lease, halt });
  const { signal } = lease;
  const { traffic } = orders;
  const connections = connectionsOf(context, batch);
  try {
    const { source, target } = await openEnds(context, orders, connections, signal);
    const endTelling = tellHeld(context, { batchId: batch.id, route: traffic.route, lease });
    try {
      await passes({ context, orders, source, target, lineage, ledger, halt, signal }, batch, manifest);
    } finally {
      await endTelling();
      await closeQuietly(context, target);
      await closeQuietly(context, source);
    }
  } finally {
    await connections.settle();
  }
}

/** Both at once: most of the opening is waiting for the other side. Where one fails, the other is closed again. */
async function openEnds(
  context: TransferContext,
  { ends, traffic }: Orders,
  { heard: connected }: ReturnType<typeof connectionsOf>,
  signal: AbortSignal,
): Promise<Pick<MoveTools, 'source' | 'target'>> {
  const [source, target] = await Promise.allSettled([
    context.host.source({ ...ends.source, traffic, connected }, signal),
    context.host.target({ ...ends.target, traffic, connected }, signal),
  ]);
  if (source.status === 'fulfilled' && target.status === 'fulfilled') {
    return { source: source.value, target: target.value };
  }
  for (const end of [source, target]) if (end.status === 'fulfilled') await closeQuietly(context, end.value);
  throw source.status === 'rejected' ? source.reason : (target as PromiseRejectedResult).reason;
}

/** Goes through the manifest until nothing is left over. The policy says how many failures that may take. */
async function passes(tools: MoveTools, batch: Batch, manifest: string): Promise<void> {
  const { failuresBeforePause, concurrency } = tools.orders.policy;
  let failures = 0;
  for (let leftOver = 1; leftOver > 0 && !tools.halt.isCalled; ) {
    leftOver = 0;
    const lanes = inLanes(openVisits(tools.context, batch.id, manifest), concurrency, tools.halt, async (visit) => {
      const fault = await moveItem(tools, visit);
      if (fault === undefined) return;
      leftOver += 1;
      failures += 1;
      if (failures >= failuresBeforePause) tools.halt.pauseFor(pauseReasonOf(fault, visit.row));
    });
    await lanes.finally(() => tools.ledger.settle());
    const obstacle = leftOver > 0 ? await obstacleOf(tools.context, batch) : undefined;
    if (obstacle !== undefined) tools.halt.pauseFor(obstacle);
  }
}

/** Every item of the manifest whose state is not final, with what is known of its parcels. */
async function* openVisits(context: TransferContext, batchId: string, manifest: string): AsyncGenerator<Visit> {
  const settledBefore = await context.store.read((em) => settledFromFirst(em, batchId));
  const rows = readLines<ManifestRow>(context.strongroom, manifest, settledBefore);
  for await (const { from, to, lines } of stretchesOf(rows, STRETCH_ITEMS, settledBefore)) {
    const stretch = { batchId, from, to };
    const { settled, parcels } = await context.store.read(async (em) => ({
      settled: await settledIn(em, stretch),
      parcels: await parcelsIn(em, stretch),
    }));
    for (const [at, row] of lines.entries()) {
      const ordinal = from + at;
      if (settled.has(ordinal)) continue;
      const known = (parcels.get(ordinal) ?? []).map(({ staged = null, targetId = null, ...rest }) => {
        const parcel = { ...rest, staged, targetId };
        return [parcel.key, parcel] as const;
      });
      yield { batchId, ordinal, row, parcels: new Map(known) };
    }
  }
}
