/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0009-network',
  sqlite: [`alter table \`inventory_endpoint\` add column \`network\` json null`],
  postgresql: [`alter table "inventory"."endpoint" add "network" jsonb null`],
};
