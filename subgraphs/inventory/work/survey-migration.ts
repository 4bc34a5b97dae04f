/** Asking for a survey: what the source holds is listed by a job. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import type { Policy } from '../domain/policy.ts';
import { datasetsOf, lockMigration } from '../store/migration-rows.ts';
import { runningSurvey, startSurvey } from '../store/surveys.ts';
import type { Migration } from '../store/tables.ts';
import { entryOf, refusalEntry } from './announce.ts';
import { SURVEY_JOB, type InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';
import { isUnderWay } from './pass.ts';

/**
 * A survey under way is the survey that was asked for. After the launch it is kept beside what moves, and says how the
 * source has drifted since. Refuses with MIGRATION_UNKNOWN.
 */
export async function surveyMigration(context: InventoryContext, id: Id, actor: Actor): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const migration = await lockMigration(unit.em, id);
    const act = { action: 'survey-requested', subject: id, actor };
    if (migration === null) {
      const refusal = unknownMigration();
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    const running = await runningSurvey(unit.em, id);
    if (running === null || !isUnderWay(migration, running)) {
      await startSurvey(unit.em, {
        migration,
        datasets: await datasetsOf(unit.em, id),
        // A policy that was sealed before there was a choice says nothing of it.
        inspect: (migration.rules as Partial<Policy>).survey?.inspect ?? 'all',
        requestedBy: actor.id,
        now: context.clock.now().toISOString(),
      });
      if (!migration.isLaunched) begin(unit, migration, actor);
    }
    unit.audit(entryOf(context, act));
    unit.enqueue({ kind: SURVEY_JOB, key: id, payload: { migrationId: id } });
    return granted(id);
  });
}

export function unknownMigration(): ReturnType<typeof refused> {
  return refused({
    code: 'MIGRATION_UNKNOWN',
    message: 'there is no such migration',
    field: ['migrationId'],
    remedy: 'declare the migration first, or look its id up in migrations',
  });
}

function begin(unit: Unit, migration: Migration, actor: Actor): void {
  migration.surveyState = 'running';
  migration.surveyRequestedBy = actor.id;
  migration.surveyFailureCode = null;
  migration.surveyFailureReason = null;
  factsChanged(unit, migration);
}
