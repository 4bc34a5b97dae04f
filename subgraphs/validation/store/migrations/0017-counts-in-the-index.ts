/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0017-counts-in-the-index',
  sqlite: [
    `drop index \`exception_by_dataset\``,
    `drop index \`exception_by_cause\``,
    `create index \`exception_by_dataset\` on \`validation_exception\` (\`dataset_id\`, \`is_open\`, \`seq\`, \`severity\`,
      \`category\`, \`owner\`, \`migration_id\`)`,
    `create index \`exception_by_cause\` on \`validation_exception\` (\`cause_id\`, \`is_open\`, \`seq\`, \`migration_id\`)`,
  ],
  postgresql: [
    `drop index "validation"."exception_by_cause"`,
    `drop index "validation"."exception_by_dataset"`,
    `create index "exception_by_cause" on "validation"."exception" ("cause_id", "is_open", "seq", "migration_id")`,
    `create index "exception_by_dataset" on "validation"."exception" ("dataset_id", "is_open", "seq", "severity",
      "category", "owner", "migration_id")`,
    // Counts read an index alone only where vacuum was: after a fiftieth of the rows, not after a fifth.
    `alter table "validation"."exception" set (autovacuum_vacuum_insert_scale_factor = 0.02,
      autovacuum_vacuum_scale_factor = 0.02)`,
  ],
};
