/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0004-exception-acts',
  sqlite: [
    `create table \`validation_exception_act\` (\`exception_id\` text not null, \`number\` integer not null,
      \`migration_id\` text not null, \`seq\` integer not null, \`action\` text not null, \`actor\` text not null,
      \`at\` text not null, \`state\` text not null, \`text\` text null, primary key (\`exception_id\`, \`number\`))`,
    `create unique index \`validation_exception_act_migration_id_seq_unique\` on
      \`validation_exception_act\` (\`migration_id\`, \`seq\`)`,
    `alter table \`validation_exception\` add column \`rechecked_at\` text null`,
    `alter table \`validation_exception\` add column \`recheck_found\` text null`,
    `alter table \`validation_migration\` add column \`act_seq\` integer not null default 0`,
    `alter table \`validation_migration\` add column \`unowned\` integer not null default 0`,
    `alter table \`validation_migration\` add column \`overdue\` integer not null default 0`,
    `alter table \`validation_migration\` add column \`standings\` integer not null default 0`,
  ],
  postgresql: [
    `create table "validation"."exception_act" ("exception_id" text not null, "number" int not null,
      "migration_id" text not null, "seq" int not null, "action" text not null, "actor" text not null,
      "at" text not null, "state" text not null, "text" text null, primary key ("exception_id", "number"))`,
    `alter table "validation"."exception_act" add constraint "exception_act_migration_id_seq_unique" unique
      ("migration_id", "seq")`,
    `alter table "validation"."exception" add "rechecked_at" text null, add "recheck_found" text null`,
    `alter table "validation"."migration" add "act_seq" int not null default 0,
      add "unowned" int not null default 0, add "overdue" int not null default 0,
      add "standings" int not null default 0`,
  ],
};
