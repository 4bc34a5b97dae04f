/** Recording and approving an exclusion: items that stay behind on purpose. It counts from the next survey on. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { decideExclusion, decideExclusionApproval, isEffective } from '../domain/exclusion.ts';
import { checkAgainstHolds } from '../domain/hold.ts';
import { exclusionsOf, lockMigration } from '../store/migration-rows.ts';
import { holdsInForce } from '../store/programme-rows.ts';
import { Dataset, Exclusion, type Migration } from '../store/tables.ts';
import { entryOf, refusalEntry } from './announce.ts';
import { unknownDataset } from './approve-lineage.ts';
import type { InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';

export interface ExclusionWish {
  readonly datasetId: Id;
  readonly glob: string;
  /** Never patient data. */
  readonly reason: string;
}

/** Recording the same again is the same exclusion. Refuses with DATASET_UNKNOWN, MIGRATION_LAUNCHED, LEGAL_HOLD. */
export function recordExclusion(context: InventoryContext, wish: ExclusionWish, actor: Actor): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const { datasetId } = wish;
    const migration = await unheldMigrationOf(unit, datasetId);
    const decision = migration.ok ? decideExclusion(datasetId, wish, actor.id) : migration;
    if (!migration.ok || !decision.ok) {
      const refusals = decision.ok ? [] : decision.refusals;
      unit.audit(refusalEntry(context, { action: 'exclusion-recorded', subject: datasetId, actor }, refusals));
      return refused(...refusals);
    }
    const { id, glob, reason } = decision.value;
    unit.audit(entryOf(context, { action: 'exclusion-recorded', subject: id, actor }));
    if ((await unit.em.findOne(Exclusion, { id })) !== null) return granted(id);
    const position = ((await exclusionsOf(unit.em, [datasetId])).at(-1)?.position ?? -1) + 1;
    const recordedAt = context.clock.now().toISOString();
    const nobody = { approvedBy: null, approvalClaim: null };
    await unit.em.insert(Exclusion, {
      id,
      datasetId,
      position,
      glob,
      reason,
      recordedBy: actor.id,
      recordedAt,
      ...nobody,
    });
    exclusionChanged(unit, migration.value, nobody);
    return granted(id);
  });
}

/** Refuses with EXCLUSION_UNKNOWN, MIGRATION_LAUNCHED, LEGAL_HOLD and as decideApproval does. */
export function approveExclusion(context: InventoryContext, id: Id, actor: Actor): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const row = await unit.em.findOne(Exclusion, { id });
    const migration = row === null ? unknownExclusion() : await unheldMigrationOf(unit, row.datasetId);
    const decision =
      row !== null && migration.ok ? decideExclusionApproval(row, actor, context.clock.now()) : migration;
    const act = { action: 'exclusion-approved', subject: id, actor };
    if (row === null || !migration.ok || !decision.ok) {
      const refusals = decision.ok ? [] : decision.refusals;
      unit.audit(refusalEntry(context, act, refusals));
      return refused(...refusals);
    }
    if (row.approvedBy === null) {
      row.approvedBy = actor.id;
      exclusionChanged(unit, migration.value, row);
    }
    unit.audit(entryOf(context, act));
    return granted(id);
  });
}

/** Refuses with LEGAL_HOLD too. */
async function unheldMigrationOf(unit: Unit, datasetId: Id): Promise<Outcome<Migration>> {
  const migration = await migrationOf(unit, datasetId);
  const unheld = checkAgainstHolds(await holdsInForce(unit.em, [datasetId]));
  return migration.ok && !unheld.ok ? unheld : migration;
}

async function migrationOf(unit: Unit, datasetId: Id): Promise<Outcome<Migration>> {
  const dataset = await unit.em.findOne(Dataset, { id: datasetId });
  const migration = dataset && (await lockMigration(unit.em, dataset.migrationId));
  if (migration === null) return unknownDataset();
  if (!migration.isLaunched) return granted(migration);
  return refused({
    code: 'MIGRATION_LAUNCHED',
    message: `the migration ${migration.name} is under way; what it is measured by does not change any more`,
    field: ['datasetId'],
    remedy: 'let the items be moved, or declare another migration',
  });
}

/** A survey that did not know of an exclusion has listed the wrong items as moving. */
function exclusionChanged(unit: Unit, migration: Migration, exclusion: Pick<Exclusion, 'approvedBy'>): void {
  const isOutdated = isEffective(exclusion, migration.rules) && migration.surveyState !== 'failed';
  if (isOutdated) migration.surveyState = 'none';
  factsChanged(unit, migration);
}

function unknownExclusion(): Outcome<never> {
  return refused({
    code: 'EXCLUSION_UNKNOWN',
    message: 'there is no such exclusion',
    field: ['exclusionId'],
    remedy: 'look its id up in the exclusions of the dataset',
  });
}
