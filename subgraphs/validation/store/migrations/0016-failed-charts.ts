/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0016-failed-charts',
  sqlite: [
    `create table \`validation_failed_chart\` (\`batch_id\` text not null, \`item_id\` text not null,
      \`chart_batch_id\` text not null, \`patient\` text not null, \`migration_id\` text not null,
      \`is_high_risk\` integer not null, \`records\` integer not null, \`of\` json not null, primary key (\`batch_id\`,
      \`item_id\`, \`chart_batch_id\`, \`patient\`))`,
    `create index \`validation_failed_chart_migration_id_index\` on \`validation_failed_chart\` (\`migration_id\`)`,
    `create index \`validation_failed_chart_chart_batch_id_patient_index\` on \`validation_failed_chart\` (\`chart_batch_id\`,
      \`patient\`)`,
  ],
  postgresql: [
    `create table "validation"."failed_chart" ("batch_id" text not null, "item_id" text not null,
      "chart_batch_id" text not null, "patient" text not null, "migration_id" text not null,
      "is_high_risk" boolean not null, "records" int not null, "of" jsonb not null, primary key ("batch_id",
      "item_id", "chart_batch_id", "patient"))`,
    `create index "failed_chart_migration_id_index" on "validation"."failed_chart" ("migration_id")`,
    `create index "failed_chart_chart_batch_id_patient_index" on "validation"."failed_chart" ("chart_batch_id",
      "patient")`,
  ],
};
