/** The end of a survey: complete with its totals, or failed with its reason. Readiness is looked at again. */
import type { Unit } from '../../../runtime/store.ts';
import type { Problem } from '../domain/readiness.ts';
import { SurveyFindings } from '../domain/survey-findings.ts';
import { saveFindings } from '../store/findings.ts';
import { forgetItems } from '../store/items.ts';
import { datasetsOf } from '../store/migration-rows.ts';
import { forgetLinks } from '../store/survey-links.ts';
import { surveyDatasets } from '../store/surveys.ts';
import type { Migration } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import type { InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';
import { type Held, holdPass, itemsOf, type Pass } from './pass.ts';

export async function finishSurvey(context: InventoryContext, pass: Pass): Promise<void> {
  await context.store.transact(async (unit) => {
    const held = await holdPass(unit, pass);
    const { migration, run } = held;
    const now = context.clock.now().toISOString();
    const ids = pass.datasets.map(({ id }) => id);
    await forgetItems(unit.em, itemsOf(pass), ids, pass.pass);
    await forgetLinks(unit.em, ids, pass.pass);
    for (const { added, changed, gone } of await surveyDatasets(unit.em, run.id)) {
      run.added += added;
      run.changed += changed;
      run.gone += gone;
    }
    Object.assign(run, { state: 'complete', phase: 'done', finishedAt: now });
    await saveOwnFindings(unit, held, now);
    if (!pass.isLate) await complete(context, unit, held, now);
    factsChanged(unit, migration);
    const occurrence = String(pass.pass);
    unit.audit(entryOf(context, { action: 'migration-surveyed', subject: migration.id, occurrence }));
  });
}

/** What belongs to no dataset. */
async function saveOwnFindings(unit: Unit, { migration, run }: Held, now: string): Promise<void> {
  const findings = new SurveyFindings();
  if (run.repeated > 0) findings.add('LISTED_REPEATEDLY', undefined, run.repeated);
  const scope = { migrationId: migration.id, datasetId: null, source: 'survey' } as const;
  await saveFindings(unit.em, scope, findings.all(), now);
}

async function complete(context: InventoryContext, unit: Unit, { migration, run }: Held, now: string): Promise<void> {
  const datasets = await datasetsOf(unit.em, migration.id);
  migration.items = datasets.reduce((sum, { items }) => sum + items, 0);
  migration.bytes = datasets.reduce((sum, { bytes }) => sum + bytes, 0);
  migration.unclaimedItems = run.unclaimedItems;
  migration.unclaimedBytes = run.unclaimedBytes;
  migration.surveyState = 'complete';
  migration.surveyFinishedAt = now;
  unit.emit(
    eventOf(context, {
      type: 'inventory.migration-surveyed.v1',
      subject: migration.id,
      occurrence: String(run.pass),
      payload: {
        migrationId: migration.id,
        datasets: datasets.length,
        items: migration.items,
        bytes: migration.bytes,
      },
    }),
  );
}

export async function failSurvey(context: InventoryContext, pass: Pass, problem: Problem): Promise<void> {
  await context.store.transact(async (unit) => {
    const { migration, run } = await holdPass(unit, pass);
    const now = context.clock.now().toISOString();
    const failure = { failureCode: problem.code, failureReason: problem.reason };
    Object.assign(run, { state: 'failed', finishedAt: now, ...failure });
    if (!pass.isLate) failMigration(migration, problem, now);
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

function failMigration(migration: Migration, { code, reason }: Problem, now: string): void {
  migration.surveyState = 'failed';
  migration.surveyFinishedAt = now;
  migration.surveyFailureCode = code;
  migration.surveyFailureReason = reason;
}
