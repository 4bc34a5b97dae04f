/** One migration at work: what the look over all of its batches needs. */
import { policyOf, type ValidationPolicy } from '../domain/category.ts';
import type { Cohort } from '../domain/exception.ts';
import { datasetPlan, reportTotals, type ReportTotal } from '../domain/plan.ts';
import { batchesOf, datasetsOf, migrationOf } from '../store/copies.ts';
import type { Migration } from '../store/tables.ts';
import { inputsOf, trafficOf } from './batch-work.ts';
import { type House, sealedJson } from './house.ts';
import type { RelatedDataset } from './unexpected.ts';

export interface MigrationTask {
  readonly house: House;
  readonly migration: Migration;
  readonly policy: ValidationPolicy;
  /** In the order of the plan; those without a batch have nothing to relate. */
  readonly datasets: readonly RelatedDataset[];
  readonly cohorts: ReadonlyMap<number, Cohort>;
  /** What reports counted last. */
  readonly totals: readonly ReportTotal[];
}

export async function loadMigration(house: House, migrationId: string): Promise<MigrationTask> {
  const { migration, datasets, batches } = await house.store.read(async (em) => ({
    migration: await migrationOf(em, migrationId),
    datasets: await datasetsOf(em, migrationId),
    batches: await batchesOf(em, migrationId),
  }));
  const policy = policyOf(await sealedJson(house, migration.policy));
  const traffic = trafficOf(migrationId, policy);
  const related: RelatedDataset[] = [];
  for (const dataset of datasets) {
    for (const batch of batches.filter(({ datasetId }) => datasetId === dataset.id)) {
      const inputs = inputsOf(migration, dataset, batch);
      const plan = { ...datasetPlan(await sealedJson(house, inputs.plan), dataset.name), traffic };
      related.push({ dataset, batch, plan, isMapped: inputs.lineage !== null });
    }
  }
  const cohorts = related.map(({ dataset, batch, plan: { owner } }): [number, Cohort] => [
    dataset.ordinal,
    {
      ...{ migrationId, datasetId: dataset.id, batchId: batch.id, tier: dataset.tier, dataset: dataset.name },
      ...{ owner, scope: migrationId },
    },
  ]);
  const totals = reportTotals(await sealedJson(house, migration.plan));
  return { house, migration, policy, datasets: related, cohorts: new Map(cohorts), totals };
}
