/** Once a manifest is sealed something is launched: from then on the declaration and the survey stand. */
import type { EventHandler } from '../../../runtime/store.ts';
import { lockMigration } from '../store/migration-rows.ts';

export const noteLaunch: EventHandler = {
  on: 'transfer.manifest-sealed.v1',
  name: 'note-launch',
  handle: async ({ payload }, { em }) => {
    const migration = await lockMigration(em, (payload as { migrationId: string }).migrationId);
    if (migration !== null) migration.isLaunched = true;
  },
};
