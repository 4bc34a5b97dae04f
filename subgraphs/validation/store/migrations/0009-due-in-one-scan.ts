/** Written by runtime/migrate.ts. A migration that has been released never changes. */
import type { StoreMigration } from '../../../../runtime/store.ts';

export const migration: StoreMigration = {
  name: '0009-due-in-one-scan',
  sqlite: [
    `drop index \`exception_by_category_due\``,
    `drop index \`exception_by_severity_due\``,
    `create index \`exception_by_category_due\` on \`validation_exception\` (\`migration_id\`, \`category\`, \`is_open\`,
      \`due_at\`, \`id\`)`,
    `create index \`exception_by_severity_due\` on \`validation_exception\` (\`migration_id\`, \`severity\`, \`is_open\`,
      \`due_at\`, \`id\`)`,
  ],
  postgresql: [
    `drop index "validation"."exception_by_category_due"`,
    `drop index "validation"."exception_by_severity_due"`,
    `create index "exception_by_category_due" on "validation"."exception" ("migration_id", "category", "is_open",
      "due_at", "id")`,
    `create index "exception_by_severity_due" on "validation"."exception" ("migration_id", "severity", "is_open",
      "due_at", "id")`,
  ],
};
