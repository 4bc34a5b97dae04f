/** The survey job: lists the source, opens its items, seals what each dataset holds; it goes on where it stopped. */
import type { Id } from '../../../kernel/id.ts';
import type { JobHandler, Lease, Unit } from '../../../runtime/store.ts';
import { datasetsOf, lockMigration } from '../store/migration-rows.ts';
import { runningSurvey } from '../store/surveys.ts';
import { SURVEY_JOB, type InventoryContext } from './context.ts';
import { failSurvey, finishSurvey } from './finish-survey.ts';
import { inspectItems } from './inspect-items.ts';
import { listItems } from './list-items.ts';
import { settingsOfSource, SourceFailure } from './list-source.ts';
import { isUnderWay, type Pass, SurveyOver } from './pass.ts';
import { sealDataset } from './seal-dataset.ts';

export function surveyJob(context: InventoryContext): JobHandler {
  return {
    kind: SURVEY_JOB,
    run: (payload, lease) => survey(context, (payload as { migrationId: Id }).migrationId, lease),
  };
}

async function survey(context: InventoryContext, migrationId: Id, lease: Lease): Promise<void> {
  let pass = await context.store.transact((unit) => takeUp(unit, migrationId, lease));
  if (pass === undefined) return;
  try {
    pass = await listItems(context, pass);
    await inspectItems(context, pass);
    for (const dataset of pass.datasets) await sealDataset(context, pass, dataset);
    await finishSurvey(context, pass);
  } catch (error) {
    if (error instanceof SurveyOver) return;
    if (!(error instanceof SourceFailure)) throw error;
    await failSurvey(context, pass, error.problem);
  }
}

/** The survey under way, as it stands; undefined when nobody waits for one any more. */
async function takeUp(unit: Unit, migrationId: Id, lease: Lease): Promise<Pass | undefined> {
  const migration = await lockMigration(unit.em, migrationId);
  await unit.hold(lease);
  const run = await runningSurvey(unit.em, migrationId);
  if (migration === null || run === null || !isUnderWay(migration, run)) return undefined;
  const datasets = await datasetsOf(unit.em, migrationId);
  const source = await settingsOfSource(unit.em, migrationId);
  const { id: surveyId, number, pass, isLate, inspect, phase } = run;
  return { migrationId, surveyId, number, pass, isLate, inspect, phase, lease, source, datasets };
}
