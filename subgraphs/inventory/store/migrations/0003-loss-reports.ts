/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0003-loss-reports',
  sqlite: [
    `create table \`inventory_loss_report\` (\`dataset_id\` text not null primary key, \`migration_id\` text not null,
      \`state\` text not null, \`requested_by\` text not null, \`lineage\` text not null, \`survey\` text not null,
      \`report\` text null, \`items\` integer not null default 0, \`records\` integer not null default 0,
      \`lost_paths\` integer not null default 0, \`overwritten_targets\` integer not null default 0,
      \`from_nothing\` integer not null default 0, \`blocking\` integer not null default 0, \`finished_at\` text null,
      \`problem_code\` text null, \`problem_reason\` text null)`,
    `create index \`inventory_loss_report_migration_id_index\` on \`inventory_loss_report\` (\`migration_id\`)`,
  ],
  postgresql: [
    `create table "inventory"."loss_report" ("dataset_id" text not null, "migration_id" text not null,
      "state" text not null, "requested_by" text not null, "lineage" text not null, "survey" text not null,
      "report" text null, "items" int not null default 0, "records" int not null default 0,
      "lost_paths" int not null default 0, "overwritten_targets" int not null default 0,
      "from_nothing" int not null default 0, "blocking" int not null default 0, "finished_at" text null,
      "problem_code" text null, "problem_reason" text null, primary key ("dataset_id"))`,
    `create index "loss_report_migration_id_index" on "inventory"."loss_report" ("migration_id")`,
  ],
};
