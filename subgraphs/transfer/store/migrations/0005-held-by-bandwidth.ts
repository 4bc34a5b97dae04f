/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0005-held-by-bandwidth',
  sqlite: [`alter table \`transfer_batch\` add column \`held_ms\` bigint not null default '0'`],
  postgresql: [`alter table "transfer"."batch" add "held_ms" bigint not null default '0'`],
};
