/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0003-sampling',
  sqlite: [
    `create table \`validation_approved_policy\` (\`migration_id\` text not null, \`policy\` text not null,
      \`proposed_by\` text not null, \`approved_by\` text not null, \`approved_at\` text not null,
      primary key (\`migration_id\`, \`policy\`))`,
    `alter table \`validation_batch\` add column \`sampling\` json null`,
  ],
  postgresql: [
    `create table "validation"."approved_policy" ("migration_id" text not null, "policy" text not null,
      "proposed_by" text not null, "approved_by" text not null, "approved_at" text not null,
      primary key ("migration_id", "policy"))`,
    `alter table "validation"."batch" add "sampling" jsonb null`,
  ],
};
