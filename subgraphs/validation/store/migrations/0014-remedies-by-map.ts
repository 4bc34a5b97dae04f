/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0014-remedies-by-map',
  sqlite: [`alter table \`validation_remedy\` add column \`lineage\` text null`],
  postgresql: [`alter table "validation"."remedy" add "lineage" text null`],
};
