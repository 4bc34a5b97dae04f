/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0010-filters-in-the-index',
  sqlite: [
    `drop index \`exception_by_dataset\``,
    `drop index \`exception_by_owner\``,
    `drop index \`exception_by_category\``,
    `create index \`exception_by_dataset\` on \`validation_exception\` (\`dataset_id\`, \`is_open\`, \`seq\`, \`severity\`,
      \`category\`, \`owner\`)`,
    `create index \`exception_by_owner\` on \`validation_exception\` (\`migration_id\`, \`owner\`, \`is_open\`, \`seq\`,
      \`severity\`, \`category\`, \`dataset_id\`)`,
    `create index \`exception_by_category\` on \`validation_exception\` (\`migration_id\`, \`category\`, \`is_open\`, \`seq\`,
      \`severity\`, \`owner\`, \`dataset_id\`)`,
  ],
  postgresql: [
    `drop index "validation"."exception_by_category"`,
    `drop index "validation"."exception_by_dataset"`,
    `drop index "validation"."exception_by_owner"`,
    `create index "exception_by_category" on "validation"."exception" ("migration_id", "category", "is_open",
      "seq", "severity", "owner", "dataset_id")`,
    `create index "exception_by_dataset" on "validation"."exception" ("dataset_id", "is_open", "seq", "severity",
      "category", "owner")`,
    `create index "exception_by_owner" on "validation"."exception" ("migration_id", "owner", "is_open", "seq",
      "severity", "category", "dataset_id")`,
  ],
};
