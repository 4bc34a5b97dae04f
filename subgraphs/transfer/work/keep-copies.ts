/** What transfer keeps of other subgraphs' facts: declared migrations, readiness, and the outcome of reconciliation. */
import type { DispositionCounts } from '../../../kernel/disposition.ts';
import type { WaybillEvent } from '../../../kernel/event.ts';
import type { EventHandler } from '../../../runtime/store.ts';
import { advance } from '../domain/batch.ts';
import type { Dataset as DatasetFacts } from '../domain/dataset.ts';
import type { Readiness } from '../domain/launch.ts';
import { findBatch, lockBatch } from '../store/batches.ts';
import { Dataset, Migration, ReadinessCopy } from '../store/tables.ts';
import { touch } from './change.ts';
import type { TransferContext } from './context.ts';

interface Declared {
  readonly migrationId: string;
  readonly name: string;
  readonly plan: string;
  readonly policy: string;
  readonly datasets: readonly (Pick<DatasetFacts, 'name' | 'tier' | 'format' | 'lineage'> & {
    readonly datasetId: string;
  })[];
}

/** A migration declared again has new documents; its batches are asked for again when they are proposed. */
export const keepMigration: EventHandler = {
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
  },
};

export const keepReadiness: EventHandler = {
  on: 'inventory.readiness-changed.v1',
  name: 'keep-readiness',
  async handle(event, unit) {
    const { migrationId, ready, blocking } = payloadOf<Readiness & { readonly migrationId: string }>(event);
    await unit.em.upsert(ReadinessCopy, { migrationId, ready, blocking });
  },
};

interface Reconciled {
  readonly batchId: string;
  readonly dispositions: DispositionCounts;
}

/** A batch may be reconciled again after a re-check: the newest counts stand. */
export function keepReconciliation(context: TransferContext): EventHandler {
  return {
    on: 'validation.batch-reconciled.v1',
    name: 'keep-reconciliation',
    async handle(event, unit) {
      const { batchId, dispositions } = payloadOf<Reconciled>(event);
      if ((await findBatch(unit.em, batchId)) === null) return;
      const batch = await lockBatch(unit, batchId);
      const next = advance(batch, 'reconcile');
      if (!next.ok) return;
      batch.state = next.value;
      batch.dispositions = dispositions;
      context.live.publish(touch(context, batch));
    },
  };
}

function payloadOf<T>(event: WaybillEvent): T {
  return event.payload as unknown as T;
}
