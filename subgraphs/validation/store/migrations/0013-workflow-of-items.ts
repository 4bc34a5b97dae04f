/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0013-workflow-of-items',
  sqlite: [`alter table \`validation_item_disposition\` add column \`workflow\` text null`],
  postgresql: [`alter table "validation"."item_disposition" add "workflow" text null`],
};
