/** One run of a survey, and whether it is still the one that counts. */
import type { Id } from '../../../kernel/id.ts';
import type { EndpointSettings } from '../../../plugins/host/index.ts';
import type { Lease, Unit } from '../../../runtime/store.ts';
import type { InspectionScope, SurveyPhase } from '../domain/survey.ts';
import type { ItemTable } from '../store/items.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { LateItem, SurveyRun } from '../store/survey-tables.ts';
import { type Dataset, Item, type Migration } from '../store/tables.ts';

/** `pass` tells the rows this survey has written from those of an earlier one. */
export interface Pass {
  readonly migrationId: Id;
  readonly surveyId: Id;
  readonly number: number;
  readonly pass: number;
  readonly isLate: boolean;
  readonly inspect: InspectionScope;
  /** Where it stood when this run of the job took it up. */
  readonly phase: SurveyPhase;
  readonly lease: Lease;
  readonly source: EndpointSettings;
  readonly datasets: readonly Dataset[];
}

/** Another declaration or another survey has taken this one's place. */
export class SurveyOver extends Error {}

export interface Held {
  readonly migration: Migration;
  readonly run: SurveyRun;
}

/** Holds the migration's row and the lease until the commit. Throws SurveyOver when the survey is no longer wanted. */
export async function holdPass(unit: Unit, { migrationId, surveyId, lease }: Pass): Promise<Held> {
  const migration = await lockMigration(unit.em, migrationId);
  await unit.hold(lease);
  const run = await unit.em.findOne(SurveyRun, { id: surveyId });
  if (migration === null || run === null || !isUnderWay(migration, run)) throw new SurveyOver();
  return { migration, run };
}

/** Whether the survey is still wanted: after a launch the migration's own state stands, whatever is surveyed. */
export function isUnderWay(migration: Migration, run: SurveyRun): boolean {
  if (run.state !== 'running') return false;
  return run.isLate || (migration.surveyState === 'running' && !migration.isLaunched);
}

/** Where the items of the pass are written. */
export function itemsOf({ isLate }: Pass): ItemTable {
  return isLate ? LateItem : Item;
}
