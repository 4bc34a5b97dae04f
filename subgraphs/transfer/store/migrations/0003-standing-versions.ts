/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0003-standing-versions',
  sqlite: [
    `create table \`transfer_standing_version\` (\`dataset_id\` text not null, \`name\` text not null,
      \`as_of\` text not null, \`digest\` text not null, \`item_id\` text not null, \`batch_id\` text not null,
      \`is_tied\` integer not null, \`is_delivered\` integer not null, \`has_predecessor\` integer not null,
      primary key (\`dataset_id\`, \`name\`))`,
    `create index \`transfer_standing_version_dataset_id_item_id_index\` on \`transfer_standing_version\` (\`dataset_id\`,
      \`item_id\`)`,
    `alter table \`transfer_batch\` add column \`has_seen_versions\` integer not null default false`,
  ],
  postgresql: [
    `create table "transfer"."standing_version" ("dataset_id" text not null, "name" text not null,
      "as_of" text not null, "digest" text not null, "item_id" text not null, "batch_id" text not null,
      "is_tied" boolean not null, "is_delivered" boolean not null, "has_predecessor" boolean not null,
      primary key ("dataset_id", "name"))`,
    `create index "standing_version_dataset_id_item_id_index" on "transfer"."standing_version" ("dataset_id",
      "item_id")`,
    `alter table "transfer"."batch" add "has_seen_versions" boolean not null default false`,
  ],
};
