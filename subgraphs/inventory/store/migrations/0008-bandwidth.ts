/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0008-bandwidth',
  sqlite: [
    `create table \`inventory_bandwidth_change\` (\`id\` text not null primary key, \`migration_id\` text not null,
      \`number\` integer not null, \`document\` text not null, \`bandwidth\` json null, \`reason\` text not null,
      \`state\` text not null, \`proposed_by\` text not null, \`proposed_at\` text not null, \`approved_by\` text null,
      \`in_force_since\` text null)`,
    `create unique index \`inventory_bandwidth_change_migration_id_number_unique\` on \`inventory_bandwidth_change\` (\`migration_id\`,
      \`number\`)`,
  ],
  postgresql: [
    `create table "inventory"."bandwidth_change" ("id" text not null, "migration_id" text not null,
      "number" int not null, "document" text not null, "bandwidth" jsonb null, "reason" text not null,
      "state" text not null, "proposed_by" text not null, "proposed_at" text not null, "approved_by" text null,
      "in_force_since" text null, primary key ("id"))`,
    `alter table "inventory"."bandwidth_change" add constraint "bandwidth_change_migration_id_number_unique" unique ("migration_id",
      "number")`,
  ],
};
