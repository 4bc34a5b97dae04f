/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0006-remedies',
  sqlite: [`alter table \`transfer_batch\` add column \`remedy_of\` text null`],
  postgresql: [`alter table "transfer"."batch" add "remedy_of" text null`],
};
