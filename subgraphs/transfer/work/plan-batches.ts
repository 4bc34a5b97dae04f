/** Planning: a surveyed dataset becomes one batch, and items that are to be moved again another. */
import { payloadOf } from '../../../kernel/event.ts';
import { TIERS } from '../../../kernel/tier.ts';
import type { EventHandler, Unit } from '../../../runtime/store.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { advance, planAgain, surveyBatchId } from '../domain/batch.ts';
import type { SurveyedItem } from '../domain/manifest.ts';
import { datasetOf, findBatch, lockBatch } from '../store/batches.ts';
import { forgetPacked } from '../store/packing.ts';
import { Batch } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import type { TransferContext } from './context.ts';
import { touch } from './change.ts';

interface Surveyed {
  readonly migrationId: string;
  readonly datasetId: string;
  readonly survey: string;
}

interface Extent {
  readonly items: number;
  readonly excluded: number;
  readonly bytes: number;
}

/** A dataset surveyed again before its manifest is sealed is planned again, and has to be launched again. */
export function planBatches(context: TransferContext): EventHandler {
  return {
    on: 'inventory.dataset-surveyed.v1',
    name: 'plan-batches',
    async handle(event, unit) {
      const { migrationId, datasetId, survey } = payloadOf<Surveyed>(event);
      const batchId = surveyBatchId(datasetId);
      const extent = await extentOf(context, survey);
      const known = await findBatch(unit.em, batchId);
      const planned: Planned = { batchId, migrationId, datasetId, survey, extent, remedyOf: null, lineage: null };
      if (known === null) await plan(context, unit, planned);
      else if (!(await replan(context, unit, planned))) return;
      announce(context, unit, planned);
    },
  };
}

interface Remedy extends Surveyed {
  readonly batchId: string;
  /** The batch that the items were moved with. */
  readonly remedyOf: string;
  /** The corrected map they move by; absent: that of their batch. */
  readonly lineage?: string;
}

/** The batch of a remedy is planned once. */
export function planRemedy(context: TransferContext): EventHandler {
  return {
    on: 'validation.remedy-proposed.v1',
    name: 'plan-remedy',
    async handle(event, unit) {
      const remedy = payloadOf<Remedy>(event);
      if ((await findBatch(unit.em, remedy.batchId)) !== null) return;
      const planned: Planned = {
        ...remedy,
        lineage: remedy.lineage ?? null,
        extent: await extentOf(context, remedy.survey),
      };
      await plan(context, unit, planned);
      announce(context, unit, planned);
    },
  };
}

/** What is launched goes on. */
export function cancelRemedy(context: TransferContext): EventHandler {
  return {
    on: 'validation.remedy-cancelled.v1',
    name: 'cancel-remedy',
    async handle(event, unit) {
      const { batchId } = payloadOf<Remedy>(event);
      if ((await findBatch(unit.em, batchId)) === null) return;
      const batch = await lockBatch(unit, batchId);
      const next = advance(batch, 'cancel');
      if (!next.ok) return;
      Object.assign(batch, { state: next.value, request: null });
      context.live.publish(touch(context, batch));
    },
  };
}

function announce(context: TransferContext, unit: Unit, planned: Planned): void {
  const { batchId, migrationId, datasetId, survey, extent, remedyOf } = planned;
  const digests = { survey };
  unit.audit(entryOf(context, { action: 'batch-planned', subject: batchId, occurrence: survey, digests }));
  const { items, excluded } = extent;
  const payload = { migrationId, datasetId, batchId, items, excluded, ...(remedyOf !== null && { remedyOf }) };
  unit.emit(eventOf(context, { type: 'transfer.batch-planned.v1', subject: batchId, occurrence: survey, payload }));
}

async function extentOf(context: TransferContext, survey: string): Promise<Extent> {
  let [items, excluded, bytes] = [0, 0, 0];
  for await (const item of readLines<SurveyedItem>(context.strongroom, survey)) {
    items += 1;
    if (item.excluded === undefined) bytes += item.sizeBytes;
    else excluded += 1;
  }
  return { items, excluded, bytes };
}

interface Planned extends Surveyed {
  readonly batchId: string;
  readonly extent: Extent;
  readonly remedyOf: string | null;
  readonly lineage: string | null;
}

async function plan(context: TransferContext, unit: Unit, planned: Planned): Promise<void> {
  const { batchId, migrationId, datasetId, survey, extent, remedyOf, lineage } = planned;
  const { tier } = await datasetOf(unit.em, datasetId);
  const now = context.clock.now().toISOString();
  const batch = unit.em.create(Batch, {
    id: batchId,
    migrationId,
    datasetId,
    remedyOf,
    lineage,
    tier,
    tierRank: TIERS.indexOf(tier),
    state: 'planned',
    survey,
    ...extent,
    plannedAt: now,
    changedAt: now,
  });
  unit.em.persist(batch);
}

async function replan(context: TransferContext, unit: Unit, planned: Planned): Promise<boolean> {
  const batch = await lockBatch(unit, planned.batchId);
  const next = planAgain(batch);
  if (!next.ok || (batch.survey === planned.survey && batch.state !== 'paused' && batch.state !== 'cancelled'))
    return false;
  if (batch.state === 'paused') await takeBack(unit, batch);
  batch.state = next.value;
  batch.survey = planned.survey;
  batch.items = planned.extent.items;
  batch.excluded = planned.extent.excluded;
  batch.bytes = planned.extent.bytes;
  batch.request = null;
  touch(context, batch);
  return true;
}

/** Nothing of it is sealed, nothing was sent: it is as if it had never been launched. */
async function takeBack(unit: Unit, batch: Batch): Promise<void> {
  await forgetPacked(unit.em, batch.id);
  batch.packed = 0;
  batch.bytesPacked = 0;
  batch.launchKey = null;
  batch.plan = null;
  batch.policy = null;
  batch.lineage = null;
  batch.pausedCode = null;
  batch.pausedReason = null;
  batch.pausedSubject = null;
}
