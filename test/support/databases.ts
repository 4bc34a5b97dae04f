/** A suite for every database that store tests run on. */
import { describe, test } from '@jest/globals';
import { DIALECTS, POSTGRES_URL, type TestDialect } from './stores.ts';

export * from './stores.ts';

/** For journeys in which the database is not what is looked at: on PostgreSQL where there is one, or on SQLite. */
export function onOneDialect(name: string, suite: (dialect: TestDialect) => void): void {
  for (const dialect of DIALECTS.slice(-1)) describe(`${name} on ${dialect.dialect}`, () => suite(dialect));
}

/** Runs `suite` on every dialect there is, and says why one was left out. */
export function onEveryDialect(name: string, suite: (dialect: TestDialect) => void): void {
  for (const dialect of DIALECTS) describe(`${name} on ${dialect.dialect}`, () => suite(dialect));
  if (POSTGRES_URL === undefined) {
    test.skip(`${name} on postgresql: WAYBILL_TEST_POSTGRES names no server`, () => {});
  }
}
