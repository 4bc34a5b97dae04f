/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0002-readiness-expires',
  sqlite: [`alter table \`transfer_readiness_copy\` add column \`expires_at\` text null`],
  postgresql: [`alter table "transfer"."readiness_copy" add "expires_at" text null`],
};
