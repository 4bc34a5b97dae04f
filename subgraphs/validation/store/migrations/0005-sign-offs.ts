/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0005-sign-offs',
  sqlite: [
    `create table \`validation_sign_off\` (\`id\` text not null primary key, \`migration_id\` text not null,
      \`number\` integer not null, \`role\` text not null, \`decision\` text not null, \`meaning\` text not null,
      \`report\` text not null, \`signed_by\` text not null, \`signed_at\` text not null)`,
    `create unique index \`validation_sign_off_migration_id_number_unique\` on \`validation_sign_off\` (\`migration_id\`,
      \`number\`)`,
  ],
  postgresql: [
    `create table "validation"."sign_off" ("id" text not null, "migration_id" text not null, "number" int not null,
      "role" text not null, "decision" text not null, "meaning" text not null, "report" text not null,
      "signed_by" text not null, "signed_at" text not null, primary key ("id"))`,
    `alter table "validation"."sign_off" add constraint "sign_off_migration_id_number_unique" unique ("migration_id",
      "number")`,
  ],
};
