/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0011-remedies',
  sqlite: [
    `create table \`validation_remedy\` (\`id\` text not null primary key, \`migration_id\` text not null,
      \`dataset_id\` text not null, \`remedy_of\` text not null, \`reason\` text not null, \`state\` text not null,
      \`exceptions\` integer not null, \`items\` integer not null, \`proposed_by\` text not null,
      \`proposed_at\` text not null, \`round\` integer null, \`closed\` integer null, \`left\` integer null)`,
    `create index \`validation_remedy_migration_id_index\` on \`validation_remedy\` (\`migration_id\`)`,
    `create index \`validation_remedy_remedy_of_index\` on \`validation_remedy\` (\`remedy_of\`)`,
    `alter table \`validation_batch\` add column \`remedies\` json null`,
    `alter table \`validation_exception\` add column \`round\` integer not null default 0`,
    `alter table \`validation_exception\` add column \`remedy_id\` text null`,
    `create index \`exception_by_remedy\` on \`validation_exception\` (\`remedy_id\`, \`id\`)`,
    `alter table \`validation_migration\` add column \`round\` integer not null default 0`,
  ],
  postgresql: [
    `create table "validation"."remedy" ("id" text not null, "migration_id" text not null,
      "dataset_id" text not null, "remedy_of" text not null, "reason" text not null, "state" text not null,
      "exceptions" int not null, "items" int not null, "proposed_by" text not null, "proposed_at" text not null,
      "round" int null, "closed" int null, "left" int null, primary key ("id"))`,
    `create index "remedy_migration_id_index" on "validation"."remedy" ("migration_id")`,
    `create index "remedy_remedy_of_index" on "validation"."remedy" ("remedy_of")`,
    `alter table "validation"."batch" add "remedies" jsonb null`,
    `alter table "validation"."exception" add "round" int not null default 0, add "remedy_id" text null`,
    `create index "exception_by_remedy" on "validation"."exception" ("remedy_id", "id")`,
    `alter table "validation"."migration" add "round" int not null default 0`,
  ],
};
