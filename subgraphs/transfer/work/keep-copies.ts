/** What transfer keeps of other subgraphs' facts: declared migrations, readiness, and the outcome of reconciliation. */
import type { DispositionCounts } from '../../../kernel/disposition.ts';
import { payloadOf } from '../../../kernel/event.ts';
import type { EventHandler, Unit } from '../../../runtime/store.ts';
import { advance, surveyBatchId } from '../domain/batch.ts';
import type { Dataset as DatasetFacts } from '../domain/dataset.ts';
import { NOT_JUDGED, type Readiness } from '../domain/readiness.ts';
import { batchesOf, findBatch, lockBatch } from '../store/batches.ts';
import { Dataset, Migration, ReadinessCopy } from '../store/tables.ts';
import { touch } from './change.ts';
import type { TransferContext } from './context.ts';
import { wakeWaiting } from './wait.ts';

interface Declared {
  readonly migrationId: string;
  readonly name: string;
  readonly plan: string;
  readonly policy: string;
  readonly datasets: readonly (Pick<DatasetFacts, 'name' | 'tier' | 'format' | 'lineage'> & {
    readonly datasetId: string;
  })[];
}

/**
 * A migration declared again is not judged yet, and what people approved of its batches is void: launched ones keep
 * their documents and stop; the others are planned again, or cancelled where the plan has dropped the dataset.
 */
export function keepMigration(context: Pick<TransferContext, 'clock' | 'live'>): EventHandler {
  return {
    on: 'inventory.migration-declared.v1',
    name: 'keep-migration',
    async handle(event, unit) {
      const { migrationId, name, plan, policy, datasets } = payloadOf<Declared>(event);
      await unit.em.upsert(Migration, { id: migrationId, name, plan, policy });
      const rows = datasets.map(({ datasetId, name: datasetName, tier, format, lineage }) => ({
        id: datasetId,
        migrationId,
        name: datasetName,
        tier,
        format,
        lineage,
      }));
      await unit.em.upsertMany(Dataset, rows);
      await unit.em.upsert(ReadinessCopy, { migrationId, ...NOT_JUDGED });
      const kept = new Set(rows.map(({ id }) => id));
      for (const { id } of await batchesOf(unit.em, migrationId)) {
        const batch = await lockBatch(unit, id);
        const next = advance(batch, kept.has(batch.datasetId) ? 'declare-again' : 'cancel');
        if (!next.ok || next.value === batch.state) continue;
        Object.assign(batch, { state: next.value, request: null });
        context.live.publish(touch(context, batch));
      }
      await wakeWaiting(unit, migrationId);
    },
  };
}

export const keepReadiness: EventHandler = {
  on: 'inventory.readiness-changed.v1',
  name: 'keep-readiness',
  async handle(event, unit) {
    const { migrationId, ready, blocking, expiresAt } = payloadOf<Readiness & { readonly migrationId: string }>(event);
    await unit.em.upsert(ReadinessCopy, { migrationId, ready, blocking, expiresAt });
  },
};

interface Reconciled {
  readonly batchId: string;
  /** The batches whose movements are laid over its own. */
  readonly remedies?: readonly string[];
  readonly dispositions: DispositionCounts;
}

/** A batch may be reconciled again after a re-check: the newest counts stand. */
export function keepReconciliation(context: TransferContext): EventHandler {
  return {
    on: 'validation.batch-reconciled.v1',
    name: 'keep-reconciliation',
    async handle(event, unit) {
      const { batchId, dispositions, remedies = [] } = payloadOf<Reconciled>(event);
      for (const id of remedies) await reconcileRemedy(context, unit, id);
      if ((await findBatch(unit.em, batchId)) === null) return;
      const batch = await lockBatch(unit, batchId);
      const next = advance(batch, 'reconcile');
      if (!next.ok) return;
      batch.state = next.value;
      batch.dispositions = dispositions;
      await wakeWaiting(unit, batch.migrationId);
      context.live.publish(touch(context, batch));
    },
  };
}

interface Related {
  readonly datasets: readonly { readonly datasetId: string; readonly dispositions: DispositionCounts }[];
}

/** The look over all batches takes items from verified to quarantined, and back once what was found is gone. */
export function keepRelationships(context: TransferContext): EventHandler {
  return {
    on: 'validation.migration-reconciled.v1',
    name: 'keep-relationships',
    async handle(event, unit) {
      for (const { datasetId, dispositions } of payloadOf<Related>(event).datasets) {
        const id = surveyBatchId(datasetId);
        if ((await findBatch(unit.em, id))?.state !== 'reconciled') continue;
        const batch = await lockBatch(unit, id);
        batch.dispositions = dispositions;
        context.live.publish(touch(context, batch));
      }
    },
  };
}

/** Its items are counted with the batch they belong to. */
async function reconcileRemedy(context: TransferContext, unit: Unit, batchId: string): Promise<void> {
  const batch = await lockBatch(unit, batchId);
  const next = advance(batch, 'reconcile');
  if (!next.ok || next.value === batch.state) return;
  batch.state = next.value;
  context.live.publish(touch(context, batch));
}
