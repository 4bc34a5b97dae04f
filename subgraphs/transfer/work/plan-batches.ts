/** Planning: a surveyed dataset becomes one batch. */
import { derivedId } from '../../../kernel/id.ts';
import { TIERS } from '../../../kernel/tier.ts';
import type { EventHandler, Unit } from '../../../runtime/store.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { planAgain } from '../domain/batch.ts';
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

/** The batch of a dataset's first survey; corrections are batches of their own. */
const FIRST_BATCH = '1';

/** A dataset surveyed again before its manifest is sealed is planned again, and has to be launched again. */
export function planBatches(context: TransferContext): EventHandler {
  return {
    on: 'inventory.dataset-surveyed.v1',
    name: 'plan-batches',
    async handle(event, unit) {
      const { migrationId, datasetId, survey } = event.payload as unknown as Surveyed;
      const batchId = derivedId('bat', datasetId, FIRST_BATCH);
      const extent = await extentOf(context, survey);
      const known = await findBatch(unit.em, batchId);
      const planned: Planned = { batchId, migrationId, datasetId, survey, extent };
      const isPlanned = known === null ? await plan(context, unit, planned) : await replan(context, unit, planned);
      if (!isPlanned) return;
      const digests = { survey };
      unit.audit(entryOf(context, { action: 'batch-planned', subject: batchId, occurrence: survey, digests }));
      const { items, excluded } = extent;
      const payload = { migrationId, datasetId, batchId, items, excluded };
      unit.emit(eventOf(context, { type: 'transfer.batch-planned.v1', subject: batchId, occurrence: survey, payload }));
    },
  };
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
}

async function plan(context: TransferContext, unit: Unit, planned: Planned): Promise<boolean> {
  const { batchId, migrationId, datasetId, survey, extent } = planned;
  const { tier } = await datasetOf(unit.em, datasetId);
  const now = context.clock.now().toISOString();
  const batch = unit.em.create(Batch, {
    id: batchId,
    migrationId,
    datasetId,
    tier,
    tierRank: TIERS.indexOf(tier),
    state: 'planned',
    survey,
    ...extent,
    plannedAt: now,
    changedAt: now,
  });
  unit.em.persist(batch);
  return true;
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
