/** Waiting for other datasets, and waking those that wait when one of them has ended. */
import type { Unit } from '../../../runtime/store.ts';
import { type DependencyEnd, type Waiting, waitingFor } from '../domain/wait.ts';
import { batchesOf, lockBatch } from '../store/batches.ts';
import { type Batch, Dataset } from '../store/tables.ts';
import { MOVE_JOB } from './context.ts';

/**
 * What the batch waits for. The batches it depends on stay as they are until the unit is committed: whoever ends one of
 * them afterwards finds this one waiting. They are locked in the order in which everybody locks several.
 */
export async function askDependencies(
  unit: Unit,
  batch: Pick<Batch, 'id' | 'migrationId'>,
  of: { readonly dependsOn: readonly string[]; readonly dependencyEnds: DependencyEnd },
): Promise<Waiting | undefined> {
  const { dependsOn, dependencyEnds } = of;
  if (dependsOn.length === 0) return undefined;
  const { migrationId } = batch;
  const datasets = await unit.em.find(Dataset, { migrationId, name: { $in: [...dependsOn] } });
  const awaited = new Set(datasets.map(({ id }) => id));
  const locked: Batch[] = [];
  for (const { id, datasetId, remedyOf } of await batchesOf(unit.em, migrationId)) {
    // What is moved again has ended once for those that wait for it.
    if (remedyOf == null && awaited.has(datasetId)) locked.push(await lockBatch(unit, id));
  }
  const dependencies = datasets.map(({ id, name }) => ({
    dataset: name,
    states: locked.filter(({ datasetId }) => datasetId === id).map(({ state }) => state),
  }));
  return waitingFor(dependencies, dependencyEnds);
}

/** Has every waiting batch of the migration look again. Called in the transaction that ends a batch. */
export async function wakeWaiting(unit: Unit, migrationId: string): Promise<void> {
  for (const { id, state, waiting } of await batchesOf(unit.em, migrationId)) {
    if (state !== 'sealed' || waiting == null) continue;
    const batch = await lockBatch(unit, id);
    batch.waiting = null;
    unit.enqueue({ kind: MOVE_JOB, key: id, payload: { batchId: id } });
  }
}
