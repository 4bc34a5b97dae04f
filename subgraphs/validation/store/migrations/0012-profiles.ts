/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0012-profiles',
  sqlite: [`alter table \`validation_dataset\` add column \`profile\` text null`],
  postgresql: [`alter table "validation"."dataset" add "profile" text null`],
};
