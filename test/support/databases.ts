/** A suite for every database that store tests run on. */
import { describe, test } from '@jest/globals';
import { DIALECTS, POSTGRES_URL, type TestDialect } from './stores.ts';

export * from './stores.ts';

/** Runs `suite` on every dialect there is, and says why one was left out. */
export function onEveryDialect(name: string, suite: (dialect: TestDialect) => void): void {
  for (const dialect of DIALECTS) describe(`${name} on ${dialect.dialect}`, () => suite(dialect));
  if (POSTGRES_URL === undefined) {
    test.skip(`${name} on postgresql: WAYBILL_TEST_POSTGRES names no server`, () => {});
  }
}
