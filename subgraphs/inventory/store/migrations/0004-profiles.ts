/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0004-profiles',
  sqlite: [
    `create table \`inventory_dataset_profile\` (\`dataset_id\` text not null primary key,
      \`migration_id\` text not null, \`state\` text not null, \`requested_by\` text not null, \`survey\` text not null,
      \`started_at\` text not null, \`items\` integer not null default 0, \`items_done\` integer not null default 0,
      \`profile\` text null, \`records\` bigint not null default '0', \`fields\` integer not null default 0,
      \`findings\` integer not null default 0, \`finished_at\` text null, \`problem_code\` text null,
      \`problem_reason\` text null)`,
    `create index \`inventory_dataset_profile_migration_id_index\` on \`inventory_dataset_profile\` (\`migration_id\`)`,
  ],
  postgresql: [
    `create table "inventory"."dataset_profile" ("dataset_id" text not null, "migration_id" text not null,
      "state" text not null, "requested_by" text not null, "survey" text not null, "started_at" text not null,
      "items" int not null default 0, "items_done" int not null default 0, "profile" text null,
      "records" bigint not null default '0', "fields" int not null default 0, "findings" int not null default 0,
      "finished_at" text null, "problem_code" text null, "problem_reason" text null, primary key ("dataset_id"))`,
    `create index "dataset_profile_migration_id_index" on "inventory"."dataset_profile" ("migration_id")`,
  ],
};
