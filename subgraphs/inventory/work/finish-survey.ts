/** The end of a survey: complete with its totals, or failed with its reason. Readiness is looked at again. */
import type { Problem } from '../domain/readiness.ts';
import { forgetItems } from '../store/items.ts';
import { datasetsOf } from '../store/migration-rows.ts';
import { entryOf, eventOf } from './announce.ts';
import type { InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';
import { holdPass, type Pass } from './pass.ts';

/** Items that belong to no dataset: outside the migration, but counted and shown. */
export interface Unclaimed {
  readonly items: number;
  readonly bytes: number;
}

export async function finishSurvey(context: InventoryContext, pass: Pass, unclaimed: Unclaimed): Promise<void> {
  await context.store.transact(async (unit) => {
    const migration = await holdPass(unit, pass);
    const datasets = await datasetsOf(unit.em, migration.id);
    const ids = datasets.map(({ id }) => id);
    await forgetItems(unit.em, ids, pass.pass);
    migration.items = datasets.reduce((sum, { items }) => sum + items, 0);
    migration.bytes = datasets.reduce((sum, { bytes }) => sum + bytes, 0);
    migration.unclaimedItems = unclaimed.items;
    migration.unclaimedBytes = unclaimed.bytes;
    migration.surveyState = 'complete';
    migration.surveyFinishedAt = context.clock.now().toISOString();
    factsChanged(unit, migration);
    unit.emit(
      eventOf(context, {
        type: 'inventory.migration-surveyed.v1',
        subject: migration.id,
        occurrence: String(pass.pass),
        payload: {
          migrationId: migration.id,
          datasets: datasets.length,
          items: migration.items,
          bytes: migration.bytes,
        },
      }),
    );
    const occurrence = String(pass.pass);
    unit.audit(entryOf(context, { action: 'migration-surveyed', subject: migration.id, occurrence }));
  });
}

export async function failSurvey(context: InventoryContext, pass: Pass, problem: Problem): Promise<void> {
  await context.store.transact(async (unit) => {
    const migration = await holdPass(unit, pass);
    migration.surveyState = 'failed';
    migration.surveyFinishedAt = context.clock.now().toISOString();
    migration.surveyFailureCode = problem.code;
    migration.surveyFailureReason = problem.reason;
    factsChanged(unit, migration);
    unit.audit(
      entryOf(context, {
        action: 'migration-surveyed',
        subject: migration.id,
        occurrence: String(pass.pass),
        outcome: 'failed',
        reason: problem.code,
      }),
    );
  });
}
