/** Asking for a survey: what the source holds is listed by a job. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Actor } from '../../../kernel/actor.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import type { Policy } from '../domain/policy.ts';
import { datasetsOf, endpointsOf, lockMigration } from '../store/migration-rows.ts';
import { riskOf } from '../store/readiness-rows.ts';
import { runningSurvey, startSurvey } from '../store/surveys.ts';
import type { Migration } from '../store/tables.ts';
import { entryOf, refusalEntry } from './announce.ts';
import { SURVEY_JOB, type InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';
import { isUnderWay } from './pass.ts';

/**
 * A survey under way is the survey that was asked for. After the launch it is kept beside what moves, and says how the
 * source has drifted since. Refuses with MIGRATION_UNKNOWN, RISK_NOT_ACCEPTED and RISK_EXPIRED.
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
    const risk = await riskOfSource(unit.em, migration, context.clock.now());
    if (risk !== undefined) {
      unit.audit(refusalEntry(context, act, risk.refusals));
      return risk;
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

/** A source that may not be spoken with is not listed either. */
async function riskOfSource(
  em: SqlEntityManager,
  migration: Migration,
  now: Date,
): Promise<ReturnType<typeof refused> | undefined> {
  const source = (await endpointsOf(em, migration.id)).find(({ role }) => role === 'source');
  const risk = source && (await riskOf(em, migration, source, now));
  if (risk === undefined) return undefined;
  const remedy = 'settle it in plan and policy, then ask for the survey again';
  return refused({ code: risk.code, message: risk.reason, field: ['migrationId'], remedy });
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
