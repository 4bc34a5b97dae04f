/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0007-credentials',
  sqlite: [`alter table \`inventory_endpoint\` add column \`credentials\` json null`],
  postgresql: [`alter table "inventory"."endpoint" add "credentials" jsonb null`],
};
