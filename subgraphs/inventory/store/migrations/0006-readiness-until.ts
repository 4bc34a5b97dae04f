/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0006-readiness-until',
  sqlite: [`alter table \`inventory_readiness_line\` add column \`until\` text null`],
  postgresql: [`alter table "inventory"."readiness_line" add "until" text null`],
};
