/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0004-waiting',
  sqlite: [`alter table \`transfer_batch\` add column \`waiting\` json null`],
  postgresql: [`alter table "transfer"."batch" add "waiting" jsonb null`],
};
