/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0006-exceptions-by-due',
  sqlite: [
    `create index \`exception_by_severity_due\` on \`validation_exception\` (\`migration_id\`, \`severity\`,
      \`is_open\`,
      \`due_at\`)`,
    `create index \`exception_by_category_due\` on \`validation_exception\` (\`migration_id\`, \`category\`,
      \`is_open\`,
      \`due_at\`)`,
  ],
  postgresql: [
    `create index "exception_by_severity_due" on "validation"."exception" ("migration_id", "severity", "is_open",
      "due_at")`,
    `create index "exception_by_category_due" on "validation"."exception" ("migration_id", "category", "is_open",
      "due_at")`,
  ],
};
