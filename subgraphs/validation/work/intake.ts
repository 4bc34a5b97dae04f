/** What validation hears: declared migrations, surveyed datasets, planned and moved batches. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { payloadOf } from '../../../kernel/event.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { Format } from '../../../records/format.ts';
import type { EventHandler, Unit } from '../../../runtime/store.ts';
import { batchOf, datasetOf, findBatch, lockMigration, migrationOf } from '../store/copies.ts';
import { findRemedy } from '../store/remedies.ts';
import { ApprovedPolicy, Batch, Dataset, Migration, type Movement } from '../store/tables.ts';
import { relateWhenAllAreReconciled } from './finish-batch.ts';
import { RECONCILE_JOB } from './reconcile.ts';

interface Declared {
  readonly migrationId: string;
  readonly name: string;
  readonly plan: string;
  readonly policy: string;
  readonly datasets: readonly {
    readonly datasetId: string;
    readonly name: string;
    readonly tier: Tier;
    readonly format: Format;
    readonly lineage: string | null;
  }[];
}

/** A migration declared again has new documents; what was surveyed of its datasets stands until it is told anew. */
const keepMigration: EventHandler = {
  on: 'inventory.migration-declared.v1',
  name: 'keep-migration',
  async handle(event, unit) {
    const { migrationId, name, plan, policy, datasets } = payloadOf<Declared>(event);
    const known = await unit.em.findOne(Migration, { id: migrationId });
    if (known) Object.assign(known, { name, plan, policy });
    else unit.em.create(Migration, { id: migrationId, name, plan, policy, exceptionSeq: 0 }, { persist: true });
    await forgetDatasets(unit.em, migrationId, datasets);
    for (const [at, { datasetId, name: called, tier, format, lineage }] of datasets.entries()) {
      const row = { id: datasetId, migrationId, ordinal: at + 1, name: called, tier, format, lineage };
      const before = await unit.em.findOne(Dataset, { id: datasetId });
      if (before) Object.assign(before, row);
      else unit.em.create(Dataset, row, { persist: true });
    }
  },
};

/** What the plan does not name any more and nothing was moved of. What was moved stays, behind the others. */
async function forgetDatasets(em: SqlEntityManager, migrationId: string, kept: Declared['datasets']): Promise<void> {
  const gone = { $nin: kept.map(({ datasetId }) => datasetId) };
  await em.nativeDelete(Batch, { migrationId, datasetId: gone, state: 'planned' });
  const left = await em.find(Dataset, { migrationId, id: gone }, { orderBy: { ordinal: 'asc' } });
  for (const [at, dataset] of left.entries()) {
    if ((await em.count(Batch, { datasetId: dataset.id })) === 0) em.remove(dataset);
    else dataset.ordinal = kept.length + 1 + at;
  }
}

const keepApproval: EventHandler = {
  on: 'inventory.policy-approved.v1',
  name: 'keep-approval',
  async handle(event, unit) {
    await unit.em.upsert(ApprovedPolicy, payloadOf<ApprovedPolicy>(event));
  },
};

interface Surveyed {
  readonly migrationId: string;
  readonly datasetId: string;
  readonly survey: string;
  readonly items: number;
}

const keepSurvey: EventHandler = {
  on: 'inventory.dataset-surveyed.v1',
  name: 'keep-survey',
  async handle(event, unit) {
    const { migrationId, datasetId, survey, items } = payloadOf<Surveyed>(event);
    Object.assign(await datasetOf(unit.em, datasetId), { survey, items });
    await unit.em.flush();
    await relateWhenAllAreReconciled(unit, migrationId);
  },
};

/** What was profiled last stands, whichever survey it was made of. */
const keepProfile: EventHandler = {
  on: 'inventory.dataset-profiled.v1',
  name: 'keep-profile',
  async handle(event, unit) {
    const { datasetId, profile } = payloadOf<{ readonly datasetId: string; readonly profile: string }>(event);
    const dataset = await unit.em.findOne(Dataset, { id: datasetId });
    if (dataset !== null) dataset.profile = profile;
  },
};

interface OfBatch {
  readonly migrationId: string;
  readonly datasetId: string;
  readonly batchId: string;
  /** Of a remedy: the batch whose items it moves again. */
  readonly remedyOf?: string;
}

/** A batch keeps the survey it was planned with, whatever is surveyed later. */
const keepPlannedBatch: EventHandler = {
  on: 'transfer.batch-planned.v1',
  name: 'keep-batch',
  async handle(event, unit) {
    const { migrationId, datasetId, batchId, remedyOf } = payloadOf<OfBatch>(event);
    if (remedyOf !== undefined) return;
    const { survey = null } = await datasetOf(unit.em, datasetId);
    const known = await findBatch(unit.em, batchId);
    if (known) known.survey = survey;
    else unit.em.create(Batch, { id: batchId, migrationId, datasetId, state: 'planned', survey }, { persist: true });
  },
};

/** A launched batch keeps the documents it was packed with. */
const keepDocuments: EventHandler = {
  on: 'transfer.manifest-sealed.v1',
  name: 'keep-documents',
  async handle(event, unit) {
    const { migrationId, datasetId, batchId } = payloadOf<OfBatch>(event);
    const batch = await findBatch(unit.em, batchId);
    if (batch === null) return;
    const [{ plan, policy }, { lineage = null }] = [
      await migrationOf(unit.em, migrationId),
      await datasetOf(unit.em, datasetId),
    ];
    Object.assign(batch, { plan, policy, lineage });
  },
};

interface Moved extends OfBatch {
  readonly manifest: string;
  readonly record: string;
  /** Of a remedy: the map it was moved by; absent where items pass through. */
  readonly lineage?: string;
}

/** What arrived is looked at at once. A batch that moved again is looked at again. */
const reconcileMovedBatch: EventHandler = {
  on: 'transfer.batch-moved.v1',
  name: 'reconcile-batch',
  async handle(event, unit) {
    const { migrationId, datasetId, batchId, remedyOf, manifest, record, lineage } = payloadOf<Moved>(event);
    if (remedyOf !== undefined) {
      await movedAgain(
        unit,
        remedyOf,
        { batchId, manifest, record, ...(lineage !== undefined && { lineage }) },
        event.occurredAt,
      );
      return;
    }
    const moved = { state: 'moved', manifest, record, movedAt: event.occurredAt } as const;
    const known = await findBatch(unit.em, batchId);
    if (known) Object.assign(known, moved);
    else unit.em.create(Batch, { id: batchId, migrationId, datasetId, ...moved }, { persist: true });
    unit.enqueue({ kind: RECONCILE_JOB, key: batchId, payload: { batchId } });
  },
};

/** The batch is reconciled again as a whole: what else it has is held against the items that were moved again. */
async function movedAgain(unit: Unit, remedyOf: string, movement: Movement, movedAt: string): Promise<void> {
  const batch = await batchOf(unit.em, remedyOf);
  const migration = await lockMigration(unit, batch.migrationId);
  await unit.em.refresh(batch);
  migration.round += 1;
  Object.assign(batch, { state: 'moved', movedAt, remedies: [...(batch.remedies ?? []), movement] });
  const remedy = await findRemedy(unit.em, movement.batchId);
  if (remedy !== null) Object.assign(remedy, { state: 'moved', round: migration.round });
  unit.enqueue({ kind: RECONCILE_JOB, key: remedyOf, payload: { batchId: remedyOf } });
}

export const validationHandlers: readonly EventHandler[] = [
  keepMigration,
  keepApproval,
  keepSurvey,
  keepProfile,
  keepPlannedBatch,
  keepDocuments,
  reconcileMovedBatch,
];
