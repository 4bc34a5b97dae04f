/** Asking for a survey: what the source holds is listed by a job. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { entryOf, refusalEntry } from './announce.ts';
import { SURVEY_JOB, type InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';

/** A survey under way is the survey that was asked for. Refuses with MIGRATION_UNKNOWN and MIGRATION_LAUNCHED. */
export async function surveyMigration(context: InventoryContext, id: Id, actor: Actor): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const migration = await lockMigration(unit.em, id);
    const act = { action: 'survey-requested', subject: id, actor };
    const no = migration === null ? unknownMigration() : migration.isLaunched ? launched(migration.name) : undefined;
    if (migration === null || no !== undefined) {
      const refusal = no ?? unknownMigration();
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    if (migration.surveyState !== 'running') {
      migration.surveyState = 'running';
      migration.surveyRequestedBy = actor.id;
      migration.surveyFailureCode = null;
      migration.surveyFailureReason = null;
      factsChanged(unit, migration);
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

function launched(name: string): ReturnType<typeof refused> {
  return refused({
    code: 'MIGRATION_LAUNCHED',
    message: `the migration ${name} moves what its survey found; another survey would change what it is measured by`,
    field: ['migrationId'],
    remedy: 'declare a migration of its own for what has come since',
  });
}
