/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0015-answers-of-receivers',
  sqlite: [`alter table \`validation_batch\` add column \`answers\` integer null`],
  postgresql: [`alter table "validation"."batch" add "answers" int null`],
};
