/** Once a manifest is sealed something is launched: from then on the declaration and the survey stand. */
import type { EventHandler } from '../../../runtime/store.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { supersedeSurvey } from '../store/surveys.ts';
import { factsChanged } from './facts-changed.ts';

export const noteLaunch: EventHandler = {
  on: 'transfer.manifest-sealed.v1',
  name: 'note-launch',
  handle: async ({ payload, occurredAt }, unit) => {
    const { em } = unit;
    const migration = await lockMigration(em, (payload as { migrationId: string }).migrationId);
    if (migration === null || migration.isLaunched) return;
    migration.isLaunched = true;
    await supersedeSurvey(em, migration.id, occurredAt);
    // A launch proves that a survey was complete; one that was asked for since ends here.
    if (migration.surveyState === 'running') migration.surveyState = 'complete';
    // What was fresh at the launch does not grow old any more.
    factsChanged(unit, migration);
  },
};
