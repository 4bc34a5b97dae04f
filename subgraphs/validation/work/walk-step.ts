/** A tester did a step: it is kept, and what the data is to blame for opens an exception on its source row. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Actor } from '../../../kernel/actor.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { policyOf } from '../domain/category.ts';
import { raise, type ReconciliationException } from '../domain/exception.ts';
import { datasetPlan } from '../domain/plan.ts';
import { checkWalk, type DrawnRecord, findingOfWalk, isWholeItem, type Walk } from '../domain/script.ts';
import { batchOf, datasetOf, lockMigration } from '../store/copies.ts';
import type { WalkRow } from '../store/acceptance-tables.ts';
import type { Migration } from '../store/tables.ts';
import { addWalk } from '../store/walks.ts';
import { inputsOf } from './batch-work.ts';
import { type House, sealedJson } from './house.ts';
import { entryOf, raiseIn } from './raise.ts';
import { drawScript } from './scripts.ts';

/** Refuses with STEP_UNKNOWN, NOTHING_DRAWN and as the rule of the domain does. */
export async function walkStep(house: House, migrationId: string, walk: Walk, actor: Actor): Promise<Outcome<WalkRow>> {
  const checked = checkWalk(walk);
  if (!checked.ok) return checked;
  const at = house.clock.now();
  const done = await house.store.transact(async (unit): Promise<Outcome<WalkRow>> => {
    const migration = await lockMigration(unit, migrationId);
    const step = (await drawScript(house, unit.em, migration, walk.role)).find(({ id }) => id === walk.stepId);
    if (step === undefined) return unknown(walk);
    if (step.drawn === null) return nothingDrawn(walk);
    const exception = await exceptionOf(house, unit.em, migration, { walk, record: step.drawn, at });
    if (exception !== undefined) {
      const items = [{ itemId: step.drawn.itemId, batchId: step.drawn.batchId }];
      await raiseIn(unit, migrationId, [{ exception, items }], { actor: actor.id, at });
    }
    const by = { exceptionId: exception?.id ?? null, walkedBy: actor.id, walkedAt: at.toISOString() };
    const row = await addWalk(unit, migrationId, { ...walk, record: step.drawn, ...by });
    const reason = `${walk.scriptId} ${walk.stepId} ${walk.finding ?? 'as expected'}`;
    unit.audit(
      entryOf({ action: 'script-step-walked', subject: row.id, occurrence: '1', actor: actor.id, reason, at }),
    );
    return granted(row);
  });
  house.watchers.raised(migrationId);
  return done;
}

async function exceptionOf(
  house: House,
  em: SqlEntityManager,
  migration: Migration,
  { walk, record, at }: { readonly walk: Walk; readonly record: DrawnRecord; readonly at: Date },
): Promise<ReconciliationException | undefined> {
  const found = findingOfWalk(walk, record);
  if (found === undefined) return undefined;
  const dataset = await datasetOf(em, record.datasetId);
  const { id: datasetId, name, tier } = dataset;
  // What was declared later need not name the dataset any more.
  const { plan } = inputsOf(migration, dataset, await batchOf(em, record.batchId));
  const { owner } = datasetPlan(await sealedJson(house, plan), name);
  const { batchId } = record;
  const of = { migrationId: migration.id, datasetId, batchId, scope: datasetId };
  const cohort = { ...of, tier, dataset: name, owner };
  const policy = policyOf(await sealedJson(house, migration.policy));
  return raise(found, isWholeItem(record) ? record.key : null, cohort, policy, at);
}

function unknown({ role, stepId }: Walk): Outcome<never> {
  const message = `the script of ${role} has no step ${stepId}`;
  return refused({ code: 'STEP_UNKNOWN', message, field: ['input', 'stepId'], remedy: 'name a step of the script' });
}

function nothingDrawn({ stepId }: Walk): Outcome<never> {
  const message = `the migration brings nothing that step ${stepId} could be done with`;
  return refused({ code: 'NOTHING_DRAWN', message, remedy: 'leave the step out' });
}
