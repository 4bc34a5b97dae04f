/** Placing a legal hold, which anybody who answers for the migration can; releasing it, which takes two people. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { approveRelease, decideHold, type Hold, type HoldWish, proposeRelease } from '../domain/hold.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { saveHold } from '../store/programme-rows.ts';
import { Hold as HoldRow } from '../store/programme-tables.ts';
import { Dataset, type Migration } from '../store/tables.ts';
import { entryOf, refusalEntry } from './announce.ts';
import { unknownDataset } from './approve-lineage.ts';
import type { InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';

/** Placing the same again is the same hold. Refuses with DATASET_UNKNOWN and as decideHold does. */
export function placeHold(context: InventoryContext, wish: HoldWish, actor: Actor): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const { datasetId } = wish;
    const dataset = await unit.em.findOne(Dataset, { id: datasetId });
    const migration = dataset && (await lockMigration(unit.em, dataset.migrationId));
    const decision = migration === null ? unknownDataset() : decideHold(wish);
    const act = { action: 'hold-placed', subject: datasetId, actor };
    if (dataset === null || migration === null || !decision.ok) {
      const refusal = decision.ok ? unknownDataset() : decision;
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    const { matter, items } = decision.value;
    const placedAt = context.clock.now().toISOString();
    const placed = { migrationId: migration.id, dataset, matter, items, placedBy: actor.id, placedAt };
    const id = await saveHold(unit.em, placed);
    unit.audit(entryOf(context, { ...act, subject: id }));
    holdsChanged(unit, migration, dataset);
    return granted(id);
  });
}

/** Refuses with HOLD_UNKNOWN and as the rule of the domain does. */
export function proposeHoldRelease(context: InventoryContext, id: Id, actor: Actor): Promise<Outcome<Id>> {
  return change(context, { id, actor, action: 'hold-release-proposed' }, (hold) => proposeRelease(hold, actor.id));
}

/** Refuses with HOLD_UNKNOWN and as the rule of the domain does. */
export function approveHoldRelease(context: InventoryContext, id: Id, actor: Actor): Promise<Outcome<Id>> {
  return change(context, { id, actor, action: 'hold-release-approved' }, (hold) =>
    approveRelease(hold, actor, context.clock.now()),
  );
}

interface ReleaseWish {
  readonly id: Id;
  readonly actor: Actor;
  readonly action: string;
}

function change(
  context: InventoryContext,
  { id, actor, action }: ReleaseWish,
  rule: (hold: Hold) => Outcome<Hold>,
): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const known = await unit.em.findOne(HoldRow, { id });
    const migration = known && (await lockMigration(unit.em, known.migrationId));
    // Looked at again once the migration is held: two releases follow each other.
    const row = known && (await unit.em.findOne(HoldRow, { id }, { refresh: true }));
    const decision = row === null ? unknownHold() : rule(row);
    const act = { action, subject: id, actor };
    if (row === null || migration === null || !decision.ok) {
      const refusal = decision.ok ? unknownHold() : decision;
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    const { releaseProposedBy, releasedBy } = decision.value;
    const releasedAt = releasedBy === null ? null : context.clock.now().toISOString();
    Object.assign(row, { releaseProposedBy, releasedBy, releasedAt });
    unit.audit(entryOf(context, act));
    const dataset = await unit.em.findOne(Dataset, { id: row.datasetId });
    if (releasedBy !== null) holdsChanged(unit, migration, dataset);
    return granted(id);
  });
}

/** A survey that did not know of the hold, or of its release, has listed the wrong items as moving. */
function holdsChanged(unit: Unit, migration: Migration, dataset: Dataset | null): void {
  const isExcluding = dataset !== null && dataset.excludedItems > 0;
  if (!migration.isLaunched && isExcluding && migration.surveyState === 'complete') migration.surveyState = 'none';
  factsChanged(unit, migration);
}

function unknownHold(): ReturnType<typeof refused> {
  return refused({
    code: 'HOLD_UNKNOWN',
    message: 'there is no such legal hold',
    field: ['holdId'],
    remedy: 'look its id up in the holds of the migration',
  });
}
