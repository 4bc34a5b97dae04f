/** Asking for a loss report: a job maps every item of a dataset to see what the map would lose. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { isCurrent } from '../domain/loss.ts';
import { LossReport } from '../store/loss-tables.ts';
import { lossOf } from '../store/loss-rows.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { Dataset } from '../store/tables.ts';
import { entryOf, refusalEntry } from './announce.ts';
import { unknownDataset } from './approve-lineage.ts';
import { LOSS_JOB, type InventoryContext } from './context.ts';

/** A report that is current or under way is the one that was asked for. Refuses as `refusalOf` says. */
export async function reportLoss(context: InventoryContext, datasetId: Id, actor: Actor): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const dataset = await unit.em.findOne(Dataset, { id: datasetId });
    const migration = dataset && (await lockMigration(unit.em, dataset.migrationId));
    const act = { action: 'loss-report-requested', subject: datasetId, actor };
    const no = !dataset || !migration ? unknownDataset() : refusalOf(dataset);
    if (!dataset || no !== undefined) {
      const refusal = no ?? unknownDataset();
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    await askFor(unit, dataset, actor.id);
    unit.audit(entryOf(context, act));
    return granted(datasetId);
  });
}

async function askFor(unit: Unit, dataset: Dataset, requestedBy: string): Promise<void> {
  const { id: datasetId, migrationId, lineage, survey } = dataset;
  const before = await lossOf(unit.em, datasetId);
  const isUnderWay = before?.state === 'running' && before.lineage === lineage && before.survey === survey;
  if (before !== null && (isUnderWay || isCurrent(before, dataset))) return;
  const asked = { migrationId, state: 'running' as const, requestedBy, lineage: lineage ?? '', survey: survey ?? '' };
  const nothing = { items: 0, records: 0, lostPaths: 0, overwrittenTargets: 0, fromNothing: 0, blocking: 0 };
  const open = { report: null, finishedAt: null, problemCode: null, problemReason: null };
  await unit.em.upsert(LossReport, { datasetId, ...asked, ...nothing, ...open });
  unit.enqueue({ kind: LOSS_JOB, key: datasetId, payload: { datasetId } });
}

function refusalOf({
  lineage,
  survey,
}: Dataset): { readonly ok: false; readonly refusals: readonly Refusal[] } | undefined {
  if (lineage === null) {
    return refused({
      code: 'NOTHING_MAPPED',
      message: 'the items of the dataset pass through unchanged: there is no map that could lose anything',
      field: ['datasetId'],
      remedy: 'name a dataset that has a lineage map',
    });
  }
  if (survey !== null) return undefined;
  return refused({
    code: 'SURVEY_MISSING',
    message: 'the dataset has not been surveyed',
    field: ['datasetId'],
    remedy: 'survey the migration first',
  });
}
