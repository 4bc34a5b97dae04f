/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0002-neglected-exceptions',
  sqlite: [
    `alter table \`cutover_cutover\` add column \`unowned\` integer not null default 0`,
    `alter table \`cutover_cutover\` add column \`overdue\` integer not null default 0`,
  ],
  postgresql: [
    `alter table "cutover"."cutover" add "unowned" int not null default 0, add "overdue" int not null default 0`,
  ],
};
