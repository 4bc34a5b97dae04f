/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0007-group-acts',
  sqlite: [
    `create table \`validation_group_act\` (\`id\` text not null primary key, \`cause_id\` text not null,
      \`migration_id\` text not null, \`wish\` json not null, \`actor\` text not null, \`asked_at\` text not null,
      \`ended_at\` text null, \`total\` integer not null, \`seq\` integer not null default 0,
      \`done\` integer not null default 0, \`refused\` integer not null default 0)`,
    `create index \`validation_group_act_cause_id_index\` on \`validation_group_act\` (\`cause_id\`)`,
  ],
  postgresql: [
    `create table "validation"."group_act" ("id" text not null, "cause_id" text not null,
      "migration_id" text not null, "wish" jsonb not null, "actor" text not null, "asked_at" text not null,
      "ended_at" text null, "total" int not null, "seq" int not null default 0, "done" int not null default 0,
      "refused" int not null default 0, primary key ("id"))`,
    `create index "group_act_cause_id_index" on "validation"."group_act" ("cause_id")`,
  ],
};
