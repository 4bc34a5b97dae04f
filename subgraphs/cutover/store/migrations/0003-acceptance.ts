/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0003-acceptance',
  sqlite: [
    `create table \`cutover_acceptance_copy\` (\`migration_id\` text not null, \`role\` text not null,
      \`decision\` text not null, \`report\` text not null, primary key (\`migration_id\`, \`role\`))`,
    `alter table \`cutover_cutover\` add column \`report\` text null`,
  ],
  postgresql: [
    `create table "cutover"."acceptance_copy" ("migration_id" text not null, "role" text not null,
      "decision" text not null, "report" text not null, primary key ("migration_id", "role"))`,
    `alter table "cutover"."cutover" add "report" text null`,
  ],
};
