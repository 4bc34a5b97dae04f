/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0008-walks',
  sqlite: [
    `create table \`validation_walk\` (\`id\` text not null primary key, \`migration_id\` text not null,
      \`number\` integer not null, \`role\` text not null, \`script_id\` text not null, \`step_id\` text not null,
      \`finding\` text null, \`screen\` text not null, \`action\` text not null, \`expected\` text not null,
      \`seen\` text not null, \`dataset_id\` text not null, \`item_id\` text not null, \`record_type\` text not null,
      \`source_id\` text not null, \`exception_id\` text null, \`walked_by\` text not null, \`walked_at\` text not null)`,
    `create unique index \`validation_walk_migration_id_number_unique\` on \`validation_walk\` (\`migration_id\`,
      \`number\`)`,
  ],
  postgresql: [
    `create table "validation"."walk" ("id" text not null, "migration_id" text not null, "number" int not null,
      "role" text not null, "script_id" text not null, "step_id" text not null, "finding" text null,
      "screen" text not null, "action" text not null, "expected" text not null, "seen" text not null,
      "dataset_id" text not null, "item_id" text not null, "record_type" text not null, "source_id" text not null,
      "exception_id" text null, "walked_by" text not null, "walked_at" text not null, primary key ("id"))`,
    `alter table "validation"."walk" add constraint "walk_migration_id_number_unique" unique ("migration_id",
      "number")`,
  ],
};
