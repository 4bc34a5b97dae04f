/** One run of a survey, and whether it is still the one that counts. */
import type { Id } from '../../../kernel/id.ts';
import type { Lease, Unit } from '../../../runtime/store.ts';
import { lockMigration } from '../store/migration-rows.ts';
import type { Migration } from '../store/tables.ts';

/** `pass` tells the rows of this run from those of an earlier one. */
export interface Pass {
  readonly migrationId: Id;
  readonly pass: number;
  readonly lease: Lease;
}

/** Another declaration or another survey has taken this one's place. */
export class SurveyOver extends Error {}

/** Holds the lease and the migration's row until the commit. Throws SurveyOver when this pass is no longer the one. */
export async function holdPass(unit: Unit, { migrationId, pass, lease }: Pass): Promise<Migration> {
  await unit.hold(lease);
  const migration = await lockMigration(unit.em, migrationId);
  if (migration === null || migration.surveyPass !== pass || migration.surveyState !== 'running')
    throw new SurveyOver();
  return migration;
}
